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

  // Everything that the rule's `when` asks for.
  bool matches(const Screen& screen) {
    if (!(method_ == Method::post ? screen.post : method_ == Method::get && screen.get))
      return false;
    for (std::size_t f = 0; f < texts_.size(); ++f)
      if (screen.texts[f] != Conditions::any && !text_matches(f, screen.texts[f])) return false;
    if (screen.group != Conditions::any && !belongs(screen.group)) return false;
    return !screen.more || more_matches(rules_.rules[screen.rule].when);
  }
  // The device is among those that the rule has reached so far. Always the same ones, and as the
  // share grows, none drops out. Without a device token, nobody is; without a hash, everybody.
  bool inside_rollout(const PolicyRule& rule);
  // Whether the client is in this one of PolicyRules::groups.
  bool belongs(std::uint16_t group) {
    return once(group_known_[group], [&] { return is_member(rules_.groups[group]); });
  }
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
  bool text_matches(std::size_t field, std::uint16_t set) {
    return once(text_known_[field * rules_.texts.size() + set], [&] {
      return texts_[field] && rules_.texts[set].pattern.matches(texts_[field]->text);
    });
  }
  // What a screen does not have.
  bool more_matches(const Conditions& when);
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
