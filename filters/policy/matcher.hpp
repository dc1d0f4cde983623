// Matcher: which rules one exchange matches. What several rules ask for is found out once, when the
// first does. Lives for one walk over the rules; arena memory.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "filters/exchange.hpp"
#include "filters/policy/rules.hpp"

namespace filters {

class Matcher {
 public:
  // As if the exchange had this method.
  Matcher(const PolicyRules& rules, const Exchange& exchange, Method method);

  // Everything that `when` asks for.
  bool matches(const Conditions& when);
  // The device is among those that the rule has reached so far. Always the same ones, and as the
  // share grows, none drops out. Without a device token, nobody is; without a hash, everybody.
  bool inside_rollout(const PolicyRule& rule);
  // Whether the client is in this one of PolicyRules::groups.
  bool belongs(std::uint16_t group);
  // The exception that holds for the device now, or nullptr.
  const RuleException* exception(const PolicyRule& rule);

 private:
  enum class Known : std::uint8_t { not_yet, yes, no };
  template <class Find>
  static bool once(Known& known, Find find) {
    if (known == Known::not_yet) known = find() ? Known::yes : Known::no;
    return known == Known::yes;
  }

  const Member* field(std::string_view name) const;
  bool text_matches(std::size_t field, std::uint16_t set);
  bool version_matches(const std::vector<VersionRange>& ranges);
  bool is_member(const PolicyGroup& group);
  const Digest* device();

  const PolicyRules& rules_;
  const Exchange& exchange_;
  const Method method_;
  const Moment now_;
  std::array<const Member*, text_field_names.size()> texts_;
  std::span<Known> text_known_;  // by field, then set
  std::span<Known> group_known_;
  std::optional<std::optional<AppVersion>> version_;
  std::optional<std::optional<Digest>> device_;
};

}  // namespace filters
