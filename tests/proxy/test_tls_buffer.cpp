#include "proxy/tls_buffer.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace {

using proxy::TlsBuffer;

TEST_CASE("what goes in comes out, in order, whatever the sizes") {
  std::mt19937 random(40);
  TlsBuffer buffer;
  std::string model;
  for (int round = 0; round < 20'000; ++round) {
    if (random() % 2 == 0) {
      const std::string bytes(random() % 3000, static_cast<char>('a' + round % 26));
      REQUIRE(buffer.append(bytes));
      model += bytes;
    } else {
      const auto count = random() % (model.size() + 1);
      buffer.consume(count);
      model.erase(0, count);
    }
    if (random() % 50 == 0) buffer.release();
    REQUIRE(buffer.data() == model);
    REQUIRE(buffer.size() == model.size());
    REQUIRE(buffer.empty() == model.empty());
  }
}

TEST_CASE("bytes once shown stay in place until some are consumed") {
  TlsBuffer buffer;
  REQUIRE(buffer.append("under way"));
  const auto shown = buffer.data();
  const auto* const place = shown.data();
  for (int i = 0; i < 100; ++i) REQUIRE(buffer.append(std::string(5000, 'x')));
  CHECK(buffer.data().data() != place);  // it did grow
  CHECK(shown == "under way");
  buffer.consume(shown.size());
  CHECK(buffer.size() == 500'000);
}

TEST_CASE("memory is asked for once there is something to hold, and given back when empty") {
  TlsBuffer buffer;
  CHECK(buffer.capacity() == 0);
  REQUIRE(buffer.append("x"));
  CHECK(buffer.capacity() == 4096);
  buffer.release();
  CHECK(buffer.capacity() == 4096);  // it holds something
  buffer.consume(1);
  buffer.release();
  CHECK(buffer.capacity() == 0);
  REQUIRE(buffer.reserve(17'000));
  CHECK(buffer.room().size() == 17'000);
  buffer.room()[16'999] = 'x';
  buffer.commit(17'000);
  CHECK(buffer.size() == 17'000);
}

TEST_CASE("a little memory is a little, where that is asked for") {
  TlsBuffer buffer;
  REQUIRE(buffer.reserve(1, 64));
  CHECK(buffer.capacity() == 64);
  REQUIRE(buffer.append(std::string(100, 'x')));
  CHECK(buffer.data() == std::string(100, 'x'));
  CHECK(buffer.capacity() >= 4096);
}

}  // namespace
