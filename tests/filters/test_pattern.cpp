#include "filters/contract/pattern.hpp"

#include <doctest/doctest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

using namespace filters;

namespace {

Pattern compiled(std::string_view text) {
  std::string fault;
  auto pattern = Pattern::compile(text, fault);
  CAPTURE(fault);
  REQUIRE(pattern);
  return *pattern;
}

std::string fault_of(std::string_view text) {
  std::string fault;
  CHECK_FALSE(Pattern::compile(text, fault));
  return fault;
}

}  // namespace

TEST_CASE("a pattern matches what it says, all of it and nothing more") {
  const struct {
    std::string_view pattern;
    std::vector<std::string_view> good, bad;
  } cases[] = {
      {"^$", {""}, {"a"}},
      {"^abc$", {"abc"}, {"", "ab", "abcd", "xabc", "ABC"}},
      {"^a?b*c+$", {"c", "ac", "abbbcc", "bc"}, {"", "a", "aac", "ab"}},
      {"^[a-c0_-]$", {"a", "c", "0", "_", "-"}, {"d", "1", "", "ab"}},
      {"^[.*+?()|{}^$]$", {".", "*", "|", "{", "^", "$"}, {"a", "\\"}},
      {"^\\d{2,3}$", {"12", "123"}, {"1", "1234", "1a"}},
      {"^[\\d.]+$", {"4.17"}, {"", "v4"}},
      {"^\\.\\-\\\\\\[\\]$", {".-\\[]"}, {"a-\\[]"}},
      {"^(ab|cd)+$", {"ab", "cdab"}, {"", "abc", "acd"}},
      {"^(?:a|b(c|))$", {"a", "b", "bc"}, {"ac", "c"}},
      {"^(a{2}){3}$", {"aaaaaa"}, {"aaaaa", "aaaaaaa"}},
      {"^a{0,2}b$", {"b", "ab", "aab"}, {"aaab"}},
      {"^a{2,}$", {"aa", "aaaaaaaa"}, {"a", ""}},
      {"^(a|ab)(c|bcd)$", {"ac", "abc", "abcd", "abbcd"}, {"abcdd", "ab"}},
      {"^[!-~]+$", {"~", "a:b"}, {" ", "\x7F", "\xC3\xA4"}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pattern);
    const Pattern pattern = compiled(c.pattern);
    for (const auto text : c.good) {
      CAPTURE(text);
      CHECK(pattern.matches(text));
    }
    for (const auto text : c.bad) {
      CAPTURE(text);
      CHECK_FALSE(pattern.matches(text));
    }
  }
  CHECK_FALSE(compiled("^a*$").matches(std::string_view("a\0a", 3)));
}

TEST_CASE("what is not taken is refused with its reason and its place") {
  constexpr std::string_view too_large =
      "the pattern is too large: bound lengths with maxLength, repeat fewer optional parts";
  const struct {
    std::string_view pattern, fault;
  } cases[] = {
      {"", "must begin with ^ and end with $: it stands for the whole value"},
      {"abc", "must begin with ^ and end with $: it stands for the whole value"},
      {"^abc", "must begin with ^ and end with $: it stands for the whole value"},
      {"^abc\\$", "must begin with ^ and end with $: it stands for the whole value"},
      {"^a|b$", "put what `|` separates into a group: ^(a|b)$ (character 3)"},
      {"^a.b$", "`.` is not taken: list the characters, [A-Za-z0-9] (character 4)"},
      {"^[^a]$", "[^...] is not taken: list what is allowed (character 3)"},
      {"^[]$", "a class is empty (character 3)"},
      {"^[a$", "a class is not closed (character 4)"},
      {"^[z-a]$", "a range runs from the lower to the higher character (character 6)"},
      {"^[a-\\d]$", "a range runs from the lower to the higher character (character 7)"},
      {"^(a$", "a group is not closed (character 4)"},
      {"^a)$", "a group is closed that was never opened (character 3)"},
      {"^(?=a)$", "of groups that begin with `(?` only `(?:` is taken (character 3)"},
      {"^a**$", "a repetition is repeated (character 4)"},
      {"^a+?$", "a repetition is repeated (character 4)"},
      {"^*a$", "`*` stands alone: write \\* for itself (character 3)"},
      {"^a}$", "`}` stands alone: write \\} for itself (character 4)"},
      {"^a{$", "expected {n}, {n,} or {n,m}, of at most 4096 (character 4)"},
      {"^a{3,2}$", "expected {n}, {n,} or {n,m}, of at most 4096 (character 7)"},
      {"^a{0}$", "expected {n}, {n,} or {n,m}, of at most 4096 (character 5)"},
      {"^a{5000}$", "expected {n}, {n,} or {n,m}, of at most 4096 (character 8)"},
      {"^\\w$", "of escapes only \\d and those of punctuation are taken (character 4)"},
      {"^\\1$", "of escapes only \\d and those of punctuation are taken (character 4)"},
      {"^\xC3\xA4$", "only printable ASCII characters are taken (character 3)"},
      {"^((a{1000}){1000}){1000}$", "the pattern is too large (character 11)"},
      {"^[a-c]*a[a-c]{14}$", too_large},
      // former bugs: these took from one to thirty seconds to load
      {"^([a-z]?){4096}$", too_large},
      {"^(([ab]?){90}){90}$", too_large},
      {"^(a?b?c?d?e?f?g?h?i?j?k?l?m?n?o?p?){500}$", too_large},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pattern);
    CHECK(fault_of(c.pattern) == c.fault);
  }
}

TEST_CASE("random patterns say what the standard library's say") {
  std::mt19937 random(20261122);
  const auto pick = [&](auto&... choices) {
    const std::string_view all[] = {choices...};
    return std::string(all[random() % sizeof...(choices)]);
  };
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (unsigned parts = 1 + random() % 4; parts > 0; --parts) {
      text += pick("a", "b", "[ab]", "(a|bb)", "(ab|a|)", "((a[bc]){1,2})", "c");
      text += pick("", "", "?", "*", "+", "{2}", "{1,3}", "{2,}");
    }
    CAPTURE(text);
    const Pattern ours = compiled("^" + text + "$");
    const std::regex theirs(text, std::regex::ECMAScript);
    for (int i = 0; i < 60; ++i) {
      std::string input;
      for (unsigned size = random() % 8; size > 0; --size) input += "abc"[random() % 3];
      CAPTURE(input);
      CHECK(ours.matches(input) == std::regex_match(input, theirs));
    }
  }
}
