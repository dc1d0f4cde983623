// A RecordProof as JSON, for `prefgate audit prove` and `verify-proof`: hashes in base64, the
// record and the checkpoint as the texts they are. Pure; for commands.
#pragma once

#include <string>
#include <string_view>

#include "proxy/evidence/record_proof.hpp"

namespace proxy {

// One object on lines of its own, with a line end.
std::string to_json(const RecordProof& proof);

// Takes what `to_json` gives, in any layout and order, and nothing more or less. Throws
// std::runtime_error that says what is wrong.
RecordProof proof_from_json(std::string_view text);

}  // namespace proxy
