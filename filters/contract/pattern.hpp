// Pattern: a regular expression of a contract, compiled to a table of states, so that a match costs
// one step a byte, allocates nothing and cannot run away, whatever a client sends. (std::regex
// recurses and allocates; RE2 takes a lock and grows its tables while it matches.) Made at load
// time; immutable after, shared by all threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filters {

struct PatternGraph;

class Pattern {
 public:
  // Takes the part of ECMA 262's syntax (JSON Schema 2020-12, section 6.4) that means the same
  // everywhere: `^...$` around the whole, ASCII characters, escapes of punctuation, \d, classes
  // with ranges, groups, `|` inside groups, and `? * + {n} {n,m} {n,}`. None, and `fault` says why,
  // for anything else (`.`, negated classes, back references, look-around: too easy to be wrong
  // about) and for patterns that need more than `most_states`, or a
  // quarter of a second to become them.
  static std::optional<Pattern> compile(std::string_view text, std::string& fault);
  static constexpr std::size_t most_states = 8192;
  // Of a graph that something else has made, with the same limit.
  static std::optional<Pattern> build(const PatternGraph& graph, std::string& fault);

  // All of `text`.
  bool matches(std::string_view text) const {
    std::size_t row = start_;
    for (auto at = text.begin(); at != text.end(); ++at) {
      // Most texts stay in one state for long: as long as they do, no step waits for the one
      // before.
      while (follow(row, *at) == row)
        if (++at == text.end()) return final_[row / classes_] != 0;
      row = follow(row, *at);
      if (row == dead) return false;
    }
    return final_[row / classes_] != 0;
  }

  // The characters that can stand in a match at all.
  bool uses(char c) const { return class_of_[static_cast<unsigned char>(c)] != 0; }

  // The states one by one, for whoever proves something about patterns: a match walks from `start`,
  // and nothing leads away from `dead`.
  using State = std::uint16_t;
  static constexpr State dead = 0;  // its row is the first one too
  static constexpr State start = 1;
  State step(State state, char c) const {
    const auto row = next_[state * classes_ + class_of_[static_cast<unsigned char>(c)]];
    return static_cast<State>(row / classes_);
  }
  bool ends(State state) const { return final_[state] != 0; }

 private:
  std::size_t follow(std::size_t row, char c) const {
    return next_[row + class_of_[static_cast<unsigned char>(c)]];
  }

  // Bytes that no part of the pattern tells apart share a class; those in none of them have 0.
  std::array<std::uint8_t, 256> class_of_{};
  std::size_t classes_ = 1;
  std::size_t start_ = 1;            // the first row: that of state 1
  std::vector<std::uint32_t> next_;  // by state, then class: where the next state's row begins
  std::vector<std::uint8_t> final_;  // by state: 1 where a match may end
};

}  // namespace filters
