// The subset construction of any textbook on compilers: the sets of places that are reachable
// together become states.
#include "filters/contract/pattern.hpp"

#include <algorithm>
#include <map>

#include "filters/contract/pattern_graph.hpp"

namespace filters {
namespace {

using Bytes = PatternGraph::Bytes;
using Node = PatternGraph::Node;

// Visits of places, about a quarter of a second of them. What a contract's author writes takes
// some thousands; `^(a?b?){4000}$` would take a minute.
constexpr std::size_t most_work = 10'000'000;

// Sets of places as sorted lists, closed under empty moves.
std::vector<Node> closed(const PatternGraph& graph, std::vector<Node> open) {
  std::vector<Node> set;
  std::vector<bool> seen(graph.places.size());
  while (!open.empty()) {
    const Node node = open.back();
    open.pop_back();
    if (seen[node]) continue;
    seen[node] = true;
    set.push_back(node);
    if (graph.places[node].takes.none())
      open.insert(open.end(), graph.places[node].next.begin(), graph.places[node].next.end());
  }
  std::ranges::sort(set);
  return set;
}

// Gives each byte a class: bytes that are in exactly the same sets share one.
std::size_t classify(const PatternGraph& graph, std::array<std::uint8_t, 256>& class_of) {
  std::vector<Bytes> sets;
  for (const auto& place : graph.places)
    if (place.takes.any() && std::ranges::find(sets, place.takes) == sets.end())
      sets.push_back(place.takes);
  std::map<std::vector<bool>, std::uint8_t> known{{std::vector<bool>(sets.size()), 0}};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::vector<bool> in(sets.size());
    for (std::size_t s = 0; s < sets.size(); ++s) in[s] = sets[s].test(byte);
    class_of[byte] = known.try_emplace(in, static_cast<std::uint8_t>(known.size())).first->second;
  }
  return known.size();
}

}  // namespace

std::optional<Pattern> Pattern::compile(std::string_view text, std::string& fault) {
  const auto graph = read_pattern_graph(text, fault);
  return graph ? build(*graph, fault) : std::nullopt;
}

std::optional<Pattern> Pattern::build(const PatternGraph& graph, std::string& fault) {
  Pattern pattern;
  pattern.classes_ = classify(graph, pattern.class_of_);
  pattern.start_ = pattern.classes_;
  std::array<std::size_t, 256> sample{};
  for (std::size_t byte = 256; byte-- > 0;) sample[pattern.class_of_[byte]] = byte;

  std::vector<std::vector<Node>> states{{}, closed(graph, {graph.begin})};  // dead, start
  std::map<std::vector<Node>, std::uint16_t> known{{states[0], 0}, {states[1], 1}};
  std::size_t work = 0;
  for (std::size_t s = 0; s < states.size(); ++s) {
    pattern.final_.push_back(std::ranges::binary_search(states[s], graph.end) ? 1 : 0);
    pattern.next_.resize((s + 1) * pattern.classes_, 0);
    for (std::size_t c = 1; c < pattern.classes_; ++c) {
      std::vector<Node> reached;
      for (const Node node : states[s])
        if (graph.places[node].takes.test(sample[c]))
          reached.push_back(graph.places[node].next.front());
      auto set = closed(graph, std::move(reached));
      work += states[s].size() + set.size() + graph.places.size() / 64;
      const auto [found, is_new] =
          known.try_emplace(set, static_cast<std::uint16_t>(states.size()));
      if (is_new) states.push_back(std::move(set));
      pattern.next_[s * pattern.classes_ + c] =
          static_cast<std::uint32_t>(found->second * pattern.classes_);
    }
    if (states.size() > most_states || work > most_work) {
      fault = "the pattern is too large: bound lengths with maxLength, repeat fewer optional parts";
      return {};
    }
  }
  return pattern;
}

}  // namespace filters
