#include "proxy/recycled_memory.hpp"

#include <doctest/doctest.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/allocations.hpp"
#include "tests/support/tls_peers.hpp"

namespace {

// Before main, so that no test has made OpenSSL ask for memory yet: like the program itself, the
// other tests of this binary run on recycled memory.
const bool recycling = proxy::use_recycled_memory_for_openssl();

struct Block {
  unsigned char* bytes;
  std::size_t size;
  unsigned char mark;

  void fill() const { std::memset(bytes, mark, size); }
  bool intact(std::size_t first) const {
    return std::all_of(bytes, bytes + first, [this](auto byte) { return byte == mark; });
  }
};

Block make_block(std::size_t size, unsigned char mark) {
  const Block block{static_cast<unsigned char*>(OPENSSL_malloc(size)), size, mark};
  block.fill();
  return block;
}

TEST_CASE("recycling is on wherever no sanitizer is") {
  CHECK(recycling == tests::counts_allocations());
}

TEST_CASE("blocks hold what is written into them, on any thread and after any change of size") {
  std::mt19937 random(50);
  const auto size = [&random] {
    const auto most = std::size_t{1} << (1 + random() % 18);  // up to twice the largest class
    return 1 + random() % most;
  };
  std::vector<Block> blocks;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i) {
      blocks.push_back(make_block(size(), static_cast<unsigned char>(random())));
    }
    for (auto& block : blocks) {
      if (random() % 3 != 0) continue;
      const auto before = std::exchange(block.size, size());
      block.bytes = static_cast<unsigned char*>(OPENSSL_realloc(block.bytes, block.size));
      REQUIRE(block.intact(std::min(before, block.size)));
      block.fill();
    }
    std::shuffle(blocks.begin(), blocks.end(), random);
    bool all_intact = true;
    const auto free_half = [&] {
      while (blocks.size() > 100) {
        all_intact = all_intact && blocks.back().intact(blocks.back().size);
        OPENSSL_free(blocks.back().bytes);
        blocks.pop_back();
      }
    };
    round % 2 == 0 ? free_half() : std::thread(free_half).join();
    REQUIRE(all_intact);
  }
  for (const auto& block : blocks) OPENSSL_free(block.bytes);
}

TEST_CASE("the odd requests are answered as malloc answers them") {
  CHECK(OPENSSL_malloc(0) == nullptr);
  OPENSSL_free(nullptr);
  auto* block = static_cast<char*>(OPENSSL_realloc(nullptr, 10));
  REQUIRE(block);
  std::strcpy(block, "kept");
  block = static_cast<char*>(OPENSSL_realloc(block, 100'000));
  CHECK(std::string_view(block) == "kept");
  block = static_cast<char*>(OPENSSL_realloc(block, 5));
  CHECK(std::string_view(block) == "kept");
  CHECK(OPENSSL_realloc(block, 0) == nullptr);
}

TEST_CASE("a thread keeps a bounded number of freed blocks" * doctest::skip(!recycling)) {
  constexpr std::size_t size = 16'500;
  std::vector<void*> blocks(1000);
  const auto ask = [&](std::size_t count) {
    const auto before = tests::allocations();
    for (std::size_t i = 0; i < count; ++i) blocks[i] = OPENSSL_malloc(size);
    for (std::size_t i = 0; i < count; ++i) OPENSSL_free(blocks[i]);
    return tests::allocations() - before;
  };
  ask(1000);
  CHECK(ask(1000) >= 1000 - 128 * 1024 / size);
  CHECK(ask(5) == 0);
}

TEST_CASE("a warm message in each direction over TLS asks the heap for nothing" *
          doctest::skip(!recycling)) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::size_t size : {100U, 3'600U, 60'000U}) {
      CAPTURE(version);
      CAPTURE(size);
      tests::TlsWorld world(version);
      tests::TlsPeer server(proxy::TlsEngine::Server{}, world.server);
      tests::TlsPeer client(proxy::TlsEngine::Client{}, world.client, "localhost", nullptr);
      tests::converse(client, server);
      const std::string message(size, 'x');
      std::array<char, 4096> plain;
      const auto carry = [&](auto& from, auto& to) {
        from.write(message);
        while (from.has_output()) {
          const auto room = to.input_room(1);
          const auto count = std::min(room.size(), from.output().size());
          std::copy_n(from.output().begin(), count, room.begin());
          from.sent(count);
          to.fed(count);
          while (to.read(plain).size > 0) {
          }
        }
        from.release_buffers();
        to.release_buffers();
      };
      const auto exchange = [&] {
        carry(client.engine, server.engine);
        carry(server.engine, client.engine);
      };
      for (int warm = 0; warm < 4; ++warm) exchange();
      const auto before = tests::allocations();
      for (int i = 0; i < 10; ++i) exchange();
      CHECK(tests::allocations() - before == 0);
    }
  }
}

}  // namespace
