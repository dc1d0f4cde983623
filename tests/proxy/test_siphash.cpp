#include "proxy/siphash.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

// Of the reference implementation: the key is the bytes 0 to 15, the text the bytes 0 to n-1.
const proxy::SipKey key{0x0706050403020100, 0x0F0E0D0C0B0A0908};

std::string counted(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i);
  return text;
}

}  // namespace

TEST_CASE("SipHash-2-4 gives what its authors give") {
  struct Case {
    std::size_t size;
    std::uint64_t hash;
  };
  const Case cases[] = {
      {0, 0x726FDB47DD0E0E31}, {1, 0x74F839C593DC67FD},  {2, 0x0D6C8009D9A94F5A},
      {3, 0x85676696D7FB7E2D}, {4, 0xCF2794E0277187B7},  {5, 0x18765564CD99A68D},
      {6, 0xCBC9466E58FEE3CE}, {7, 0xAB0200F58B01D137},  {8, 0x93F5F5799A932462},
      {9, 0x9E0082DF0BA9E4B0}, {15, 0xA129CA6149BE45E5},
  };
  for (const auto& [size, hash] : cases) {
    CAPTURE(size);
    CHECK(proxy::siphash(key, counted(size)) == hash);
  }
}

TEST_CASE("another key gives another hash") {
  CHECK(proxy::siphash({key[0] ^ 1, key[1]}, "x") != proxy::siphash(key, "x"));
  CHECK(proxy::siphash({key[0], key[1] ^ 1}, "x") != proxy::siphash(key, "x"));
}
