// The preferences that an answer of the upstream holds: {"response":{"alarm":true}}. Read where
// Policy looks for drift, and where a record has the answer. Arena memory.
#pragma once

#include <cstdint>
#include <string_view>

#include "filters/exchange.hpp"

namespace filters {

struct StoredPreferences {
  std::uint32_t holder = Document::root;  // the member of `exchange.answer` that is the map
  std::string_view fault;                 // why there is none; empty also where nothing is stored
};

// Reads `response.body` into `exchange.answer`, in place of what was there.
StoredPreferences read_stored_preferences(Exchange& exchange);

}  // namespace filters
