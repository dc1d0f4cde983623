#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "proxy/keyed_hash.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using namespace std::string_literals;

using tests::message_of;
using tests::mode_of;
using tests::read_file;

using proxy::HmacKey;
using proxy::KeyedHash;
using proxy::Secret;

HmacKey key_of(const std::string& bytes) {
  return HmacKey({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string text_of(KeyedHash& hash, std::string_view secret, Secret kind = Secret::device_token) {
  std::array<char, KeyedHash::text_size> space;
  return std::string(hash.write(kind, secret, space));
}

}  // namespace

// RFC 4231 has keys of 4 to 131 bytes. Those shorter than a key here may be are padded with zeros
// to 32 bytes, which HMAC does to 64 anyway: the MAC is the same.
TEST_CASE("the MACs are those of RFC 4231") {
  struct Case {
    std::string key, data, mac;
  };
  const Case cases[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
       "\x17\x18\x19",
       std::string(50, '\xcd'), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const auto& c : cases) {
    auto key = c.key;
    if (key.size() < HmacKey::least) key.resize(HmacKey::least, '\0');
    KeyedHash hash(key_of(key));
    CHECK(hex(hash.mac(c.data)) == c.mac);
    CHECK(hex(hash.mac(c.data)) == c.mac);  // and again, with the same object
  }
}

TEST_CASE("the text form names the scheme and the key") {
  const auto key = key_of(std::string(32, 'k'));
  KeyedHash hash(key);
  const auto text = text_of(hash, "some secret");
  CHECK(text == "hmac-sha256:" + std::string(key.id()) + ":" + hex(hash.mac("some secret")));
  CHECK(key.id().find_first_not_of("0123456789abcdef") == std::string_view::npos);
  CHECK(text_of(hash, "some secret") == text);
  CHECK(text_of(hash, "some secreT") != text);
  KeyedHash other(key_of(std::string(32, 'K')));
  CHECK(text_of(other, "some secret").substr(0, 20) != text.substr(0, 20));  // another key id
  CHECK(text_of(other, "some secret").substr(20) != text.substr(20));
}

TEST_CASE("a bearer token and a device token of the same bytes have different hashes") {
  KeyedHash hash(key_of(std::string(32, 'k')));
  const auto device = text_of(hash, "abc.def", Secret::device_token);
  const auto bearer = text_of(hash, "abc.def", Secret::bearer_token);
  CHECK(device.substr(0, 21) == bearer.substr(0, 21));  // the same key
  CHECK(device.substr(21) == hex(hash.mac("abc.def")));
  // By another implementation: HMAC of "prefgate bearer token", a NUL and the token.
  CHECK(bearer.substr(21) == "a50655179e18f866e1727609dc6d4b926990e8d5d48469e0f563c366d46ec6eb");
}

TEST_CASE("the hash of a connection's last bearer token is that token's, whatever came before") {
  const auto key = key_of(std::string(32, 'k'));
  KeyedHash hash(key);
  proxy::LastBearer last;
  const std::string longest(proxy::LastBearer::most, 't');
  const auto cut = longest.substr(1);
  const auto longer = longest + "t";
  for (const auto& token :
       {"one"s, "one"s, "two"s, "on"s, "one"s, longest, longest, cut, longer, longer, ""s, ""s})
    CHECK(last.write(token, hash) == text_of(hash, token, Secret::bearer_token));
}

TEST_CASE("hashing asks the heap for nothing") {
  KeyedHash hash(key_of(std::string(32, 'k')));
  std::array<char, KeyedHash::text_size> space;
  const std::string secret(1024, 's');
  const auto before = tests::allocations();
  for (int i = 0; i < 100; ++i) hash.write(Secret::bearer_token, secret, space);
  CHECK(tests::allocations() == before);
}

TEST_CASE("a key file is taken byte for byte, its line end included") {
  const tests::TemporaryDirectory folder;
  const std::string bytes = std::string(31, 'x') + "\n";
  const auto file = folder.write("key", bytes);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  const auto loaded = proxy::load_hmac_key(file);
  CHECK(loaded.warnings.empty());
  CHECK(hex(loaded.key.bytes()) ==
        hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}));
}

TEST_CASE("a key file that others may read or write is taken with a warning that names it") {
  const tests::TemporaryDirectory folder;
  const auto file = folder.write("key", std::string(32, 'x'));
  for (const unsigned mode : {0640U, 0604U, 0620U}) {
    std::filesystem::permissions(file, std::filesystem::perms(mode));
    const auto loaded = proxy::load_hmac_key(file);
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(loaded.warnings[0].find(file.string()) != std::string::npos);
    CHECK(loaded.warnings[0].find("xxxx") == std::string::npos);
  }
}

TEST_CASE("a file that cannot be a key is refused with its name and the reason") {
  const tests::TemporaryDirectory folder;
  struct Case {
    std::filesystem::path file;
    std::string reason;
  };
  const Case cases[] = {
      {folder.write("short", std::string(31, 'x')), "needs at least 32 bytes, has 31"},
      {folder.write("empty", ""), "needs at least 32 bytes, has 0"},
      {folder.write("huge", std::string(HmacKey::most + 1, 'x')), "too large"},
      {folder.path() / "missing", "No such file"},
      {folder.path(), "not a regular file"},
  };
  for (const auto& c : cases) {
    const auto message = message_of([&] { proxy::load_hmac_key(c.file); });
    CAPTURE(message);
    CHECK(message.find(c.file.string()) != std::string::npos);
    CHECK(message.find(c.reason) != std::string::npos);
    CHECK(message.find("xxxx") == std::string::npos);
  }
  CHECK(message_of([&] { key_of(std::string(31, 'x')); }).find("31") != std::string::npos);
  folder.write("most", std::string(HmacKey::most, 'x'));
  CHECK_NOTHROW(proxy::load_hmac_key(folder.path() / "most"));
}

TEST_CASE("a key is made beside the audit directory once, and kept") {
  const tests::TemporaryDirectory folder;
  const auto directory = folder.path() / "state" / "audit";
  const auto file = folder.path() / "state" / "audit.hmac_key";
  CHECK(proxy::generated_hmac_key_file(directory) == file);
  CHECK(proxy::generated_hmac_key_file(directory / "") == file);

  const auto made = proxy::load_or_make_hmac_key(directory);
  REQUIRE(made.warnings.size() == 1);
  CHECK(made.warnings[0].find(file.string()) != std::string::npos);
  CHECK(mode_of(file) == 0600U);
  const auto bytes = read_file(file);
  CHECK(bytes.size() == 32);

  const auto again = proxy::load_or_make_hmac_key(directory);
  CHECK(again.warnings.empty());
  CHECK(again.key.id() == made.key.id());
  CHECK(read_file(file) == bytes);
  // No temporary file stays behind.
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path() / "state"), {}) == 1);

  const tests::TemporaryDirectory elsewhere;
  CHECK(proxy::load_or_make_hmac_key(elsewhere.path() / "audit").key.id() != made.key.id());
}

TEST_CASE("a folder that takes no key is an error with the key's name") {
  const tests::TemporaryDirectory folder;
  folder.write("file", "");
  const auto message =
      message_of([&] { proxy::load_or_make_hmac_key(folder.path() / "file" / "audit"); });
  CHECK(message.find("audit.hmac_key") != std::string::npos);
}
