// PolicyRules: a policy file, read and compiled: rules in the file's order, the groups and
// exceptions they name, the tests beside them. Made by `load_policy`; immutable after, shared by
// all threads, and outlives every exchange whose journal names a rule.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filters/contract/contract.hpp"
#include "filters/policy/app_version.hpp"
#include "filters/policy/globs.hpp"
#include "filters/policy/moment.hpp"
#include "filters/policy/network.hpp"
#include "filters/policy/request_parts.hpp"
#include "filters/secret_hash.hpp"
#include "filters/yaml/diagnostic.hpp"

namespace filters {

// Who belongs to it: whom any of its lists names.
struct PolicyGroup {
  std::string name;
  std::optional<Pattern> client_names = {};  // of a client's certificate: subject alternative names
  std::vector<Network> networks = {};
  std::vector<Digest> devices = {};  // sorted
};

// The fields of the contract that a rule asks for by text.
enum class TextField : std::uint8_t { locale, device_type, platform };
inline constexpr std::array<std::string_view, 3> text_field_names{"locale", "device_type",
                                                                  "platform"};
inline constexpr std::string_view version_field_name = "app_version";

// A list of globs. Rules that have the same one share it.
struct TextSet {
  std::vector<std::string> globs;
  Folding folding = Folding::exact;
  Pattern pattern;
};

// All of them must hold. What a rule does not ask for holds for anything.
struct Conditions {
  static constexpr std::uint16_t any = 0xFFFF;

  bool get = true;
  bool post = true;
  std::array<std::uint16_t, text_field_names.size()> texts{any, any, any};  // of PolicyRules::texts
  std::vector<VersionRange> versions;  // one of them, merged; empty: any
  std::vector<std::uint16_t> groups;   // one of PolicyRules::groups; empty: any
  Moment from = Moment::min();
  Moment until = Moment::max();  // the first moment at which the rule has ended
};

struct PreferenceValue {
  std::uint16_t name = 0;  // of PolicyRules::names
  bool value = false;
  Mark mark;
};

struct Denial {
  int status = 403;
  std::string message;
};

// A device that a rule leaves alone for a while.
struct RuleException {
  Digest device;
  Moment until;
  std::string note;  // for the journal: whose it is, and until when
};

struct PolicyRule {
  static constexpr std::uint32_t everyone = 10'000;

  std::string id;
  std::string tag;  // as the journal names it: "policy.<id>"
  std::string why, owner;
  Mark mark;  // of its id
  Mode mode = Mode::observe;
  std::uint32_t rollout = everyone;  // of 10,000 devices
  std::uint64_t salt = 0;            // so that rules are rolled out to different devices first
  Conditions when;
  std::vector<PreferenceValue> force;     // set, added where absent
  std::vector<PreferenceValue> defaults;  // added where absent
  std::optional<Pattern> forbid;          // names that are removed
  Mark forbid_mark;
  std::optional<Denial> deny;             // stands alone
  std::vector<RuleException> exceptions;  // sorted by device

  bool edits() const { return !deny; }
};

// What most rules fail by, and of those that are off, nothing: a hundred screens are two kilobytes
// walk through, their rules forty.
struct Screen {
  std::uint32_t rule = 0;  // of PolicyRules::rules
  bool get = true;
  bool post = true;
  bool more = false;  // there are conditions that no other member has
  std::uint16_t group = Conditions::any;
  std::array<std::uint16_t, text_field_names.size()> texts{};
};

// A request written down in the file, and what has to come of it.
struct PolicyTest {
  std::string name;
  Mark mark;
  std::optional<Moment> at;  // none: now
  std::string path;          // empty: the first that fits
  RequestParts request;      // what it does not name is the contract's first example of it; without
                             // a device it is inside of every rollout and on no list
  struct {
    std::optional<bool> forwarded;
    std::optional<int> status;
    std::vector<std::pair<std::string, std::optional<bool>>> preferences;  // none: absent
    std::optional<std::vector<std::string>> rules;  // ids of those that applied, in any mode
  } expect;
};

struct PolicyRules {
  std::vector<TextSet> texts;
  KnownNames names;  // that some rule sets
  std::vector<PolicyGroup> groups;
  std::vector<PolicyRule> rules;
  std::vector<Screen> screens;  // of the rules, in their order
  std::vector<PolicyTest> tests;
  std::vector<std::string> key_ids;  // of all digests in it: other keys' never match
};

// To be made once all rules are read.
std::vector<Screen> screens_of(const std::vector<PolicyRule>& rules);

// As if every rule but those that are off were enforced, and rolled out to all.
PolicyRules as_enforced(PolicyRules rules);

// The map of booleans that rules act on, Endpoint::none where there is none in a POST's body.
std::uint8_t map_field(const Endpoint& endpoint);
// The path that a test is about, nullptr where the contract has no such request.
const Endpoint* endpoint_of(const PolicyTest& test, const Contract& contract);

}  // namespace filters
