// Limits of a record's texts, in bytes between the quotes, escapes counted: what render_record cuts
// by and record_bound counts with. Part of record.hpp's implementation; nobody else's.
#pragma once

#include <cstddef>

namespace filters::record_limits {

inline constexpr std::size_t path_limit = 512;
inline constexpr std::size_t user_agent_limit = 128;
inline constexpr std::size_t host_limit = 255;
inline constexpr std::size_t id_limit = 128;
inline constexpr std::size_t words_limit = 256;    // detail, messages
inline constexpr std::size_t pointer_limit = 256;  // also rule ids and suggestions
inline constexpr std::size_t field_limit = 128;    // longer than any real one
inline constexpr std::size_t value_limit = 512;    // before and after an edit
inline constexpr std::size_t token_limit = 64;     // the host's own short words
inline constexpr std::size_t hash_limit = 128;
// Of the preferences of an answer, all together: twice what real ones take.
inline constexpr std::size_t answer_limit = 8 * 1024;

}  // namespace filters::record_limits
