// Small files that are there whole or not at all, whatever ends the process or the machine: they
// are written beside their place, made durable, and then take it. And Descriptor, which closes
// itself. For start-up and for the audit writer's thread: all of it blocks.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

namespace proxy {

// Have the meaning of write(2) and fdatasync(2); tests give some that fail.
using Write = std::function<ssize_t(int, const char*, std::size_t)>;
using Sync = std::function<int(int)>;
// Has the disk begin to take `bytes` of a file from `begin` on, and does not wait for it. What goes
// wrong the next Sync says.
using WriteBack = std::function<void(int, std::size_t begin, std::size_t bytes)>;
void begin_write_back(int file, std::size_t begin, std::size_t bytes);

class Descriptor {
 public:
  explicit Descriptor(int opened = -1) : number_(opened) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  // Whose it is now closes it.
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

// errno, as an error.
std::error_code last_error();

// All of `bytes`; what is written before an error stays.
std::error_code write_all(int file, std::string_view bytes, const Write& write = ::write);

// Mode 0600, whatever the umask. Leaves a file that is there already as it is: errc::file_exists.
std::error_code create_file(const std::filesystem::path& file, std::string_view bytes);
// In the place of what was there, if anything: a reader sees the old or the new. Mode 0600. One
// writer at a time. `lazy`: it is not made durable, and after the machine's end may be lost.
enum class Keeping : std::uint8_t { durable, lazy };
std::error_code replace_file(const std::filesystem::path& file, std::string_view bytes,
                             const Write& write = ::write, Keeping keeping = Keeping::durable);

// Does the name still lead to this open file? A file without it takes what is written, and leaves
// nothing.
bool has_name(int file, const std::filesystem::path& name);

// Writes the bytes from `begin` to `end` once more in their place. What Linux could not bring to
// the disk it takes for written, and the next fdatasync would call it durable; the kernel's memory
// has it still.
std::error_code write_again(int file, std::size_t begin, std::size_t end);

// Removes a durable file, after having the kernel's memory let go of it piece by piece: all at once
// keeps a core for milliseconds, whatever the priority of who does it. It is not made shorter:
// somebody may be reading it, or have linked it.
std::error_code remove_gently(const std::filesystem::path& file);

// The names in a folder.
std::error_code sync_folder(const std::filesystem::path& folder);

}  // namespace proxy
