// Recursive descent over the text, straight into the graph. Counted repetition is written out, so
// {1,4096} costs 4096 places: a contract says that with maxLength.
#include "filters/contract/pattern_graph.hpp"

#include <algorithm>

namespace filters {
namespace {

using Bytes = PatternGraph::Bytes;
using Node = PatternGraph::Node;

struct Part {
  Node begin;
  Node end;
};

constexpr std::size_t most_places = 100'000;
constexpr unsigned most_repeats = 4096;
constexpr int most_depth = 16;

class PatternReader {
 public:
  PatternReader(std::string_view text, PatternGraph& graph) : text_(text), graph_(graph) {}

  std::optional<Part> read(std::string& fault) {
    if (text_.size() < 2 || text_.front() != '^' || text_.back() != '$' ||
        (text_.size() > 2 && text_[text_.size() - 2] == '\\')) {
      fault = "must begin with ^ and end with $: it stands for the whole value";
      return {};
    }
    text_ = text_.substr(0, text_.size() - 1);
    at_ = 1;
    const Part part = sequence(0);
    if (fault_.empty() && at_ < text_.size())
      fail(text_[at_] == '|' ? "put what `|` separates into a group: ^(a|b)$"
                             : "a group is closed that was never opened");
    fault = fault_;
    return fault.empty() ? std::optional(part) : std::nullopt;
  }

 private:
  bool more() const { return fault_.empty() && at_ < text_.size(); }
  char peek() const { return text_[at_]; }
  void fail(std::string why) {
    if (fault_.empty()) fault_ = std::move(why) + " (character " + std::to_string(at_ + 1) + ")";
  }
  Part empty_part() {
    const Node node = graph_.add();
    return {node, node};
  }

  Part alternatives(int depth) {
    const Part whole{graph_.add(), graph_.add()};
    for (;;) {
      const Part one = sequence(depth);
      graph_.join(whole.begin, one.begin);
      graph_.join(one.end, whole.end);
      if (!more() || peek() != '|') return whole;
      ++at_;
    }
  }

  Part sequence(int depth) {
    Part whole = empty_part();
    while (more() && peek() != '|' && peek() != ')') {
      const std::size_t from = at_;
      const Part part = atom(depth);
      const std::size_t to = at_;
      const Part repeated = repetition(part, from, to, depth);
      graph_.join(whole.end, repeated.begin);
      whole.end = repeated.end;
      if (graph_.places.size() > most_places) fail("the pattern is too large");
    }
    return whole;
  }

  Part atom(int depth) {
    if (peek() == '(') {
      if (depth == most_depth) fail("groups are nested too deep");
      if (!fault_.empty()) return empty_part();
      ++at_;
      if (more() && peek() == '?') {
        if (text_.substr(at_, 2) != "?:")
          fail("of groups that begin with `(?` only `(?:` is taken");
        at_ += 2;
      }
      const Part inner = alternatives(depth + 1);
      if (!more()) fail("a group is not closed");
      ++at_;
      return inner;
    }
    const Node from = graph_.add();
    const Bytes takes = peek() == '[' ? bracketed() : Bytes{}.set(character());
    graph_.places[from].takes = digits_ ? *digits_ : takes;
    digits_.reset();
    const Node to = graph_.add();
    graph_.join(from, to);
    return {from, to};
  }

  // One character, or \d, which is left in `digits_`.
  unsigned char character() {
    const char c = text_[at_++];
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E)
      fail("only printable ASCII characters are taken");
    constexpr std::string_view special = ".^$*+?{}[]()|";
    if (c != '\\') {
      if (!in_brackets_ && special.find(c) != special.npos)
        fail(c == '.' ? "`.` is not taken: list the characters, [A-Za-z0-9]"
                      : std::string("`") + c + "` stands alone: write \\" + c + " for itself");
      return static_cast<unsigned char>(c);
    }
    const char escaped = more() ? text_[at_++] : '\0';
    if (escaped == 'd') {
      digits_.emplace();
      for (unsigned digit = '0'; digit <= '9'; ++digit) digits_->set(digit);
    } else if (escaped < '!' || escaped > '~' || (escaped >= '0' && escaped <= '9') ||
               (escaped >= 'A' && escaped <= 'Z') || (escaped >= 'a' && escaped <= 'z')) {
      fail("of escapes only \\d and those of punctuation are taken");
    }
    return static_cast<unsigned char>(escaped);
  }

