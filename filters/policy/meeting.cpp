// Every condition asks about something of its own, so two rules meet where they meet in each.
#include "filters/policy/meeting.hpp"

#include <algorithm>

namespace filters {
namespace {

bool versions_meet(const std::vector<VersionRange>& a, const std::vector<VersionRange>& b) {
  if (a.empty() || b.empty()) return true;
  return std::ranges::any_of(a, [&](const VersionRange& one) {
    return std::ranges::any_of(b, [&](const VersionRange& other) {
      return one.low <= other.high && other.low <= one.high;
    });
  });
}

bool versions_within(const std::vector<VersionRange>& inner,
                     const std::vector<VersionRange>& outer) {
  if (outer.empty()) return true;
  return !inner.empty() && std::ranges::all_of(inner, [&](const VersionRange& one) {
    return std::ranges::any_of(outer, [&](const VersionRange& other) {  // merged: one holds all
      return other.low <= one.low && one.high <= other.high;
    });
  });
}

// Whoever is in `inner` is in `outer`, by what the lists of both say.
bool group_within(const PolicyGroup& inner, const PolicyGroup& outer) {
  return !inner.client_names && std::ranges::all_of(inner.networks, [&](const Network& one) {
    return std::ranges::any_of(outer.networks,
                               [&](const Network& other) { return other.contains(one); });
  }) && std::ranges::includes(outer.devices, inner.devices);
}

bool have_common(const std::vector<Digest>& a, const std::vector<Digest>& b) {
  return std::ranges::any_of(a, [&](const Digest& d) { return std::ranges::binary_search(b, d); });
}

}  // namespace

template <class Predicate>
bool Meeting::any_gate(Predicate holds) {
  for (const auto& endpoint : around_.contract.endpoints())
    for (const Method method : {Method::get, Method::post})
      if (endpoint.takes(method) && holds(Gate{endpoint, method})) return true;
  return false;
}

bool Meeting::reachable(const PolicyRule& rule) {
  return any_gate([&](const Gate& gate) { return passes(rule, gate); });
}

bool Meeting::can_meet(const PolicyRule& a, const PolicyRule& b) {
  if (std::max({a.when.from, b.when.from, around_.now}) >= std::min(a.when.until, b.when.until))
    return false;
  if (!versions_meet(a.when.versions, b.when.versions) || !groups_meet(a, b)) return false;
  const PolicyRule* const both[] = {&a, &b};
  return any_gate([&](const Gate& gate) {
    return passes(a, gate) && passes(b, gate) && texts_meet(both, gate);
  });
}

bool Meeting::covers(const PolicyRule& outer, const PolicyRule& inner) {
  const auto is_over = [&](const RuleException& each) { return each.until <= around_.now; };
  if (outer.rollout != PolicyRule::everyone || !std::ranges::all_of(outer.exceptions, is_over))
    return false;
  if (outer.when.from > std::max(inner.when.from, around_.now) ||
      outer.when.until < inner.when.until)
    return false;
  if (!versions_within(inner.when.versions, outer.when.versions)) return false;
  const auto& groups = outer.when.groups;
  const auto among_outer = [&](std::uint16_t inner_group) {
    return std::ranges::any_of(groups, [&](std::uint16_t group) {
      return group == inner_group || group_within(rules_.groups[inner_group], rules_.groups[group]);
    });
  };
  if (!groups.empty() &&
      (inner.when.groups.empty() || !std::ranges::all_of(inner.when.groups, among_outer)))
    return false;
  return !any_gate([&](const Gate& gate) {
    return passes(inner, gate) && !(passes(outer, gate) && texts_within(inner, outer, gate));
  });
}

// Method and path are right, and every field the rule asks for is carried there.
bool Meeting::passes(const PolicyRule& rule, const Gate& gate) {
  const bool post = gate.method == Method::post;
  if (!(post ? rule.when.post : rule.when.get)) return false;
  if (rule.edits() && (!post || map_field(gate.endpoint) == Endpoint::none)) return false;
  if (!rule.when.versions.empty() && carried(gate, version_field_name) == nullptr) return false;
  const PolicyRule* const one[] = {&rule};
  return texts_meet(one, gate);
}

const ContractField* Meeting::carried(const Gate& gate, std::string_view name) {
  const auto at = gate.endpoint.find(name);
  if (at == Endpoint::none) return nullptr;
  const auto& field = gate.endpoint.fields()[at];
  const bool here = gate.method == Method::post ? field.in_body : field.in_query;
  return here && field.type == FieldType::string ? &field : nullptr;
}

bool Meeting::texts_meet(std::span<const PolicyRule* const> rules, const Gate& gate) {
  for (std::size_t f = 0; f < text_field_names.size(); ++f) {
    const auto a = rules.front()->when.texts[f], b = rules.back()->when.texts[f];
    if (a == Conditions::any && b == Conditions::any) continue;
    const auto* const field = carried(gate, text_field_names[f]);
    if (field == nullptr || !some(*field, a, b, true, false)) return false;
  }
  return true;
}

bool Meeting::texts_within(const PolicyRule& inner, const PolicyRule& outer, const Gate& gate) {
  const bool post = gate.method == Method::post;
  for (std::size_t f = 0; f < text_field_names.size(); ++f) {
    const auto wanted = outer.when.texts[f];
    if (wanted == Conditions::any) continue;
    const auto* const field = carried(gate, text_field_names[f]);
    if (field == nullptr || some(*field, inner.when.texts[f], wanted, false, true)) return false;
    // One that may be missing is not what the outer rule asks for.
    const bool required = post ? field->required_in_body : field->required_in_query;
    if (inner.when.texts[f] == Conditions::any && !required) return false;
  }
  return true;
}

// A certificate can have any names, a client any address and a device any token, independently: so
// two groups meet unless both are networks alone, or lists alone, that have nothing in common.
bool Meeting::groups_meet(const PolicyRule& a, const PolicyRule& b) const {
  if (a.when.groups.empty() || b.when.groups.empty()) return true;
  const auto meet = [&](const PolicyGroup& one, const PolicyGroup& other) {
    const auto anybody = [](const PolicyGroup& group) {
      return group.client_names || !group.networks.empty() || !group.devices.empty();
    };
    if (!anybody(one) || !anybody(other)) return false;
    if (one.client_names || other.client_names) return true;
    if ((!one.networks.empty() && !other.devices.empty()) ||
        (!one.devices.empty() && !other.networks.empty()))
      return true;
    return have_common(one.devices, other.devices) ||
           std::ranges::any_of(one.networks, [&](const Network& network) {
             return std::ranges::any_of(
                 other.networks, [&](const Network& second) { return network.overlaps(second); });
           });
  };
  return std::ranges::any_of(a.when.groups, [&](std::uint16_t one) {
    return std::ranges::any_of(b.when.groups, [&](std::uint16_t other) {
      return meet(rules_.groups[one], rules_.groups[other]);
    });
  });
}

// Whether the field has a text in set `a` and in, or outside of, set `b`.
bool Meeting::some(const ContractField& field, std::uint16_t a, std::uint16_t b, bool b_inside,
                   bool undecided) {
  auto [at, is_new] = known_.try_emplace({&field, a, b, b_inside});
  if (is_new) {
    std::vector<Wanted> wanted;
    if (a != Conditions::any) wanted.push_back({rules_.texts[a].pattern});
    if (b != Conditions::any) wanted.push_back({rules_.texts[b].pattern, b_inside});
    at->second = some_text(field, wanted);
  }
  return at->second.value_or(undecided);
}

}  // namespace filters
