// Counts how often this thread has asked the heap for memory, by whatever road: malloc, calloc,
// realloc, aligned_alloc (Asio's), posix_memalign, operator new. Linked into every test binary in
// place of libc's entry points; under a sanitizer, which has entry points of its own, it counts
// nothing and says so.
#pragma once

#include <atomic>
#include <cstddef>

namespace tests {

// False under a sanitizer: then `allocations` stays 0, and a test of it would prove nothing.
bool counts_allocations();
// Of the calling thread, since it started.
std::size_t allocations();
// The same as a counter that another thread may read while this one lives.
const std::atomic<std::size_t>& allocation_counter();

}  // namespace tests