  Bytes bracketed() {
    Bytes set;
    ++at_;
    if (more() && peek() == '^') fail("[^...] is not taken: list what is allowed");
    in_brackets_ = true;
    while (more() && peek() != ']') {
      const unsigned char low = character();
      if (digits_) {
        set |= *digits_;
        digits_.reset();
        continue;
      }
      unsigned char high = low;
      if (more() && peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        high = character();
        if (digits_ || high < low) fail("a range runs from the lower to the higher character");
      }
      for (unsigned c = low; c <= high; ++c) set.set(c);
    }
    in_brackets_ = false;
    if (!more()) fail("a class is not closed");
    if (set.none()) fail("a class is empty");
    ++at_;
    return set;
  }

  // Copies of an atom are read from its text again: `from` to `to`.
  Part again(std::size_t from, std::size_t to, int depth) {
    const std::size_t after = at_;
    at_ = from;
    const Part part = atom(depth);
    if (at_ != to) fail("the pattern is too hard to read");
    at_ = after;
    return part;
  }

  Part repetition(Part part, std::size_t from, std::size_t to, int depth) {
    unsigned least = 1;
    std::optional<unsigned> most = 1;
    if (!more()) return part;
    switch (peek()) {
      case '?':
        least = 0;
        break;
      case '*':
        least = 0;
        most.reset();
        break;
      case '+':
        most.reset();
        break;
      case '{':
        if (!counts(least, most)) return part;
        break;
      default:
        return part;
    }
    ++at_;
    if (more() && std::string_view("?*+{").find(peek()) != std::string_view::npos)
      fail("a repetition is repeated");
    return copies(part, from, to, depth, least, most);
  }

  Part copies(Part first, std::size_t from, std::size_t to, int depth, unsigned least,
              std::optional<unsigned> most) {
    Part whole = empty_part();
    const Node end = graph_.add();
    const unsigned count = most ? *most : std::max(least, 1U);
    for (unsigned i = 0; i < count && fault_.empty(); ++i) {
      const Part part = i == 0 ? first : again(from, to, depth);
      if (i >= least) graph_.join(whole.end, end);
      graph_.join(whole.end, part.begin);
      whole.end = part.end;
      if (!most && i + 1 == count) graph_.join(part.end, part.begin);
      if (graph_.places.size() > most_places) fail("the pattern is too large");
    }
    graph_.join(whole.end, end);
    return {whole.begin, end};
  }

  // At `{`; leaves `at_` on `}`.
  bool counts(unsigned& least, std::optional<unsigned>& most) {
    const auto number = [&](unsigned& out) {
      const std::size_t begin = at_;
      for (out = 0; more() && peek() >= '0' && peek() <= '9' && out <= most_repeats; ++at_)
        out = out * 10 + static_cast<unsigned>(peek() - '0');
      return at_ > begin;
    };
    ++at_;
    bool good = number(least);
    most = least;
    if (good && more() && peek() == ',') {
      ++at_;
      unsigned value = 0;
      if (number(value))
        most = value;
      else
        most.reset();
    }
    good = good && more() && peek() == '}' && least <= most_repeats &&
           (!most || (*most >= least && *most > 0 && *most <= most_repeats));
    if (!good) fail("expected {n}, {n,} or {n,m}, of at most " + std::to_string(most_repeats));
    return good;
  }

  std::string_view text_;
  PatternGraph& graph_;
  std::size_t at_ = 0;
  bool in_brackets_ = false;
  std::optional<Bytes> digits_;
  std::string fault_;
};

}  // namespace

std::optional<PatternGraph> read_pattern_graph(std::string_view text, std::string& fault) {
  PatternGraph graph;
  const auto whole = PatternReader(text, graph).read(fault);
  if (!whole) return {};
  graph.begin = whole->begin;
  graph.end = whole->end;
  return graph;
}

}  // namespace filters
