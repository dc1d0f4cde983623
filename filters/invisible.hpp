// Invisible characters in JSON text: zero-width characters, direction marks and byte order marks
// that came along with a copied example, plain or mangled (their UTF-8 bytes taken for Windows-1252
// or Latin-1 and encoded once more). Only outside strings: inside, they are somebody's text.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "filters/contract/contract.hpp"
#include "filters/document.hpp"

namespace filters {

// Those that the endpoint's contract lists, in the order of the source. Nothing is looked at twice
// where there is no byte above 0x7F.
std::pmr::vector<Span> find_invisible(std::string_view json, const Endpoint& endpoint,
                                      Arena& arena);

// A copy of `json`, of the same length, with spaces in place of `spans`: what is found in it stands
// at the same offset in the source.
std::string_view blank_out(std::string_view json, const std::pmr::vector<Span>& spans,
                           Arena& arena);

}  // namespace filters
