#include "filters/journal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "filters/arena.hpp"

using namespace filters;

TEST_CASE("entries are kept in order and counted by kind; rules that are off write nothing") {
  Arena arena;
  Journal journal(arena);
  journal.write({.rule = "a.edit"});
  journal.write({.rule = "a.off", .mode = Mode::off});
  journal.write({.rule = "a.finding", .mode = Mode::observe, .kind = Kind::finding});
  journal.write({.rule = "a.violation", .kind = Kind::violation});
  CHECK(journal.edits() == 1);
  CHECK(journal.findings() == 1);
  CHECK(journal.violations() == 1);
  CHECK(std::distance(journal.begin(), journal.end()) == 3);
  CHECK(journal.begin()->rule == "a.edit");
}

TEST_CASE("findings and violations past the bound are counted, not kept; edits are kept") {
  Arena arena;
  Journal journal(arena);
  for (int i = 0; i < 100; ++i) {
    journal.write({.rule = "a.finding", .kind = Kind::finding});
    journal.write({.rule = "a.violation", .kind = Kind::violation});
    journal.write({.rule = "a.edit"});
  }
  CHECK(journal.edits() == 100);
  CHECK(journal.findings() == 100);
  CHECK(journal.violations() == 100);
  CHECK(static_cast<std::size_t>(std::distance(journal.begin(), journal.end())) ==
        100 + Journal::findings_kept + Journal::violations_kept);
}

TEST_CASE("however many findings one rule has, each other one's first is kept, in its place") {
  Arena arena;
  Journal journal(arena);
  const auto find = [&](const std::string& rule, int times) {
    for (int i = 0; i < times; ++i)
      journal.write({.rule = arena.copy(rule), .kind = Kind::finding});
  };
  find("many", 40);
  find("policy.a", 3);
  find("policy.b", 1);
  CHECK(journal.findings() == 44);
  std::vector<std::string_view> kept;
  for (const auto& entry : journal) kept.push_back(entry.rule);
  REQUIRE(kept.size() == Journal::findings_kept);
  CHECK(std::ranges::count(kept, "many") == Journal::findings_kept - 2);
  CHECK(kept[kept.size() - 2] == "policy.a");
  CHECK(kept.back() == "policy.b");
  // No more than there is room for, and no second one of a rule in the place of another's first.
  for (int i = 0; i < 40; ++i) find("policy.r" + std::to_string(i), 2);
  kept.clear();
  for (const auto& entry : journal) kept.push_back(entry.rule);
  REQUIRE(kept.size() == Journal::findings_kept);
  CHECK(std::set(kept.begin(), kept.end()).size() == Journal::findings_kept);
}

TEST_CASE("a name that could be a secret, or could do harm in a log, is shown by its length") {
  Arena arena;
  CHECK(shown_name("platfrom", arena) == "platfrom");
  CHECK(shown_name("a.b-C_9", arena) == "a.b-C_9");
  CHECK(shown_name(std::string(56, 'a'), arena) == std::string(56, 'a'));
  CHECK(shown_name(std::string(57, 'a'), arena) == "(name of 57 bytes)");
  CHECK(shown_name(std::string(64, 'f'), arena) == "(name of 64 bytes)");  // a token of iOS
  for (const std::string name : {"a b", "a\nb", "a/b", "a~b", "<b>", "\xC3\xA4", "", "a\"b"})
    CHECK(shown_name(name, arena).starts_with("(name of "));
}
