// Size classes: 16, 32, 48, ... 256, then sixteen to each doubling (272, 288, ... 512, 544, ...) up
// to 128 KiB, so that little of a block is wasted: OpenSSL's are most of an idle connection, and
// eight to each doubling cost it 1 % more. Every block is one of malloc's, at least as large as its
// class: malloc_usable_size tells the class when it comes back, no header needed.
#include "proxy/recycled_memory.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PREFGATE_SANITIZED true
#elif defined(__has_feature)
#define PREFGATE_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define PREFGATE_SANITIZED false
#endif

namespace proxy {
namespace {

constexpr std::size_t largest = 128 * 1024;

// Bytes of one class in one thread's list.
constexpr std::size_t kept(std::size_t size) {
  return (size <= 2048 ? 256 : 128) * 1024;
}

// The smallest class that holds `size` bytes.
constexpr std::size_t class_of(std::size_t size) {
  if (size <= 256) return (size - 1) / 16;
  const auto last = size - 1;
  const auto doubling = static_cast<std::size_t>(std::bit_width(last)) - 1;  // 8: 256 to 511
  return 16 + (doubling - 8) * 16 + ((last >> (doubling - 4)) & 15);
}

constexpr std::size_t size_of(std::size_t index) {
  if (index < 16) return (index + 1) * 16;
  const auto doubling = (index - 16) / 16;
  return (std::size_t{256} << doubling) + (std::size_t{16} << doubling) * ((index - 16) % 16 + 1);
}

constexpr std::size_t classes = class_of(largest) + 1;
static_assert(size_of(classes - 1) == largest && class_of(size_of(37)) == 37 &&
              class_of(size_of(37) + 1) == 38);

struct Freed {
  Freed* next;
};

thread_local constinit bool gone = false;  // this thread's list is no more; blocks still come

struct FreeList {
  std::array<Freed*, classes> first{};
  std::array<std::size_t, classes> count{};

  constexpr FreeList() = default;
  FreeList(const FreeList&) = delete;
  FreeList& operator=(const FreeList&) = delete;
  ~FreeList() {
    gone = true;
    for (Freed* freed : first) {
      while (freed) std::free(std::exchange(freed, freed->next));
    }
  }
};

thread_local constinit FreeList list;

void* allocate(std::size_t size) {
  if (size == 0) return nullptr;
  if (size > largest || gone) return std::malloc(size);
  const auto index = class_of(size);
  Freed* const freed = list.first[index];
  if (!freed) return std::malloc(size_of(index));
  list.first[index] = freed->next;
  --list.count[index];
  return freed;
}

void release(void* block) {
  if (!block) return;
  const auto usable = malloc_usable_size(block);
  const auto index = class_of(usable + 1) - 1;  // the largest class it can serve
  if (gone || index >= classes || (list.count[index] + 1) * size_of(index) > kept(size_of(index)))
    return std::free(block);
  ++list.count[index];
  list.first[index] = new (block) Freed{list.first[index]};
}

void* reallocate(void* block, std::size_t size) {
  const auto usable = block ? malloc_usable_size(block) : 0;
  if (size > 0 && size <= usable && size >= usable / 2) return block;
  void* const other = allocate(size);
  if (other && block) std::memcpy(other, block, std::min(size, usable));
  if (other || size == 0) release(block);
  return other;
}

// OpenSSL's shapes, with the file and line of whoever asks.
void* crypto_allocate(std::size_t size, const char*, int) {
  return allocate(size);
}
void* crypto_reallocate(void* block, std::size_t size, const char*, int) {
  return reallocate(block, size);
}
void crypto_release(void* block, const char*, int) {
  release(block);
}

}  // namespace

bool use_recycled_memory_for_openssl() {
  return !PREFGATE_SANITIZED &&
         CRYPTO_set_mem_functions(crypto_allocate, crypto_reallocate, crypto_release) == 1;
}

#if !PREFGATE_SANITIZED
namespace {
void* allocate_or_throw(std::size_t size) {
  if (void* const block = allocate(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}
}  // namespace
#endif

}  // namespace proxy

#if !PREFGATE_SANITIZED
// The replaceable forms that all others, save those for over-aligned types, come down to.
void* operator new(std::size_t size) {
  return proxy::allocate_or_throw(size);
}
void operator delete(void* block) noexcept {
  proxy::release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  proxy::release(block);
}
#endif
