#include "proxy/policy_diff_report.hpp"

#include <algorithm>
#include <array>
#include <ostream>

#include "filters/json_text.hpp"
#include "proxy/evidence/counted.hpp"

namespace proxy {
namespace {

using filters::PolicyDiff;
using filters::PolicyEffect;
using filters::Replay;
using Row = std::pair<const PolicyEffect::Key, PolicyEffect>;

// By PolicyEffect::Kind.
constexpr std::array<std::string_view, 4> headings{"newly denied", "no longer denied",
                                                   "denied with another status", "changed"};
constexpr std::array<std::string_view, 4> words{"newly_denied", "no_longer_denied",
                                                "answered_otherwise", "changed"};

// By kind, what happens most often first.
std::vector<const Row*> rows(const PolicyDiff& diff) {
  std::vector<const Row*> all;
  for (const auto& row : diff.effects()) all.push_back(&row);
  std::ranges::stable_sort(all, [](const Row* a, const Row* b) {
    return std::pair(a->first.kind, b->second.exchanges) <
           std::pair(b->first.kind, a->second.exchanges);
  });
  return all;
}

std::vector<std::pair<std::string, std::uint64_t>> by_count(const PolicyEffect& effect) {
  std::vector<std::pair<std::string, std::uint64_t>> all(effect.preferences.begin(),
                                                         effect.preferences.end());
  std::ranges::stable_sort(all, std::greater{}, &std::pair<std::string, std::uint64_t>::second);
  return all;
}

// "1.25 %"
std::string share(std::uint64_t part, std::uint64_t whole) {
  const auto hundredths = whole == 0 ? 0 : part * 10'000 / whole;
  const auto decimals = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (decimals.size() < 2 ? "0" : "") + decimals +
         " %";
}

void write_left_out(const PolicyDiff& diff, std::ostream& out) {
  if (const auto count = diff.count(Replay::refused); count > 0)
    out << "left out: " << counted(count, "exchange")
        << " refused by something else than a policy\n";
  if (const auto count = diff.count(Replay::unclear); count > 0)
    out << "left out: " << counted(count, "exchange")
        << " with an edit of a name too long for a record\n";
  if (const auto count = diff.count(Replay::no_values); count > 0)
    out << "left out: " << counted(count, "exchange")
        << " recorded at level `metadata`, without the preferences\n";
  if (const auto count = diff.count(Replay::not_governed); count > 0)
    out << "left out: " << counted(count, "exchange") << " that the contract does not govern\n";
}

}  // namespace

void report_as_text(const PolicyDiff& diff, std::ostream& out) {
  out << counted(diff.replayed(), "exchange") << " of " << counted(diff.records(), "record")
      << " replayed: " << diff.changed() << " would differ ("
      << share(diff.changed(), diff.replayed()) << "), of "
      << counted(diff.devices().size(), "device") << '\n';
  std::string_view heading;
  for (const auto* const row : rows(diff)) {
    const auto& [key, effect] = *row;
    if (const auto next = headings[static_cast<std::size_t>(key.kind)]; next != heading) {
      heading = next;
      out << '\n' << heading << '\n';
    }
    out << "  " << key.rule << (key.of_new ? "" : " (of the old policy)") << ": "
        << counted(effect.exchanges, "exchange") << ", " << counted(effect.devices.size(), "device")
        << "; for example record";
    const char* separator = effect.examples.size() == 1 ? " " : "s ";
    for (const auto seq : effect.examples) {
      out << separator << seq;
      separator = ", ";
    }
    out << '\n';
    for (const auto& [what, count] : by_count(effect))
      out << "    " << what << "  " << count << '\n';
  }
  if (diff.records() > diff.replayed()) out << '\n';
  write_left_out(diff, out);
}

void report_as_json(const PolicyDiff& diff, std::ostream& out) {
  std::pmr::monotonic_buffer_resource memory;
  filters::JsonText json(memory, 4096);
  const auto number = [&](std::string_view name, std::uint64_t value) {
    json.key(name);
    json.number(value);
  };
  json.begin_object();
  number("records", diff.records());
  number("replayed", diff.replayed());
  number("changed", diff.changed());
  number("devices", diff.devices().size());
  number("refused", diff.count(Replay::refused));
  number("unclear", diff.count(Replay::unclear));
  number("no_values", diff.count(Replay::no_values));
  number("not_governed", diff.count(Replay::not_governed));
  json.key("effects");
  json.begin_array();
  for (const auto* const row : rows(diff)) {
    const auto& [key, effect] = *row;
    json.begin_object();
    json.key("kind");
    json.plain(words[static_cast<std::size_t>(key.kind)]);
    json.key("rule");
    json.string(key.rule);
    json.key("policy");
    json.plain(key.of_new ? "to" : "from");
    number("exchanges", effect.exchanges);
    number("devices", effect.devices.size());
    json.key("preferences");
    json.begin_object();
    for (const auto& [what, count] : by_count(effect)) {
      json.string_key(what, filters::JsonText::unlimited);
      json.number(count);
    }
    json.end_object();
    json.key("examples");
    json.begin_array();
    for (const auto seq : effect.examples) json.number(seq);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  out << json.text() << '\n';
}

}  // namespace proxy
