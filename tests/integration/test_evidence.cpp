// The evidence, seen from outside: what the real gateway leaves behind, whatever ends it, verifies
// with the public key alone; and the other way round.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

struct Auditor {
  const RunningGateway& gateway;

  std::string directory() const { return gateway.folder().path() / "audit"; }
  std::string key() const { return gateway.folder().path() / "audit.public_key"; }
  std::string records() const { return directory() + "/records-000000000000.jsonl"; }

  Finished verify(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command{binary("prefgate"), "audit",        "verify",
                                     directory(),        "--public-key", key()};
    command.insert(command.end(), more.begin(), more.end());
    return run(command);
  }
  void check_good(const std::string& saying, const std::vector<std::string>& more = {}) const {
    const auto verified = verify(more);
    CHECK_MESSAGE(verified.status == 0, verified.output, verified.errors);
    CHECK_MESSAGE(verified.output.find(saying) != std::string::npos, verified.output);
  }
  // The number of records that are signed now.
  std::size_t signed_ones() const {
    const auto text = read_file(directory() + "/checkpoint");
    return std::stoul(text.substr(text.find('\n') + 1));
  }
  void wait_until_signed(std::size_t records) const {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (signed_ones() < records) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::yield();
    }
  }
};

void exchange(const RunningGateway& gateway, int times) {
  auto client = gateway.client();
  for (int i = 0; i < times; ++i) REQUIRE(client.exchange(good_post()).status == 200);
}

}  // namespace

TEST_CASE("the audit verifies while it is written, after SIGTERM, SIGKILL and every restart") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(), {.workers = 2});
  const Auditor auditor{gateway};
  auditor.check_good("0 records in 1 segment, 0 signed by prefgate/");

  exchange(gateway, 20);
  auditor.wait_until_signed(20);  // within a second, without being asked
  auditor.check_good("20 records in 1 segment, 20 signed by prefgate/");
  CHECK(gateway.stop() == 0);
  auditor.check_good(", and closed");

  gateway.start();
  exchange(gateway, 5);
  auditor.wait_until_signed(25);
  exchange(gateway, 5);
  gateway.send(SIGKILL);
  CHECK(gateway.wait() == 128 + SIGKILL);
  auditor.check_good(" signed by prefgate/");
  // And with a torn last line, which a crash of the machine can leave.
  (void)gateway.folder().write(auditor.records(), read_file(auditor.records()) + "{\"seq\":2");
  auditor.check_good("ends in 8 bytes without a line end");

  gateway.start();
  exchange(gateway, 3);
  CHECK(gateway.stop() == 0);
  CHECK(gateway.printed().find("torn last line") != std::string::npos);
  auditor.check_good(", and closed");
  CHECK(auditor.signed_ones() == gateway.records().size());
}

TEST_CASE("records that were written and not signed when the gateway was killed are signed later") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const Auditor auditor{gateway};
  exchange(gateway, 3);
  CHECK(gateway.stop() == 0);
  // As a gateway leaves it that was killed less than a second after its first start.
  const auto checkpoint = auditor.directory() + "/checkpoint";
  std::filesystem::remove(checkpoint);
  gateway.start();
  CHECK(gateway.stop() == 0);
  CHECK(gateway.printed().find("there is no checkpoint") != std::string::npos);
  auditor.check_good("3 signed by");
}

TEST_CASE("what is done to the records is found, and the gateway does not go on with them") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const Auditor auditor{gateway};
  exchange(gateway, 10);
  CHECK(gateway.stop() == 0);
  const auto kept = gateway.folder().write("kept", read_file(auditor.directory() + "/checkpoint"));
  const auto good = read_file(auditor.records());

  auto altered = good;
  const auto at = altered.find("\"seq\":4,");
  altered.replace(altered.find("200", at), 3, "500");
  (void)gateway.folder().write(auditor.records(), altered);
  const auto verified = auditor.verify();
  CHECK(verified.status == 1);
  CHECK(verified.output.find("record 4 was altered: records-000000000000.jsonl:5") !=
        std::string::npos);

  (void)gateway.folder().write(auditor.records(), good.substr(0, good.find("{\"seq\":8,")));
  CHECK(auditor.verify().output.find("records 8 to 9 are missing") != std::string::npos);
  const auto refused = run({binary("prefgate"), "serve", "-c", gateway.config()});
  CHECK(refused.status == 1);
  CHECK(refused.errors.find("10 records were signed, and only 8 are there") != std::string::npos);

  // With what else would have to be done so that the gateway starts: the checkpoint kept elsewhere
  // tells.
  std::filesystem::remove(auditor.directory() + "/checkpoint");
  gateway.start();
  CHECK(gateway.stop() == 0);
  auditor.check_good("8 signed by");
  const auto lost = auditor.verify({"--checkpoint", kept});
  CHECK(lost.status == 1);
  CHECK(lost.output.find("records were lost from the end") != std::string::npos);
}

