// What the upstream has stored, held against the policy, over the wire: in every form that an
// answer comes in, observed byte for byte or governed.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace tests;

namespace {

const std::string stored = R"({"response":{"alarm":false,"key_added":true}})";
const std::string governed = R"({"response":{"alarm":true,"key_added":true}})";

struct Under {
  TemporaryDirectory folder;
  GatewaySetup setup;

  explicit Under(const std::string& answers) {
    const auto policy = folder.write(
        "policy.yaml", "version: 1\nrules: [{id: on, mode: enforce, force: {alarm: true}}]\n");
    setup.more =
        "filters: {policy: {file: \"" + policy.string() + "\", answers: " + answers + "}}\n";
    setup.limits = "{body: 1KiB}";
  }
};

std::string head(const std::string& fields, int status = 200) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Words\r\nContent-Type: application/json\r\nETag: \"1\"\r\n" + fields + "\r\n";
}

std::string with_length(const std::string& body, const std::string& fields = "", int status = 200) {
  return head(fields + "Content-Length: " + std::to_string(body.size()) + "\r\n", status) + body;
}

std::string chunked(const std::string& body) {
  std::string text = head("Transfer-Encoding: chunked\r\n");
  for (const char c : body) text += std::string("1\r\n") + c + "\r\n";
  return text + "0\r\n\r\n";
}

std::string long_map() {
  std::string map = R"({"response":{"alarm":false)";
  for (int i = 0; i < 100; ++i) map += ",\"name_" + std::to_string(i) + "\":true";
  return map + "}}";
}

// The one finding of a record, "rule in path value before", or its message.
std::string finding(const Record& record, const char* list = "findings") {
  if (!record.has(list)) return "";
  const auto& entries = record.json[list];
  REQUIRE(entries.Size() == 1);
  const auto& entry = entries[0];
  const auto text = [&](const char* name) -> std::string {
    const auto found = entry.FindMember(name);
    if (found == entry.MemberEnd()) return "-";
    return found->value.IsBool() ? (found->value.GetBool() ? "true" : "false")
                                 : found->value.GetString();
  };
  if (text("rule") == "policy.drift") return text("message");
  return text("rule") + " " + text("in") + " " + text("path") + " " + text("value") + " " +
         text("before") + " " + text("mode");
}

}  // namespace

TEST_CASE(
    "observed, an answer goes on byte for byte, however it comes, and the drift is recorded") {
  for (const auto& answer :
       {with_length(stored), chunked(stored), head("Connection: close\r\n") + stored}) {
    CAPTURE(answer);
    const Under under("observe");
    const ScriptedUpstream upstream(ScriptedUpstream::once(answer));
    RunningGateway gateway(upstream.url(), under.setup);
    const auto got = gateway.client().exchange(good_get());
    CHECK(got.status == 200);
    CHECK(got.body == stored);
    CHECK(got.field("etag") == "\"1\"");
    CHECK(got.field("x-prefgate-rules") == "");
    const auto records = gateway.records();
    REQUIRE(records.size() == 1);
    CHECK(finding(records[0]) == "policy.on answer /response/alarm true false observe");
    CHECK_FALSE(records[0].has("edits"));
  }
}

TEST_CASE("governed, an answer shows what the policy makes of it, with its right length") {
  for (const auto& answer :
       {with_length(stored), chunked(stored), head("Connection: close\r\n") + stored}) {
    CAPTURE(answer);
    const Under under("governed");
    const ScriptedUpstream upstream(ScriptedUpstream::once(answer));
    RunningGateway gateway(upstream.url(), under.setup);
    const auto got = gateway.client().exchange(good_get());
    CHECK(got.status == 200);
    CHECK(got.body == governed);
    CHECK(got.field("content-length") == std::to_string(governed.size()));
    CHECK_FALSE(got.has("transfer-encoding"));
    CHECK_FALSE(got.has("etag"));
    CHECK(got.field("x-prefgate-rules") == "policy.on");
    const auto records = gateway.records();
    REQUIRE(records.size() == 1);
    CHECK(finding(records[0], "edits") == "policy.on answer /response/alarm true false enforce");
    CHECK(records[0].number("http.response.body.size") ==
          static_cast<std::int64_t>(governed.size()));
  }
}

TEST_CASE("what cannot or need not be looked at goes on as it came") {
  struct Case {
    std::string what, answer, body, finding;
    int status = 200;
  };
  const auto too_long = long_map();
  const std::string longer = "not looked at: longer than limits.body";
  const Case cases[] = {
      {"as the policy has it", with_length(governed), governed, ""},
      {"nothing", with_length(""), "", ""},
      {"too long", with_length(too_long), too_long, longer},
      {"too long, in chunks", chunked(too_long), too_long, longer},
      {"compressed", with_length(stored, "Content-Encoding: gzip\r\n"), stored,
       "not looked at: it has a content encoding (rewrite.headers can remove Accept-Encoding)"},
      {"broken", with_length(stored + "}"), stored + "}", "not looked at: it is not JSON"},
      {"an error", with_length(stored, "", 500), stored, "", 500},
      {"a part", with_length(stored, "Content-Range: bytes 0-44/90\r\n", 206), stored, "", 206},
      {"not modified", head("", 304), "", "", 304},
  };
  for (const std::string answers : {"observe", "governed"})
    for (const auto& [what, answer, body, said, status] : cases) {
      CAPTURE(answers);
      CAPTURE(what);
      const Under under(answers);
      const ScriptedUpstream upstream(ScriptedUpstream::once(answer));
      RunningGateway gateway(upstream.url(), under.setup);
      const auto got = gateway.client().exchange(good_get());
      CHECK(got.status == status);
      CHECK(got.body == body);
      CHECK(got.field("etag") == "\"1\"");
      CHECK(got.has("transfer-encoding") == (answer.find("chunked") != answer.npos));
      const auto records = gateway.records();
      REQUIRE(records.size() == 1);
      CHECK(finding(records[0]) == said);
      CHECK_FALSE(records[0].has("edits"));
    }
}

TEST_CASE("governed, an answer that breaks off is a 502, and nothing of it was shown") {
  const Under under("governed");
  const ScriptedUpstream upstream(ScriptedUpstream::once(head("Transfer-Encoding: chunked\r\n") +
                                                         "14\r\n" + stored.substr(0, 20) + "\r\n"));
  RunningGateway gateway(upstream.url(), under.setup);
  const auto got = gateway.client().exchange(good_get());
  CHECK(got.status == 502);
  CHECK(got.field("x-prefgate-origin") == "gateway");
  CHECK(got.body.find("alarm") == got.body.npos);
  const auto records = gateway.records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].number("http.response.status_code") == 502);
}

TEST_CASE("governed, one connection carries answers of every kind") {
  const Under under("governed");
  const ScriptedUpstream upstream([](ScriptedUpstream::Peer& peer) {
    for (int i = 0; !peer.request().empty(); ++i)
      peer.send(i % 3 == 0   ? with_length(stored)
                : i % 3 == 1 ? chunked(long_map())
                             : chunked(stored));
  });
  RunningGateway gateway(upstream.url(), under.setup);
  auto client = gateway.client();
  for (int i = 0; i < 9; ++i) {
    CAPTURE(i);
    CHECK(client.exchange(good_get()).body == (i % 3 == 1 ? long_map() : governed));
  }
  CHECK(upstream.connections() == 1);
  CHECK(gateway.records().size() == 9);
}
