// certs/make_certs makes what a development machine needs, and never harms what is there.
#include <doctest/doctest.h>

#include <array>
#include <map>

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;
namespace fs = std::filesystem;

namespace {

const std::array names{"ca.pem",       "ca.key",           "gateway.pem", "gateway.key",
                       "upstream.pem", "upstream.key",     "client.pem",  "client.key",
                       "audit.hmac",   "audit.ed25519.pem"};

Finished make(const fs::path& folder) {
  return run({project() / "certs/make_certs", folder});
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::directory_iterator(folder))
    all[entry.path().filename()] = read_file(entry.path());
  return all;
}

std::string describe(const fs::path& certificate) {
  return run({"openssl", "x509", "-in", certificate, "-noout", "-text"}).output;
}

}  // namespace

TEST_CASE(
    "make_certs makes a complete set that only its owner can read, and then leaves it alone") {
  const TemporaryDirectory place;
  const auto folder = place.path() / "new/certs";
  REQUIRE(make(folder).status == 0);
  const auto before = contents(folder);
  CHECK(before.size() == names.size());
  for (const auto* name : names) {
    CAPTURE(name);
    REQUIRE(before.contains(name));
    CHECK(fs::status(folder / name).permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));
  }
  CHECK(before.at("audit.hmac").size() == 32);

  const auto again = make(folder);
  CHECK(again.status == 0);
  CHECK(again.output.find("complete already") != std::string::npos);
  CHECK(contents(folder) == before);
}

TEST_CASE("make_certs gives servers every name they are called by, and the client its own") {
  const TemporaryDirectory place;
  REQUIRE(make(place.path()).status == 0);
  for (const auto* server : {"gateway.pem", "upstream.pem"}) {
    const auto text = describe(place.path() / server);
    for (const auto* part :
         {"DNS:localhost", "DNS:owner-api.teslamotors.com", "IP Address:127.0.0.1",
          "IP Address:0:0:0:0:0:0:0:1", "TLS Web Server Authentication", "CA:FALSE", "P-256"})
      CHECK_MESSAGE(text.find(part) != std::string::npos, part);
  }
  const auto client = describe(place.path() / "client.pem");
  CHECK(client.find("DNS:bench.depot.example") != std::string::npos);
  CHECK(client.find("TLS Web Client Authentication") != std::string::npos);
  CHECK(describe(place.path() / "ca.pem").find("CA:TRUE, pathlen:0") != std::string::npos);
}

TEST_CASE("make_certs adds what is missing where it fits, and explains where it can't") {
  struct Case {
    std::vector<std::string> removed;
    int status;
    std::string part;  // of what it says
  };
  const std::array cases{
      Case{{"client.pem"}, 0, "made in"},
      Case{{"gateway.pem", "gateway.key", "audit.hmac", "audit.ed25519.pem"}, 0, "made in"},
      Case{{"ca.key"}, 0, "complete already"},
      Case{{"ca.key", "client.pem"}, 1, "client.pem can't be signed"},
      Case{{"ca.key", "gateway.pem", "gateway.key"}, 1, "gateway.pem can't be signed"},
      Case{{"ca.pem", "ca.key"}, 1, "without the ca.pem that signed it"},
      Case{{"upstream.key"}, 1, "without its key"},
  };
  const TemporaryDirectory place;
  const auto whole = place.path() / "whole";
  REQUIRE(make(whole).status == 0);
  for (const auto& each : cases) {
    CAPTURE(each.part);
    const auto folder = place.path() / "partial";
    fs::remove_all(folder);
    fs::copy(whole, folder);
    for (const auto& name : each.removed) fs::remove(folder / name);
    const auto before = contents(folder);

    const auto result = make(folder);
    CHECK(result.status == each.status);
    CHECK((result.output + result.errors).find(each.part) != std::string::npos);
    const auto after = contents(folder);
    for (const auto& [name, text] : before) CHECK(after.at(name) == text);
    if (result.status != 0) CHECK(after.size() == before.size());
  }
}

TEST_CASE("make_certs finds a key that is not its certificate's") {
  const TemporaryDirectory place;
  REQUIRE(make(place.path()).status == 0);
  fs::copy(place.path() / "client.key", place.path() / "gateway.key",
           fs::copy_options::overwrite_existing);
  const auto result = make(place.path());
  CHECK(result.status == 1);
  CHECK(result.errors.find("gateway.key is not the key of gateway.pem") != std::string::npos);
}