TEST_CASE("a proof of one record verifies with the public key alone, and holds no secret") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const Auditor auditor{gateway};
  exchange(gateway, 7);
  auditor.wait_until_signed(7);
  const auto proved = run({binary("prefgate"), "audit", "prove", auditor.directory(), "5"});
  CHECK(proved.status == 0);
  CHECK(proved.output.find("test-bearer-token") == std::string::npos);
  const TemporaryDirectory elsewhere;
  const auto proof = elsewhere.write("proof.json", proved.output);
  const auto key = elsewhere.write("key", read_file(auditor.key()));
  const auto checked =
      run({binary("prefgate"), "audit", "verify-proof", proof, "--public-key", key});
  CHECK_MESSAGE(checked.status == 0, checked.output, checked.errors);
  CHECK(checked.output.find("record 5 is one of the first 7 records") != std::string::npos);
  auto text = proved.output;
  text.replace(text.find("POST"), 4, "GETS");
  const auto forged = elsewhere.write("forged.json", text);
  CHECK(run({binary("prefgate"), "audit", "verify-proof", forged, "--public-key", key}).status ==
        1);
}

TEST_CASE("a signing key of the operator's own signs, and none is made beside the directory") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  const auto file = development_certificates() / "audit.ed25519.pem";
  RunningGateway gateway(upstream.url(), {.audit = "{signing_key: \"" + file.string() + "\"}"});
  exchange(gateway, 2);
  CHECK(gateway.stop() == 0);
  CHECK_FALSE(std::filesystem::exists(gateway.folder().path() / "audit.signing_key"));
  // Its public half, by the means every auditor has.
  const auto half = run({"openssl", "pkey", "-in", file, "-pubout"});
  REQUIRE(half.status == 0);
  const auto key = gateway.folder().write("audit.public_key", half.output);
  Auditor{gateway}.check_good("2 signed by prefgate/");
}

TEST_CASE("after a change of the key a kept checkpoint verifies with the key that signed it") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const Auditor auditor{gateway};
  exchange(gateway, 3);
  CHECK(gateway.stop() == 0);
  const auto kept = gateway.folder().write("kept", read_file(auditor.directory() + "/checkpoint"));
  const auto old_key = gateway.folder().write("old_key", read_file(auditor.key()));
  std::filesystem::remove(gateway.folder().path() / "audit.signing_key");
  std::filesystem::remove(auditor.key());
  gateway.start();
  exchange(gateway, 2);
  CHECK(gateway.stop() == 0);
  CHECK(auditor.verify({"--checkpoint", kept}).status == 2);
  auditor.check_good("5 signed by", {"--checkpoint", kept, "--checkpoint-key", old_key});
  auto altered = read_file(auditor.records());
  altered.replace(altered.find("200"), 3, "500");
  (void)gateway.folder().write(auditor.records(), altered);
  const auto found = auditor.verify({"--checkpoint", kept, "--checkpoint-key", old_key});
  CHECK(found.status == 1);
  CHECK(found.output.find("record 0 was altered") != std::string::npos);
}

TEST_CASE(
    "former bug: where the directory was made anew under it, the gateway signs nothing there") {
  ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url());
  const Auditor auditor{gateway};
  exchange(gateway, 3);
  auditor.wait_until_signed(3);
  std::filesystem::rename(auditor.directory(), gateway.folder().path() / "gone");
  std::filesystem::create_directory(auditor.directory());
  exchange(gateway, 1);  // the ring has room for its record
  CHECK(gateway.stop() == 1);
  CHECK(gateway.printed().find("What was deleted is gone") != std::string::npos);
  CHECK(std::filesystem::is_empty(auditor.directory()));
  gateway.start();
  exchange(gateway, 2);
  CHECK(gateway.stop() == 0);
  auditor.check_good("2 signed by");
}
