// PatternGraph: a pattern's text as a graph of places, before it becomes states. Between
// read_pattern_graph and Pattern::compile alone.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filters {

struct PatternGraph {
  using Bytes = std::bitset<256>;
  using Node = std::uint32_t;
  struct Place {
    Bytes takes;             // one of these leads to `next`
    std::vector<Node> next;  // where `takes` is empty: without taking anything
  };

  std::vector<Place> places;
  Node begin = 0;
  Node end = 0;  // of a match

  Node add() {
    places.emplace_back();
    return static_cast<Node>(places.size() - 1);
  }
  void join(Node from, Node to) { places[from].next.push_back(to); }
};

// The syntax is described at Pattern::compile. None, and `fault` says why, where `text` is not of
// it.
std::optional<PatternGraph> read_pattern_graph(std::string_view text, std::string& fault);

}  // namespace filters
