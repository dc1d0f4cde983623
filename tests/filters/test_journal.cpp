#include "filters/journal.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <string>

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
