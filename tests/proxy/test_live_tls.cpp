#include "proxy/live_tls.hpp"

#include <doctest/doctest.h>

#include "tests/support/certificates.hpp"
#include "tests/support/files.hpp"
#include "tests/support/kubernetes.hpp"

using namespace proxy;

namespace {

constexpr std::chrono::hours day{24};

// A listener's pair, as operators replace it: each file by rename.
struct Served {
  Served() { put(one.certificate, one.private_key); }

  void put(const std::filesystem::path& certificate, const std::filesystem::path& key) const {
    tests::replace(folder, "served.pem", tests::read_file(certificate));
    tests::replace(folder, "served.key", tests::read_file(key));
  }
  Config config() const {
    Config config;
    config.listen = {{"127.0.0.1", 0, {}},
                     {"127.0.0.1", 0,
                      TlsFiles{.certificate = folder.path() / "served.pem",
                               .private_key = folder.path() / "served.key",
                               .client_ca = {}}}};
    config.upstream.tls = true;
    config.upstream.ca = ca.certificate;
    return config;
  }

  tests::TemporaryDirectory folder;
  tests::Certificate ca = tests::make_ca(folder.path());
  tests::Certificate one = tests::make_leaf(folder.path(), ca, "one", {"localhost"});
  tests::Certificate two = tests::make_leaf(folder.path(), ca, "two", {"localhost"},
                                            {.not_before = -day, .not_after = 100 * day});
};

// As a second goes by: the first look finds a change, the next that it is over.
std::optional<RenewedTls> look_twice(LiveTls& tls) {
  CHECK_FALSE(tls.look().has_value());
  return tls.look();
}

}  // namespace

TEST_CASE("a pair that is replaced is taken over, and until then nothing") {
  const Served served;
  LiveTls tls(served.config());
  const auto before = tls.contexts();
  CHECK(before.listeners.size() == 2);
  CHECK_FALSE(before.listeners[0]);
  for (int i = 0; i < 4; ++i) CHECK_FALSE(tls.look().has_value());
  served.put(served.two.certificate, served.two.private_key);
  const auto renewed = look_twice(tls);
  REQUIRE(renewed.has_value());
  REQUIRE_MESSAGE(renewed->contexts.has_value(), renewed->fault);
  CHECK(renewed->contexts->listeners[1] == tls.contexts().listeners[1]);
  CHECK(tls.contexts().listeners[1]->not_after() != before.listeners[1]->not_after());
  for (int i = 0; i < 4; ++i) CHECK_FALSE(tls.look().has_value());
}

TEST_CASE(
    "of a pair that does not match, or is no pair, the fault is told once and nothing taken") {
  const Served served;
  const std::filesystem::path none = served.folder.write("none", "no PEM at all\n");
  const struct {
    std::string what;
    std::filesystem::path certificate, key;
    std::string fault;
  } cases[] = {
      {"a key of another", served.one.certificate, served.two.private_key,
       "does not belong to the certificate"},
      {"a certificate of another", served.two.certificate, served.one.private_key,
       "does not belong to the certificate"},
      {"no certificate", none, served.one.private_key, "holds no certificate in PEM form"},
      {"no key", served.one.certificate, none, "holds no private key in PEM form"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.what);
    served.put(served.one.certificate, served.one.private_key);
    LiveTls tls(served.config());
    const auto before = tls.contexts().listeners[1];
    served.put(each.certificate, each.key);
    const auto refused = look_twice(tls);
    REQUIRE(refused.has_value());
    CHECK_FALSE(refused->contexts.has_value());
    CHECK(refused->fault.find(each.fault) != std::string::npos);
    CHECK(tls.contexts().listeners[1] == before);
    for (int i = 0; i < 4; ++i) CHECK_FALSE(tls.look().has_value());
    served.put(served.two.certificate, served.two.private_key);
    const auto mended = look_twice(tls);
    REQUIRE(mended.has_value());
    CHECK(mended->contexts.has_value());
    CHECK(tls.contexts().listeners[1] != before);
  }
}

TEST_CASE("after half a day there are new contexts, and with them new ticket keys") {
  const Served served;
  LiveTls tls(served.config());
  const auto before = tls.contexts();
  CHECK_FALSE(tls.look(LiveTls::Clock::now() + LiveTls::longest - std::chrono::minutes{1}));
  const auto renewed = tls.look(LiveTls::Clock::now() + LiveTls::longest);
  REQUIRE(renewed.has_value());
  CHECK(renewed->why == TlsRenewal::tickets_old);
  CHECK(tls.contexts().listeners[1] != before.listeners[1]);
  CHECK(tls.contexts().upstream != before.upstream);
}

TEST_CASE("when asked it takes the files that the configuration names now") {
  const Served served;
  LiveTls tls(served.config());
  auto config = served.config();
  config.listen[1].tls->certificate = served.two.certificate;
  CHECK_FALSE(tls.load_again(config).contexts.has_value());  // and the key of the first
  config.listen[1].tls->private_key = served.two.private_key;
  CHECK(tls.load_again(config).contexts.has_value());
}

TEST_CASE("when asked for what has a fault, the files before stay, and are looked at") {
  const Served served;
  LiveTls tls(served.config());
  const auto before = tls.contexts().listeners[1];
  auto config = served.config();
  config.listen.erase(config.listen.begin());
  config.listen[0].tls->certificate = served.two.certificate;
  CHECK_FALSE(tls.load_again(config).contexts.has_value());
  CHECK(tls.contexts().listeners.size() == 2);
  CHECK(tls.contexts().listeners[1] == before);
  served.put(served.two.certificate, served.two.private_key);
  const auto renewed = look_twice(tls);
  REQUIRE(renewed.has_value());
  REQUIRE_MESSAGE(renewed->contexts.has_value(), renewed->fault);
  CHECK(renewed->contexts->listeners.size() == 2);
}

TEST_CASE("when asked, listeners come and go") {
  const Served served;
  LiveTls tls(served.config());
  auto config = served.config();
  config.listen.push_back(config.listen[1]);
  config.listen[0].tls = config.listen[1].tls;
  REQUIRE(tls.load_again(config).contexts.has_value());
  CHECK(tls.contexts().listeners.size() == 3);
  for (const auto& each : tls.contexts().listeners) CHECK(each);
  config.listen.resize(1);
  config.listen[0].tls.reset();
  REQUIRE(tls.load_again(config).contexts.has_value());
  REQUIRE(tls.contexts().listeners.size() == 1);
  CHECK_FALSE(tls.contexts().listeners[0]);
}

TEST_CASE("at the start a faulty file is an error that names it") {
  const Served served;
  auto config = served.config();
  config.listen[1].tls->private_key = served.two.private_key;
  CHECK_THROWS_WITH_AS(LiveTls{config}, doctest::Contains("does not belong to the certificate"),
                       std::runtime_error);
}
