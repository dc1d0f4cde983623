// NaivePolicy: random policies over a small world, and a second, plain interpreter of them: no
// compiled patterns, no edits, no sharing; texts are compared, maps are maps. To hold the real one
// against. Used on the test's thread.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

using PreferenceTexts = std::map<std::string, bool>;

// One request of the small world.
struct NaiveRequest {
  std::string method, locale, device_type, platform, version, address, token;
  int day = 1;  // of June 2026
  PreferenceTexts preferences = {};
};

struct NaiveRule {
  std::string id, mode;
  std::vector<std::string> methods, locales, device_types, platforms;  // empty: any
  std::vector<std::string> versions;  // ">=4.1 <5": at most one, empty: any
  std::string group;                  // "", "east", "west", "all", "bench"
  std::optional<int> from, until;     // days of June 2026
  PreferenceTexts force, defaults;
  std::vector<std::string> forbid;
  bool deny = false;

  bool matches(const NaiveRequest& request) const;
  bool forbids(const std::string& name) const;
  std::string text() const;  // a line of YAML
};

struct NaiveResult {
  bool denied = false;
  PreferenceTexts preferences;
  std::vector<std::string> rules;  // ids of those that said or did something, in order, each once
};

struct NaivePolicy {
  std::vector<NaiveRule> rules;

  std::string text() const;  // YAML, with the groups that `naive_groups` names
  NaiveResult apply(const NaiveRequest& request) const;
};

// The file that the group "bench" names.
std::string naive_bench();

// `*` alone stands for something.
bool naive_glob(std::string_view glob, std::string_view text);

// The world: every value that a request can have.
inline const std::vector<std::string> naive_methods{"GET", "POST"};
inline const std::vector<std::string> naive_locales{"en", "en_GB", "de"};
inline const std::vector<std::string> naive_device_types{"ios", "ios-beta", "android",
                                                         "android-beta"};
inline const std::vector<std::string> naive_platforms{"ios", "android"};
inline const std::vector<std::string> naive_versions{"3.9", "4", "4.1", "4.1.5-7", "5", "6.0.1"};
inline const std::vector<std::string> naive_addresses{"10.0.0.1", "10.200.0.1", "192.0.2.1"};
inline const std::vector<std::string> naive_tokens{"bench:1", "abc:def"};
inline const std::vector<std::string> naive_names{"alarm", "key_added", "lootbox_a", "lootbox_b"};

NaivePolicy random_policy(std::mt19937& random, std::size_t rules, bool all_enforced);
NaiveRequest random_request(std::mt19937& random);

}  // namespace tests
