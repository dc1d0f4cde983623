// compress_segment: puts `<file>.zst` (RFC 8878, with a check sum) in the place of a segment that
// has ended. At every moment one of the two is there whole and durable: the new one is written
// beside, made durable and read back before it takes its name, and the old one goes last.
// For a thread that has time: it blocks.
#pragma once

#include <filesystem>
#include <functional>

#include "proxy/evidence/durable_file.hpp"

namespace proxy {

// False where `go_on` has said so: then nothing has changed. Throws std::runtime_error naming the
// file.
bool compress_segment(const std::filesystem::path& file, const std::function<bool()>& go_on,
                      const Write& write = ::write);

// Of a directory in which it was ended before its end: the plain file counts, the others go.
// Returns how many segments were concerned.
std::size_t mend_compression(const std::filesystem::path& directory);

}  // namespace proxy
