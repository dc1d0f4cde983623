#include "tests/support/allocations.hpp"

#include <cerrno>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PREFGATE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define PREFGATE_SANITIZED 1
#endif
#endif

namespace tests {
namespace {
thread_local constinit std::atomic<std::size_t> counter{0};
}

std::size_t allocations() {
  return counter.load(std::memory_order_relaxed);
}

const std::atomic<std::size_t>& allocation_counter() {
  return counter;
}

#ifdef PREFGATE_SANITIZED
bool counts_allocations() {
  return false;
}
#else
bool counts_allocations() {
  return true;
}
#endif

#ifndef PREFGATE_SANITIZED
// One writer: no need of a locked instruction.
static void count_one() {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}
#endif

}  // namespace tests

#ifndef PREFGATE_SANITIZED
// glibc's own names for what is replaced here. Freeing needs no replacement: the memory is glibc's.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  tests::count_one();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  tests::count_one();
  return __libc_calloc(count, size);
}

void* realloc(void* block, std::size_t size) {
  tests::count_one();
  return __libc_realloc(block, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  tests::count_one();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  tests::count_one();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  tests::count_one();
  *block = __libc_memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}
}
#endif
