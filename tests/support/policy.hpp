// What every test of policies needs: a policy from its text, and diagnostics as lines. Used on the
// test's thread.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>

#include "filters/policy/load_policy.hpp"
#include "tests/support/exchange.hpp"

namespace tests {

// The time of every test that gives none.
inline const filters::Moment today = *filters::parse_moment("2026-06-01");

struct PolicyFiles {
  std::map<std::string, std::string> texts = {};  // by name, beside the policy
};

inline filters::LoadedPolicy load(
    std::string_view text, const PolicyFiles& files = {},
    const filters::Contract& contract = filters::Contract::builtin()) {
  return filters::load_policy(
      std::string(text), "policy.yaml",
      {contract, today,
       [&](const std::filesystem::path& file, std::string& fault) -> std::optional<std::string> {
         const auto found = files.texts.find(file.filename().string());
         if (found != files.texts.end()) return found->second;
         fault = "No such file or directory";
         return {};
       }});
}

// Diagnostics, a line each, without the file's name: "3:5: what", "3:5: warning: what".
inline std::string faults(std::string_view text, const PolicyFiles& files = {},
                          const filters::Contract& contract = filters::Contract::builtin()) {
  std::string lines;
  for (const auto& each : load(text, files, contract).diagnostics) {
    auto line = to_string(each);
    if (line.starts_with("policy.yaml")) line.erase(0, line.find(':') + 1);
    lines += (lines.empty() ? "" : "\n") + line;
  }
  return lines;
}

// Settings with a policy that has no error; unknown preferences go unmentioned, so that tests can
// have short names.
inline filters::Settings with_policy(std::string_view text, const PolicyFiles& files = {}) {
  const auto loaded = load(text, files);
  for (const auto& each : loaded.diagnostics)
    if (each.severity == filters::Diagnostic::Severity::error) FAIL(to_string(each));
  REQUIRE(loaded.rules);
  filters::Settings settings;
  settings.policy = loaded.rules;
  settings.validate.unknown_preferences = filters::Mode::off;
  return settings;
}

// A POST's body around a map of preferences.
inline std::string body_with(std::string_view map) {
  return R"({"locale":"en","device_token":"abc:def","device_type":"ios-beta","platform":"ios",)"
         R"("app_version":"4.17.0","notification_preferences":)" +
         std::string(map) + "}";
}

inline std::string policy_of(std::string_view rules) {
  return "version: 1\nrules:\n" + std::string(rules);
}

struct Sent {
  bool forwarded;
  std::string map, story;
};

// The map of a POST, as it leaves.
inline Sent sent(const filters::Settings& settings, const std::string& map) {
  TestExchange exchange("POST", "", body_with(map));
  exchange->now = today;
  const bool forwarded = exchange.run(settings);
  if (!forwarded) return {false, "", exchange.story()};
  const std::string out(exchange->outgoing_body);
  const auto before = body_with("").size() - 1;
  return {true, out.substr(before, out.size() - before - 1), exchange.story()};
}

// Gives every token a digest that begins with its own bytes: a test can write it down.
class PlainHash final : public filters::SecretHash {
 public:
  filters::Digest mac(std::string_view secret) const override {
    filters::Digest digest{};
    for (std::size_t i = 0; i < secret.size() && i < digest.size(); ++i)
      digest[i] = static_cast<unsigned char>(secret[i]);
    return digest;
  }
  // As it is written in files.
  std::string text(std::string_view secret) const {
    std::string hex = "hmac-sha256:0123abcd:";
    for (const auto byte : mac(secret)) {
      hex += "0123456789abcdef"[byte >> 4];
      hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
  }
};

}  // namespace tests
