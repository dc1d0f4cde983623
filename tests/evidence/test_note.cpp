#include "proxy/evidence/note.hpp"

#include <doctest/doctest.h>

#include <random>

#include "proxy/evidence/base64.hpp"
#include "proxy/evidence/sha256.hpp"

namespace {

using namespace proxy;

template <std::size_t Size>
std::array<unsigned char, Size> fixed(std::string_view base64, std::size_t skip) {
  const auto bytes = from_base64(base64).value();
  std::array<unsigned char, Size> result;
  for (std::size_t i = 0; i < Size; ++i) result[i] = bytes.at(i + skip);
  return result;
}

// The example of Go's golang.org/x/mod/sumdb/note, where the format comes from. Its keys are the
// algorithm's byte, 0x01, and the seed or the public key.
const auto peter =
    SigningKey::from_seed(fixed<32>("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", 1));
const auto peter_public = fixed<32>("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 1);
constexpr std::string_view name = "PeterNeumann";
const std::string text =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
const std::string signature =
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const std::string good = text + "\n" + signature;

std::string fault_of(const std::string& note) {
  const auto opened = open_note(note, name, peter.public_key());
  CHECK(opened.text.empty() == !opened.fault.empty());
  return opened.fault;
}

const std::string no_note = "is not a signed note";
const std::string altered = "has a signature that is not good: it was altered";
const std::string of_another = "is not signed by this key, PeterNeumann";

}  // namespace

TEST_CASE("the example note of Go's library is written byte for byte, and opens") {
  CHECK(peter.public_key().bytes() == peter_public);
  CHECK(to_hex(note_key_id(name, peter.public_key())) == "c74f20a3");
  CHECK(sign_note(text, name, peter) == good);
  CHECK(open_note(good, name, peter.public_key()).text == text);
  CHECK(unverified_text(good) == text);
}

TEST_CASE("a note is opened when others have signed it too, before or after") {
  const auto other = sign_note(text, "witness.example", SigningKey::generate()).substr(text.size());
  CHECK(fault_of(good + other.substr(1)) == "");
  CHECK(fault_of(text + other + signature) == "");
  CHECK(fault_of(text + other) == of_another);
}

TEST_CASE("the signed text may hold empty lines and signature lines of its own") {
  const std::string strange = "a\n\n— b Zm9vYmFy\n\nc\n";
  const auto note = sign_note(strange, name, peter);
  CHECK(open_note(note, name, peter.public_key()).text == strange);
}

TEST_CASE("what is no signed note is told from what is altered, and from what another signed") {
  const auto by = [&](std::string_view as, const SigningKey& key) {
    return sign_note(text, as, key);
  };
  struct Case {
    const char* what;
    std::string note;
    std::string fault;
  };
  const Case cases[] = {
      {"nothing", "", no_note},
      {"no signature", text, no_note},
      {"no signature behind the empty line", text + "\n", no_note},
      {"no empty line", text + signature, no_note},
      {"a signature without its end", good.substr(0, good.size() - 1), no_note},
      {"no text", "\n" + signature, no_note},
      {"a hyphen for the dash", text + "\n- PeterNeumann x08go/ZJ\n", no_note},
      {"no name", text + "\n—  x08go/ZJ\n", no_note},
      {"no base64", text + "\n— PeterNeumann x08go/Z\n", no_note},
      {"a key id and nothing else", text + "\n— PeterNeumann x08gow==\n", no_note},
      {"more behind the signature", good + "more\n", no_note},
      {"a carriage return", text + "\r\n\n" + signature, no_note},
      {"a zero byte", text + std::string(1, '\0') + "\n\n" + signature, no_note},
      {"too long", std::string(70'000, 'x') + "\n\n" + signature, no_note},
      {"another text", "x" + good, altered},
      {"a line more", "x\n" + good, altered},
      {"a signature cut short", text + "\n— PeterNeumann x08go/ZJ\n", altered},
      {"the key under another name", by("Peter", peter), of_another},
      {"another key under the name", by(name, SigningKey::generate()), of_another},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(fault_of(c.note) == c.fault);
  }
}

TEST_CASE("no change of a single bit of a note is believed") {
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto note = good;
    note[bit / 8] = static_cast<char>(note[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    REQUIRE(fault_of(note) != "");
  }
}
