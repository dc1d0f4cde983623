// Signed notes of C2SP (c2sp.org/signed-note), as transparency logs write them: a text, an empty
// line, and signature lines "— <name> <base64 of four bytes of key id and the signature>". Ed25519
// only. Pure. A text is given to nobody before its signature is verified.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "proxy/evidence/signing_key.hpp"

namespace proxy {

// The first four bytes of SHA-256 of name, line end, 0x01 (for Ed25519) and the key.
std::array<unsigned char, 4> note_key_id(std::string_view name, const PublicKey& key);

// `text` must end in a line end, and hold no empty line after its last.
std::string sign_note(std::string_view text, std::string_view name, const SigningKey& key);

// What is in a note, or why it is not to be believed.
struct OpenedNote {
  std::string text;   // with its line end
  std::string fault;  // empty: the signature is good
};
// Takes any note whose text `key` has signed as `name`; other signatures beside it are let be, as
// the specification asks (a witness may have added them).
OpenedNote open_note(std::string_view note, std::string_view name, const PublicKey& key);

// The text without any verification, for who has no key; empty where it is no note at all.
std::string_view unverified_text(std::string_view note);

}  // namespace proxy
