#include "filters/policy/globs.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

#include "filters/contract/pattern_graph.hpp"

namespace filters {
namespace {

using Bytes = PatternGraph::Bytes;
using Node = PatternGraph::Node;

Bytes same_as(char c, Folding folding) {
  Bytes set;
  const auto add = [&](char other) { set.set(static_cast<unsigned char>(other)); };
  add(c);
  if (folding == Folding::exact) return set;
  const char low = lower(c);
  if (low >= 'a' && low <= 'z') {
    add(low);
    add(static_cast<char>(low - 'a' + 'A'));
  }
  if (folding == Folding::locale && (c == '-' || c == '_')) {
    add('-');
    add('_');
  }
  return set;
}

void add_glob(std::string_view glob, Folding folding, PatternGraph& graph) {
  const auto take = [&](Node from, const Bytes& bytes) {
    const Node taking = graph.add(), taken = graph.add();
    graph.join(from, taking);
    graph.places[taking].takes = bytes;
    graph.join(taking, taken);
    return taken;
  };
  Node at = graph.begin;
  for (const char c : glob) {
    if (c != '*') {
      at = take(at, same_as(c, folding));
      continue;
    }
    const Node loop = graph.add();
    graph.join(at, loop);
    graph.join(take(loop, Bytes{}.set()), loop);
    at = loop;
  }
  graph.join(at, graph.end);
}

// The states of the contract's pattern and of each wanted one, walked side by side.
class TextSearch {
 public:
  TextSearch(const ContractField& field, std::span<const Wanted> wanted)
      : field_(field), wanted_(wanted) {}

  std::optional<bool> run() {
    if (field_.least_length > most_counted) return {};
    std::vector<Place> layer{Place{}};  // of texts of `length` characters
    for (std::size_t length = 0; length <= field_.most_length && !layer.empty(); ++length) {
      const bool long_enough = length >= field_.least_length;
      if (long_enough && std::ranges::any_of(layer, [&](const Place& p) { return ends(p); }))
        return true;
      std::vector<Place> next;
      for (const Place& place : layer)
        spread(place, std::min(length + 1, field_.least_length), next);
      if (seen_.size() > most_places) return {};
      layer = std::move(next);
    }
    return false;
  }

 private:
  static constexpr std::size_t most_wanted = 3;
  static constexpr std::size_t most_places = 200'000;
  static constexpr std::size_t most_counted = 0xFFF;
  struct Place {
    Pattern::State contract = Pattern::start;
    std::array<Pattern::State, most_wanted> wanted{Pattern::start, Pattern::start, Pattern::start};
  };

  // A state has 13 bits; what is left is the length of texts that are still too short.
  static std::uint64_t key(const Place& place, std::size_t length) {
    static_assert(Pattern::most_states <= 1 << 13);
    std::uint64_t key = length;
    for (const auto state : place.wanted) key = key << 13 | state;
    return key << 13 | place.contract;
  }

  bool ends(const Place& place) const {
    if (field_.pattern && !field_.pattern->ends(place.contract)) return false;
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (wanted_[i].pattern.ends(place.wanted[i]) != wanted_[i].inside) return false;
    return true;
  }

  // Printable ASCII will do: a text with other characters, which only `*` and no contract's pattern
  // takes, has a like one without.
  void spread(const Place& from, std::size_t length, std::vector<Place>& next) {
    for (char c = 0x20; c < 0x7F; ++c) {
      Place to = from;
      if (field_.pattern) to.contract = field_.pattern->step(from.contract, c);
      bool hopeless = to.contract == Pattern::dead;
      for (std::size_t i = 0; i < wanted_.size(); ++i) {
        to.wanted[i] = wanted_[i].pattern.step(from.wanted[i], c);
        hopeless |= wanted_[i].inside && to.wanted[i] == Pattern::dead;
      }
      if (!hopeless && seen_.insert(key(to, length)).second) next.push_back(to);
    }
  }

  const ContractField& field_;
  std::span<const Wanted> wanted_;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

std::optional<Pattern> compile_globs(std::span<const std::string> globs, Folding folding,
                                     std::string& fault) {
  PatternGraph graph;
  graph.begin = graph.add();
  graph.end = graph.add();
  for (const auto& glob : globs) add_glob(glob, folding, graph);
  auto pattern = Pattern::build(graph, fault);
  if (!pattern) fault = "these patterns together are too large: use fewer `*`";
  return pattern;
}

std::optional<bool> some_text(const ContractField& field, std::span<const Wanted> wanted) {
  if (field.values.empty()) return TextSearch(field, wanted).run();
  return std::ranges::any_of(field.values, [&](const std::string& value) {
    return std::ranges::all_of(
        wanted, [&](const Wanted& one) { return one.pattern.matches(value) == one.inside; });
  });
}

}  // namespace filters
