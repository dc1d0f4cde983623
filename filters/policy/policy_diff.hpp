// PolicyDiff: what a new policy would have done otherwise than the old one, exchange by exchange,
// counted by the rule that makes the difference. Fed with records; several, on threads of their
// own, can be merged. Pure; for commands.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "filters/pipeline.hpp"
#include "filters/policy/recorded_request.hpp"

namespace filters {

// What one rule makes different. In the order in which it matters.
struct PolicyEffect {
  enum class Kind : std::uint8_t { newly_denied, no_longer_denied, answered_otherwise, changed };
  struct Key {
    Kind kind;
    std::string rule;
    bool of_new;  // a rule of the new policy; else one of the old that no longer acts
    auto operator<=>(const Key&) const = default;
  };
  static constexpr std::size_t most_examples = 3;

  std::uint64_t exchanges = 0;
  std::unordered_set<std::string> devices;  // digests
  // Of kind `changed`: "alarm: false -> true", and in how many exchanges.
  std::map<std::string, std::uint64_t> preferences;
  std::vector<std::uint64_t> examples;  // the first records, by seq
};

class PolicyDiff {
 public:
  // `contract` must outlive it.
  PolicyDiff(const PolicyRules& before, const PolicyRules& after, const Contract& contract);

  // A record without its line end. False where it is none.
  bool add(std::string_view line);
  void merge(PolicyDiff&& other);

  std::uint64_t records() const { return records_; }
  std::uint64_t count(Replay what) const { return counts_[static_cast<std::size_t>(what)]; }
  std::uint64_t replayed() const { return count(Replay::ready); }
  std::uint64_t changed() const { return changed_; }  // exchanges in which anything differs
  const std::unordered_set<std::string>& devices() const { return devices_; }  // in those
  const std::unordered_set<std::string>& key_ids() const { return key_ids_; }  // of all devices
  const std::map<PolicyEffect::Key, PolicyEffect>& effects() const { return effects_; }

 private:
  struct Result;
  void compare(const RecordedRequest& request, const Result& before, const Result& after);

  const Contract& contract_;
  Pipeline before_;
  Pipeline after_;
  std::uint64_t records_ = 0;
  std::uint64_t changed_ = 0;
  std::array<std::uint64_t, 6> counts_{};  // by Replay
  std::unordered_set<std::string> devices_;
  std::unordered_set<std::string> key_ids_;
  std::map<PolicyEffect::Key, PolicyEffect> effects_;
};

}  // namespace filters
