#include "filters/policy/matcher.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace filters {
namespace {

// The finalizer of SplitMix64: spreads every bit of `word` over all of the result.
std::uint64_t mixed(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
  return word ^ (word >> 31);
}

// 0 to 9,999, the same for a device and a rule for ever.
std::uint64_t bucket_of(const Digest& device, std::uint64_t salt) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) word = word << 8 | device[i];
  return (mixed(word ^ salt) >> 32) * PolicyRule::everyone >> 32;
}

}  // namespace

Matcher::Matcher(const PolicyRules& rules, const Exchange& exchange, Method method)
    : rules_(rules),
      exchange_(exchange),
      method_(method),
      now_(std::chrono::floor<std::chrono::seconds>(exchange.now)) {
  for (std::size_t f = 0; f < texts_.size(); ++f) texts_[f] = field(text_field_names[f]);
  const auto unknown = [&](std::size_t count) {
    auto* const first = reinterpret_cast<Known*>(exchange.arena.bytes(count));
    std::uninitialized_fill_n(first, count, Known::not_yet);
    return std::span(first, count);
  };
  text_known_ = unknown(texts_.size() * rules.texts.size());
  group_known_ = unknown(rules.groups.size());
}

// A field's member where it is a text.
const Member* Matcher::field(std::string_view name) const {
  const auto at = exchange_.endpoint->find(name);
  const auto* const member = at == Endpoint::none ? nullptr : exchange_.field(at);
  return member && member->type == Type::string && !member->dropped ? member : nullptr;
}

bool Matcher::more_matches(const Conditions& when) {
  if (now_ < when.from || now_ >= when.until) return false;
  if (!when.versions.empty() && !version_matches(when.versions)) return false;
  return when.groups.empty() ||
         std::ranges::any_of(when.groups, [&](std::uint16_t group) { return belongs(group); });
}

bool Matcher::version_matches(const std::vector<VersionRange>& ranges) {
  if (!version_) {
    const auto* const member = field(version_field_name);
    version_ = member ? AppVersion::parse(member->text) : std::nullopt;
  }
  return *version_ && std::ranges::any_of(ranges, [&](const VersionRange& range) {
    return range.contains(**version_);
  });
}

bool Matcher::is_member(const PolicyGroup& group) {
  const auto& identity = exchange_.identity;
  if (group.client_names)
    for (const auto& name : identity.client_names)
      if (group.client_names->matches(name)) return true;
  if (!group.networks.empty()) {
    const auto address = parse_address(identity.client_address);
    const auto holds = [&](const Network& network) { return network.contains(*address); };
    if (address && std::ranges::any_of(group.networks, holds)) return true;
  }
  if (group.devices.empty()) return false;
  const auto* const device = this->device();
  return device && std::ranges::binary_search(group.devices, *device);
}

const Digest* Matcher::device() {
  if (!device_) {
    device_.emplace();
    const auto& identity = exchange_.identity;
    if (identity.hash && !identity.device_token.empty())
      *device_ = identity.hash->mac(identity.device_token);
  }
  return *device_ ? &**device_ : nullptr;
}

bool Matcher::inside_rollout(const PolicyRule& rule) {
  if (rule.rollout == PolicyRule::everyone || !exchange_.identity.hash) return true;
  const auto* const found = device();
  return found && bucket_of(*found, rule.salt) < rule.rollout;
}

const RuleException* Matcher::exception(const PolicyRule& rule) {
  const auto* const found = rule.exceptions.empty() ? nullptr : device();
  if (!found) return nullptr;
  for (const auto& each :
       std::ranges::equal_range(rule.exceptions, *found, {}, &RuleException::device))
    if (now_ < each.until) return &each;
  return nullptr;
}

}  // namespace filters
