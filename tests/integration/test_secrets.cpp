// No output of any command holds a token: every kind of traffic is sent with tokens of one
// spelling, at the chattiest log level, and then everything that was written or answered is
// searched.
#include <doctest/doctest.h>

#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;
using Peer = ScriptedUpstream::Peer;

namespace {

const std::string bearer = "QqBearerSecret.abc-DEF_123~+/xyz==";
const std::string device = "ZzDeviceSecret:APA91b/quite~distinctive";

std::string percent_encoded(const std::string& text, bool everything) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain && !everything) {
      result += c;
    } else {
      result += '%';
      result += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
      result += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
    }
  }
  return result;
}

// No part of a token long enough to be told from chance.
const std::vector<std::string>& forbidden() {
  static const std::vector<std::string> parts{"QqBearerSecret",
                                              "abc-DEF_123",
                                              "ZzDeviceSecret",
                                              "APA91b",
                                              "quite~distinctive",
                                              "quite%7Edistinctive",
                                              percent_encoded("QqBearer", true),
                                              percent_encoded("ZzDevice", true)};
  return parts;
}

void check_clean(const std::string& where, const std::string& text) {
  for (const auto& part : forbidden()) {
    CAPTURE(part);
    const auto at = text.find(part);
    // The message must not show what it found.
    CHECK_MESSAGE(at == std::string::npos, where, " holds a secret at byte ", at);
  }
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

std::vector<std::string> traffic() {
  const std::string authorization = "Authorization: Bearer " + bearer;
  const std::vector<std::string> fields{authorization, "Content-Type: application/json"};
  const std::string target(path);
  const auto query = [&](const std::string& token) {
    return target + "?locale=en&device_token=" + token +
           "&device_type=ios&platfrom=ios&app_version=4.17";
  };
  const auto get = [&](const std::string& token) { return request("GET", query(token), fields); };
  const auto post = [&](const std::string& body) { return request("POST", target, fields, body); };
  const auto form = [&](const std::string& pairs) {
    return request("POST", target,
                   {authorization, "Content-Type: application/x-www-form-urlencoded"}, pairs);
  };
  const auto body = replaced(std::string(good_body), "abc:def", device);
  const auto encoded = percent_encoded(device, false);
  std::string escaped;  // \u005a\u007a...
  for (const char c : device) {
    escaped += "\\u00";
    escaped += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    escaped += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  std::vector<std::string> all{
      get(encoded),
      get(percent_encoded(device, true)),
      get(device),
      get("%20" + encoded + "%20"),  // repaired
      get(encoded + "%20x"),         // refused
      get(encoded + "&device_token=" + encoded),
      get(encoded + "&device_token=other"),
      get(encoded + "&devicetoken=" + encoded),
      get(encoded + "&deviceToken=x" + encoded),
      get(encoded + "&device_token[]=" + encoded),
      get(encoded + "&platform=" + encoded),  // in the wrong place
      get(encoded + "&locale=" + encoded),
      get(encoded + "&other=" + encoded),
      get(encoded + "%zz"),
      post(body),
      post(replaced(std::string(good_body), "abc:def", escaped)),
      post(page_body()),
      post(replaced(body, "\"device_token\"", "\"device_tokn\"")),
      post(replaced(body, "\"device_token\"",
                    "\"deviceToken\":\"" + device + "x\",\"device_token\"")),
      post(replaced(body, "\"device_token\"", "\"device_token\":\"x\",\"device_token\"")),
      post(replaced(body, "\"" + device + "\"", "[\"" + device + "\"]")),
      post(replaced(body, "\"" + device + "\"", "{\"a\":\"" + device + "\"}")),
      post(replaced(body, "\"android\"", "\"" + device + "\"")),
      post(replaced(body, "\"4.17.0\"", "\"" + bearer + "\"")),
      post(replaced(body, "true", "\"" + device + "\"")),
      post(body.substr(0, body.size() - 2)),
      post(body + "!"),
      post("\"" + device + "\""),
      post(body + std::string(70'000, ' ')),
      request("POST", query(encoded), fields, body),
      request("POST", query(encoded), fields, "{}"),
      request("POST", query(encoded) + "&notification_preferences[alarm]=" + encoded, fields, ""),
      request("POST", target, {authorization}, body),
      request("POST", target, {authorization, "Content-Type: text/" + device}, body),
      form("locale=en&device_token=" + encoded +
           "&device_type=ios&platform=ios&app_version=4&"
           "notification_preferences[alarm]=1"),
      form("locale=en&device_token=" + encoded + "&platform=" + encoded),
      form("device_token=" + encoded + "&device_token=" + encoded),
      form("device_token[" + encoded + "]=" + encoded + "&" + encoded),
      form("device_token=" + encoded + "&a=%"),
      request("DELETE", query(encoded), fields),
      request("GET", target + "/?device_token=" + encoded, fields),
      request("GET", query(encoded), {"Authorization: Basic " + bearer}),
      request("GET", query(encoded), {"Authorization: " + bearer}),
      request("GET", query(encoded), {authorization + " " + bearer}),
      request("GET", query(encoded), {authorization, authorization}),
      request("GET", query(encoded), {authorization, "Expect: " + bearer}),
      request("GET", query(encoded), {authorization, "Accept: application/problem+json"}),
      request("GET", "/api/1/vehicles?token=" + encoded, fields),
      request("POST", "/api/1/vehicles", fields, body),
      request("GET", "/hang-up?token=" + encoded, fields),
      request("GET", "/garbage?token=" + encoded, fields),
      request("GET", "/late?token=" + encoded, fields),
      request("GET", query(encoded), {authorization, "Host: other"}),
      request("GET", query(encoded), {authorization, "A : " + bearer}),
      request("GET", query(encoded), {authorization, "A: b\r\n " + bearer}),
      request("GET", query(encoded), {authorization, std::string(20'000, 'x') + ": y"}),
      "GET " + query(encoded) + " HTTP/2.0\r\n" + authorization + "\r\n\r\n",
      "GET " + query(device + "\x01") + " HTTP/1.1\r\nHost: a\r\n" + authorization + "\r\n\r\n",
      "GET " + query(std::string(9'000, 'x') + encoded) + " HTTP/1.1\r\nHost: a\r\n" +
          authorization + "\r\n\r\n",
      "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + authorization + "\r\n" + fields[1] +
          "\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + device.substr(0, 16) + "\r\nxyz\r\n",
      authorization + "\r\n\r\n",
  };
  return all;
}

}  // namespace

TEST_CASE("no output holds a token, whatever was sent, at the chattiest log level") {
  ScriptedUpstream upstream([](Peer& peer) {
    for (;;) {
      const auto request = peer.request();
      if (request.empty() || request.find("/hang-up") != std::string::npos) return;
      if (request.find("/late") != std::string::npos) return peer.wait_for_end();
      if (request.find("/garbage") != std::string::npos)
        return (void)peer.send("garbage " + bearer + "\r\n\r\n");
      peer.send(ScriptedUpstream::ok());
    }
  });
  RunningGateway gateway(upstream.url(), {.timeouts = "{first_byte: 200ms}",
                                          .more = "log: {level: trace}\n"
                                                  "filters: {repair: {placement: enforce}}\n"});
  const auto all = traffic();
  std::size_t number = 0;
  for (const auto& bytes : all) {
    CAPTURE(number);
    for (auto connect : {&RunningGateway::client, &RunningGateway::tls_client}) {
      auto client = (gateway.*connect)();
      client.send(bytes);
      const auto answer = client.receive();
      check_clean("an answer", answer.head + answer.body);
    }
    const auto file = gateway.folder().write("request.http", bytes);
    for (const auto* json : {"", "--json"}) {
      std::vector<std::string> command{binary("prefgate"), "explain", "-c", gateway.config(), file};
      if (*json != 0) command.emplace_back(json);
      const auto explained = run(command);
      CHECK_FALSE((explained.output + explained.errors).empty());
      check_clean("explain", explained.output + explained.errors);
    }
    ++number;
  }
  const auto checked = run({binary("prefgate"), "check", "-c", gateway.config()});
  check_clean("check", checked.output + checked.errors);
  CHECK(gateway.records().size() == 2 * all.size());
  check_clean("the log", gateway.printed());
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(gateway.folder().path())) {
    if (!entry.is_regular_file() || entry.path().filename() == "request.http") continue;
    check_clean(entry.path().filename().string(), read_file(entry.path()));
    ++files;
  }
  CHECK(files >= 3);  // the configuration, the records, their lock
  // And what must be there instead, so that the search had something to find.
  const auto text = read_file(gateway.folder().path() / "audit" / "records-000000000000.jsonl");
  CHECK(text.find(R"("bearer_token":"hmac-sha256:)") != std::string::npos);
  CHECK(text.find(R"("device_token":"hmac-sha256:)") != std::string::npos);
  CHECK(upstream.requests().at(0).find(bearer) != std::string::npos);
}
