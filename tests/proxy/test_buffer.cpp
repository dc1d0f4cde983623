#include "proxy/buffer.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace {

using proxy::Buffer;

void put(Buffer& buffer, std::string_view text, std::size_t most = 1 << 20) {
  while (!text.empty()) {
    const auto room = buffer.room(most);
    REQUIRE_FALSE(room.empty());
    const auto count = std::min(room.size(), text.size());
    std::copy_n(text.begin(), count, room.begin());
    buffer.commit(count);
    text.remove_prefix(count);
  }
}

TEST_CASE("a buffer holds nothing until it is asked for room") {
  Buffer buffer(64);
  CHECK(buffer.capacity() == 0);
  CHECK(buffer.empty());
  CHECK(buffer.data().empty());
  CHECK(buffer.room(1000).size() == 64);
  CHECK(buffer.empty());
}

TEST_CASE("what goes in comes out, in order, whatever the sizes") {
  std::mt19937 random(61);
  Buffer buffer(64);
  std::string model;
  constexpr std::size_t most = 1000;
  for (int round = 0; round < 50'000; ++round) {
    if (random() % 2 == 0 && model.size() < most) {
      const auto room = buffer.room(most);
      REQUIRE_FALSE(room.empty());
      REQUIRE(room.size() <= most - model.size());
      const auto count = random() % (room.size() + 1);
      const std::string bytes(count, static_cast<char>('a' + round % 26));
      std::copy(bytes.begin(), bytes.end(), room.begin());
      buffer.commit(count);
      model += bytes;
    } else {
      const auto count = random() % (model.size() + 1);
      buffer.consume(count);
      model.erase(0, count);
    }
    if (random() % 20 == 0) buffer.shrink(random() % 2 == 0);
    REQUIRE(buffer.data() == model);
    REQUIRE(buffer.size() == model.size());
    REQUIRE(buffer.capacity() <= most);
  }
}

TEST_CASE("it doubles up to what is allowed, and no further") {
  Buffer buffer(64);
  put(buffer, std::string(64, 'a'));
  CHECK(buffer.room(1000).size() == 64);  // doubled
  put(buffer, std::string(64, 'b'));
  CHECK(buffer.room(150).size() == 22);
  CHECK(buffer.capacity() == 150);
  put(buffer, std::string(22, 'c'), 150);
  CHECK(buffer.room(150).empty());
}

TEST_CASE("what is used up makes room before memory grows") {
  Buffer buffer(64);
  put(buffer, std::string(64, 'a'));
  buffer.consume(60);
  CHECK(buffer.room(1000).size() == 60);
  CHECK(buffer.capacity() == 64);
  CHECK(buffer.data() == "aaaa");
}

TEST_CASE("it goes back to its small size as soon as what is held fits") {
  Buffer buffer(64);
  put(buffer, std::string(500, 'a'));
  buffer.shrink();
  CHECK(buffer.capacity() == 512);  // it holds 500
  buffer.consume(436);
  buffer.shrink();
  CHECK(buffer.capacity() == 64);
  CHECK(buffer.data() == std::string(64, 'a'));
  buffer.shrink(true);
  CHECK(buffer.capacity() == 64);  // not empty
  buffer.consume(64);
  buffer.shrink();
  CHECK(buffer.capacity() == 64);
  buffer.shrink(true);
  CHECK(buffer.capacity() == 0);
  put(buffer, "again");
  CHECK(buffer.data() == "again");
}

TEST_CASE("more is held than a later caller allows: no room, and nothing is lost") {
  Buffer buffer(64);
  put(buffer, std::string(128, 'a'));  // full
  CHECK(buffer.room(100).empty());
  CHECK(buffer.room(128).empty());
  buffer.consume(8);
  CHECK(buffer.room(100).empty());
  CHECK(buffer.data() == std::string(120, 'a'));
}

}  // namespace
