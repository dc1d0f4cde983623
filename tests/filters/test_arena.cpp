#include "filters/arena.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using filters::Arena;

TEST_CASE("copies and joins live beside each other until reset") {
  Arena arena(64);
  const auto a = arena.copy("one");
  const auto b = arena.join({"two", "", "three"});
  CHECK(a == "one");
  CHECK(b == "twothree");
  CHECK(arena.copy("").empty());
  CHECK(arena.join({}).empty());
  CHECK(arena.decimal(0) == "0");
  CHECK(arena.decimal(UINT64_MAX) == "18446744073709551615");
}

TEST_CASE("memory is aligned as asked, whatever was handed out before") {
  Arena arena(256);
  for (std::size_t alignment = 1; alignment <= 64; alignment *= 2) {
    arena.bytes(1);
    const auto at = reinterpret_cast<std::uintptr_t>(arena.allocate(8, alignment));
    CHECK(at % alignment == 0);
  }
}

TEST_CASE("what does not fit a block gets one of its own") {
  Arena arena(64);
  CHECK(arena.held() == 64);
  const auto big = arena.copy(std::string(1000, 'x'));
  CHECK(big.size() == 1000);
  CHECK(arena.held() > 1000);
}

TEST_CASE("reset keeps blocks up to the bound and hands them out again") {
  Arena arena(64);
  const char* const first = arena.bytes(10);
  arena.bytes(1000);
  arena.bytes(5000);
  const auto held = arena.held();
  arena.reset(1u << 20);
  CHECK(arena.held() == held);
  CHECK(arena.bytes(10) == first);
  arena.reset(100);
  CHECK(arena.held() == 64);
}
