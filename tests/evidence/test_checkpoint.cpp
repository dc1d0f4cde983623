#include "proxy/evidence/checkpoint.hpp"

#include <doctest/doctest.h>

#include "proxy/evidence/merkle.hpp"
#include "proxy/evidence/note.hpp"

namespace {

using namespace proxy;

const auto key = SigningKey::from_seed(leaf_hash("a key for tests"));
const std::string name = key.public_key().name();
const Hash root = leaf_hash("root");
constexpr const char* root_text = "PAb5plclr2BSYfY2ZyyWINQJcx2JpFHXRV/pxK4WeCk=";

std::string fault_of(const std::string& text) {
  const auto opened = open_checkpoint(sign_note(text, name, key), key.public_key());
  CHECK(opened.checkpoint.has_value() == opened.fault.empty());
  return opened.fault;
}

}  // namespace

TEST_CASE("a checkpoint is the log's name, its size and its root, signed") {
  const auto note = sign_checkpoint({.size = 1042, .root = root, .closed = false}, key);
  const auto text = name + "\n1042\n" + root_text + "\n";
  CHECK(note.substr(0, text.size() + 1) == text + "\n");
  CHECK(note.substr(text.size() + 1).starts_with("— " + name + " "));
  CHECK(name.size() == std::string("prefgate/").size() + 16);
  CHECK(sign_checkpoint({.size = 0, .root = root, .closed = true}, key)
            .starts_with(name + "\n0\n" + root_text + "\nclosed\n\n"));
}

TEST_CASE("what was signed comes back") {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
    for (const bool closed : {false, true}) {
      const Checkpoint checkpoint{.size = size, .root = root, .closed = closed};
      const auto note = sign_checkpoint(checkpoint, key);
      CHECK(open_checkpoint(note, key.public_key()).checkpoint == checkpoint);
      CHECK(unverified_checkpoint(note) == checkpoint);
    }
}

TEST_CASE("a checkpoint of another log's key is not this log's, and can still be read") {
  const auto other = SigningKey::generate();
  const Checkpoint checkpoint{.size = 7, .root = root};
  const auto note = sign_checkpoint(checkpoint, other);
  CHECK(open_checkpoint(note, key.public_key()).fault == "is not signed by this key, " + name);
  CHECK(unverified_checkpoint(note) == checkpoint);
  // Not even where this key has signed that text: it names another log.
  const auto foreign = other.public_key().name() + "\n7\n" + root_text + "\n";
  CHECK(fault_of(foreign) == "is signed, but is not the checkpoint of a log");
}

TEST_CASE("nothing but the one spelling of a checkpoint is taken, though it be signed") {
  CHECK(fault_of(name + "\n7\n" + root_text + "\n") == "");
  for (const std::string& rest :
       {std::string("7\n"), std::string("7\nPAb5\n"), "07\n" + std::string(root_text) + "\n",
        "+7\n" + std::string(root_text) + "\n", "-7\n" + std::string(root_text) + "\n",
        "7 \n" + std::string(root_text) + "\n", "\n" + std::string(root_text) + "\n",
        "18446744073709551616\n" + std::string(root_text) + "\n",
        "7\n" + std::string(root_text) + "=\n", "7\n" + std::string(root_text) + "\nopen\n",
        "7\n" + std::string(root_text) + "\nclosed\nclosed\n",
        "7\n" + std::string(root_text) + "\n\n"}) {
    CAPTURE(rest);
    CHECK(fault_of(name + "\n" + rest) != "");
  }
}
