// ExplainReport: an exchange that has been through the chain, written for a person or a script.
// Reads the journal and nothing else of what happened; shows no token.
#pragma once

#include <iosfwd>
#include <string_view>

#include "filters/exchange.hpp"

namespace proxy {

// `outgoing`: the bytes for the upstream, tokens blotted out; unused where the verdict is a
// rejection, whose answer is in exchange.response.
void report_text(const filters::Exchange& exchange, std::string_view outgoing, std::ostream& out);
void report_json(const filters::Exchange& exchange, std::string_view outgoing, std::ostream& out);

}  // namespace proxy
