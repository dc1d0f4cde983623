#include <doctest/doctest.h>

#include <random>

#include "proxy/evidence/base64.hpp"

namespace {

using namespace proxy;

std::span<const unsigned char> bytes(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("the examples of RFC 4648 are written and read back") {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF\xBF", "+/+/"},
  };
  for (const auto& [plain, encoded] : cases) {
    CAPTURE(encoded);
    CHECK(to_base64(bytes(plain)) == encoded);
    const auto back = from_base64(encoded);
    REQUIRE(back.has_value());
    CHECK(std::string(back->begin(), back->end()) == plain);
  }
}

TEST_CASE("what is not the one spelling of some bytes is refused") {
  for (const std::string_view text :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==Zg==", "=", "====", "Z===", "Zm8 ", " Zm8",
        "Zm9v\n", "Zm-v", "Zm_v", "Z=8=", "Zg=g"}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text).has_value());
  }
  CHECK_FALSE(from_base64(std::string_view("Zm9\0", 4)).has_value());
}

TEST_CASE("any bytes come back, and no other text of one changed character has their meaning") {
  std::mt19937 random(1);
  for (int run = 0; run < 300; ++run) {
    std::vector<unsigned char> some(random() % 70);
    for (auto& byte : some) byte = static_cast<unsigned char>(random());
    auto text = to_base64(some);
    CHECK(from_base64(text) == some);
    if (text.empty()) continue;
    auto& changed = text[random() % text.size()];
    const char before = changed;
    changed = static_cast<char>(random() % 128);
    CHECK((changed == before || from_base64(text) != some));
  }
}
