// What the kernel is asked for the whole process, once, when it starts: that nobody can read its
// memory, and as many descriptors as it may have.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/config.hpp"

namespace proxy {

// A core dump, or a debugger of the same user, would show the tokens in flight.
void keep_memory_private();

// To the hard limit: each client and each upstream connection takes a descriptor, and the soft
// limit is often 1024. What it is then.
std::uint64_t raise_descriptor_limit();

// Where `limit` descriptors are too few for what this configuration allows: what to do. Else empty.
std::string descriptor_shortage(const Config& config, std::uint64_t limit);

}  // namespace proxy
