#include "filters/document.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "filters/arena.hpp"
#include "filters/hash.hpp"

using namespace filters;

TEST_CASE("UTF-8 is what RFC 3629 says it is") {
  for (const std::string_view good : {"", "abc", "\xC3\xA4", "\xE2\x80\x8B", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    CHECK(valid_utf8(good));
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xE2\x80", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
        "a\xE2\x82"})
    CHECK_FALSE(valid_utf8(bad));
}

TEST_CASE("offsets are told as line and column, both from one") {
  Arena arena;
  const std::string_view text = "ab\ncde\n\nf";
  CHECK(describe_offset(text, 0, arena) == "line 1, column 1");
  CHECK(describe_offset(text, 2, arena) == "line 1, column 3");
  CHECK(describe_offset(text, 3, arena) == "line 2, column 1");
  CHECK(describe_offset(text, 7, arena) == "line 3, column 1");
  CHECK(describe_offset(text, 9, arena) == "line 4, column 2");
}

TEST_CASE("a pointer names the members on the way and shows nothing it should not") {
  Arena arena;
  Document document(arena);
  REQUIRE_FALSE(index_json(R"({"a":{"b":[{"c d":1}]}})", arena, document));
  CHECK(pointer_to(document, document.members[1], arena) == "/a/b");
  CHECK(pointer_to(document, document.members[2], arena) == "/a/b/(name of 3 bytes)");
}

TEST_CASE("repeated names are those that a set would refuse, in random documents") {
  std::mt19937 random(20261122);
  for (int round = 0; round < 200; ++round) {
    Arena arena;
    Document document(arena);
    std::set<std::pair<std::string, std::uint32_t>> seen;
    std::vector<std::uint32_t> expected;
    std::vector<std::string> names(1 + random() % 300);
    for (std::uint32_t i = 0; i < names.size(); ++i) {
      names[i] = "name_" + std::to_string(random() % 200);
      Member member;
      member.name = names[i];
      member.object = static_cast<std::uint32_t>(random() % 3);
      document.members.push_back(member);
      if (!seen.insert({names[i], member.object}).second) expected.push_back(i);
    }
    find_repeated(arena, document);
    CHECK(std::vector(document.repeated.begin(), document.repeated.end()) == expected);
  }
}

// Names of one hash, or of hashes as they come, two of them twice. Returns what the arena then
// held.
static std::size_t find_repeated_among(bool colliding) {
  // In a table of 2048 places alone each of these would need a probe for each before it.
  constexpr std::uint32_t count = 1000;
  std::vector<std::string> names;
  for (unsigned i = 0; names.size() < count; ++i) {
    auto name = std::to_string(i);
    if (!colliding || (hash_of(name) & 0x7FF) == 7) names.push_back(std::move(name));
  }
  Arena arena(1);
  Document document(arena);
  for (const auto& name : names) document.members.emplace_back().name = name;
  document.members.emplace_back().name = names[3];
  document.members.emplace_back().name = names[1];
  find_repeated(arena, document);
  CHECK(std::vector(document.repeated.begin(), document.repeated.end()) ==
        std::vector<std::uint32_t>{count, count + 1});
  return arena.held();
}

TEST_CASE("names chosen to collide are sorted instead, and still found") {
  // Sorting needs room for an order; the table finds without.
  CHECK(find_repeated_among(true) >= find_repeated_among(false) + 1000 * sizeof(std::uint32_t));
}

TEST_CASE("hashes are the same at compile time and at run time") {
  constexpr auto early = hash_of("autopark_forward_started", 3);
  const std::string name = "autopark_forward_started";
  CHECK(hash_of(name, 3) == early);
  CHECK(hash_of(name, 4) != early);
}
