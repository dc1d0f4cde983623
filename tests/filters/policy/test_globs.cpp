#include "filters/policy/globs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

using namespace filters;

namespace {

Pattern compiled(const std::vector<std::string>& globs, Folding folding = Folding::exact) {
  std::string fault;
  auto pattern = compile_globs(globs, folding, fault);
  REQUIRE_MESSAGE(pattern, fault);
  return *pattern;
}

// The textbook's slow way, to compare with.
bool matches(std::string_view glob, std::string_view text) {
  if (glob.empty()) return text.empty();
  if (glob[0] == '*')
    return matches(glob.substr(1), text) || (!text.empty() && matches(glob, text.substr(1)));
  return !text.empty() && glob[0] == text[0] && matches(glob.substr(1), text.substr(1));
}

ContractField field(std::string_view pattern) {
  ContractField made;
  std::string fault;
  made.pattern = Pattern::compile(pattern, fault);
  REQUIRE_MESSAGE(made.pattern, fault);
  return made;
}

std::string random_text(std::mt19937& random, std::string_view letters, std::size_t most) {
  std::string text;
  for (auto size = random() % (most + 1); size > 0; --size)
    text += letters[random() % letters.size()];
  return text;
}

// Every text of at most `most` letters of "ab".
std::vector<std::string> all_texts(std::size_t most) {
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < texts.size() && texts[i].size() < most; ++i)
    for (const char c : {'a', 'b'}) texts.push_back(texts[i] + c);
  return texts;
}

}  // namespace

TEST_CASE("a star stands for any characters, everything else for itself") {
  const struct {
    std::vector<std::string> globs;
    std::vector<std::string_view> in, out;
  } cases[] = {
      {{"ios*"}, {"ios", "ios-beta"}, {"", "io", "iOS", "xios"}},
      {{"*.depot.example"}, {"a.depot.example", ".depot.example"}, {"depot.example", "a.depot"}},
      {{"*"}, {"", "anything \xC3\xA4"}, {}},
      {{"loot*box*"}, {"lootbox", "loot_box_boosted"}, {"loot", "boxloot"}},
      {{"a?c", "[a]"}, {"a?c", "[a]"}, {"abc", "a"}},
      {{"ios", "android*"}, {"ios", "android-x"}, {"ios-x", "web"}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.globs[0]);
    const auto pattern = compiled(each.globs);
    for (const std::string_view text : each.in) CHECK_MESSAGE(pattern.matches(text), text);
    for (const std::string_view text : each.out) CHECK_FALSE_MESSAGE(pattern.matches(text), text);
  }
}

TEST_CASE("folding makes letters and separators the same, where asked to") {
  CHECK(compiled({"en_*"}, Folding::locale).matches("EN-gb"));
  CHECK_FALSE(compiled({"en_*"}, Folding::letters).matches("EN-gb"));
  CHECK(compiled({"*.Depot.example"}, Folding::letters).matches("A.DEPOT.Example"));
  CHECK_FALSE(compiled({"*.Depot.example"}).matches("a.depot.example"));
}

TEST_CASE("compiled globs agree with the slow way on random ones") {
  std::mt19937 random(23);
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::string> globs;
    for (auto count = 1 + random() % 3; count > 0; --count)
      globs.push_back(random_text(random, "ab*", 6));
    const auto text = random_text(random, "ab", 8);
    CAPTURE(globs[0]);
    CAPTURE(text);
    const bool any = std::ranges::any_of(globs, [&](auto& glob) { return matches(glob, text); });
    CHECK(compiled(globs).matches(text) == any);
  }
}

TEST_CASE("too many stars are refused, not compiled for ever") {
  std::vector<std::string> globs;
  for (char c = 'a'; c <= 'z'; ++c) globs.push_back(std::string("*") + c + "*x*");
  std::string fault;
  CHECK_FALSE(compile_globs(globs, Folding::exact, fault));
  CHECK(fault == "these patterns together are too large: use fewer `*`");
}

TEST_CASE("whether there is a text is decided as trying all of them decides it") {
  std::mt19937 random(24);
  const auto texts = all_texts(5);
  ContractField fields[] = {field("^[ab]{0,5}$"), field("^(ab|b)*$"), field("^a[ab]*$")};
  for (auto& each : fields) each.most_length = 5;
  fields[1].least_length = 3;
  std::size_t possible = 0;
  constexpr int rounds = 2000;
  for (int i = 0; i < rounds; ++i) {
    const auto& where = fields[random() % std::size(fields)];
    const auto a = compiled({random_text(random, "ab*", 5)});
    const auto b = compiled({random_text(random, "ab*", 5), random_text(random, "ab*", 3)});
    const Wanted wanted[] = {{a, true}, {b, random() % 2 == 0}};
    const bool any = std::ranges::any_of(texts, [&](const std::string& text) {
      return where.matches(text) && a.matches(text) && b.matches(text) == wanted[1].inside;
    });
    possible += any;
    REQUIRE(some_text(where, wanted) == any);
  }
  CHECK(possible > rounds / 10);
  CHECK(possible < rounds * 9 / 10);
}

TEST_CASE("of an enumeration, only its values are texts") {
  ContractField platform;
  platform.values = {"ios", "android"};
  const auto a = compiled({"*o*"}), b = compiled({"*r*"}), web = compiled({"web*"});
  CHECK(some_text(platform, std::vector<Wanted>{{a}, {b}}) == true);
  CHECK(some_text(platform, std::vector<Wanted>{{a}, {b, false}}) == true);
  CHECK(some_text(platform, std::vector<Wanted>{{a, false}}) == false);
  CHECK(some_text(platform, std::vector<Wanted>{{web}}) == false);
}
