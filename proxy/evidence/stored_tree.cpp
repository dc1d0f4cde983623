#include "proxy/evidence/stored_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace proxy {
namespace {

constexpr std::size_t hash_bytes = Hash{}.size();

std::uint64_t size_of(int file) {
  struct stat status{};
  return file >= 0 && ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// A level's file. Its number is one more than the level's: 0 would be no error.
class Gone : public std::error_category {
 public:
  const char* name() const noexcept override { return "audit tree"; }
  std::string message(int number) const override {
    return "tree-" + std::to_string(number - 1) +
           " was removed or moved away; put it back, and the gateway goes on. Where retention has "
           "removed no records, its next start makes it anew";
  }
  std::error_condition default_error_condition(int) const noexcept override {
    return std::errc::no_such_file_or_directory;
  }
};

std::error_code gone(std::size_t level) {
  static const Gone category;
  return {static_cast<int>(level) + 1, category};
}

}  // namespace

StoredTree::StoredTree(std::filesystem::path directory, Access access, Write write, Sync sync)
    : directory_(std::move(directory)), write_(std::move(write)), sync_(std::move(sync)) {
  const int mode = access == Access::append ? O_RDWR | O_APPEND : O_RDONLY;
  for (std::size_t level = 0; level < levels; ++level) {
    levels_[level].file = Descriptor(::open(file_of(level).c_str(), mode | O_CLOEXEC | O_NOFOLLOW));
    if (!levels_[level].file && errno != ENOENT)
      throw std::runtime_error("audit " + file_of(level).string() +
                               ": cannot be opened: " + last_error().message());
    levels_[level].durable = size_of(levels_[level].file.number());
  }
}

std::filesystem::path StoredTree::file_of(std::size_t level) const {
  return directory_ / ("tree-" + std::to_string(level));
}

std::uint64_t StoredTree::stored() const {
  return size_of(levels_[0].file.number()) / hash_bytes;
}

std::vector<Hash> StoredTree::read(std::size_t level, std::uint64_t first,
                                   std::size_t count) const {
  std::vector<Hash> hashes(count);
  std::size_t got = 0;
  if (level >= levels || !levels_[level].file) return {};
  auto* to = reinterpret_cast<char*>(hashes.data());
  while (got < count * hash_bytes) {
    const auto took = ::pread(levels_[level].file.number(), to + got, count * hash_bytes - got,
                              static_cast<off_t>(first * hash_bytes + got));
    if (took < 0 && errno == EINTR) continue;
    if (took <= 0) break;
    got += static_cast<std::size_t>(took);
  }
  hashes.resize(got / hash_bytes);
  return hashes;
}

Hash StoredTree::node(unsigned height, std::uint64_t index) const {
  const auto level = height / tile_height;
  const unsigned above = height % tile_height;
  auto hashes = read(level, index << above, std::size_t{1} << above);
  if (hashes.size() != std::size_t{1} << above)
    throw std::runtime_error("audit " + file_of(level).string() + ": is too short");
  for (; hashes.size() > 1; hashes.resize(hashes.size() / 2))
    for (std::size_t i = 0; i < hashes.size() / 2; ++i)
      hashes[i] = node_hash(hashes[2 * i], hashes[2 * i + 1]);
  return hashes.front();
}

void StoredTree::cut(std::uint64_t size) {
  for (std::size_t level = 0; level < levels; ++level) {
    auto& [file, pending, unsynced, durable, sync_failed] = levels_[level];
    pending.clear();
    if (!file) continue;
    const auto bytes = (size >> (tile_height * level)) * hash_bytes;
    if (size_of(file.number()) <= bytes) continue;
    if (::ftruncate(file.number(), static_cast<off_t>(bytes)) != 0)
      throw std::runtime_error("audit " + file_of(level).string() +
                               ": cannot be cut: " + last_error().message());
    durable = bytes;
    unsynced = true;
  }
  range_ = CompactRange(size, nodes());
}

void StoredTree::append(const Hash& leaf) {
  range_.append(leaf, [this](unsigned height, std::uint64_t, const Hash& hash) {
    if (height % tile_height == 0)
      levels_[height / tile_height].pending.append(reinterpret_cast<const char*>(hash.data()),
                                                   hash.size());
  });
}

std::error_code StoredTree::open_to_append(std::size_t level) {
  auto& file = levels_[level].file;
  if (file) return {};
  file = Descriptor(
      ::open(file_of(level).c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  new_names_ = true;
  return file ? std::error_code{} : last_error();
}

std::error_code StoredTree::write(std::size_t level) {
  auto& [file, pending, unsynced, durable, sync_failed] = levels_[level];
  if (pending.empty()) return {};
  if (const auto error = open_to_append(level)) return error;
  std::size_t taken = 0;
  // Counted as they go: what a failing disk took must not come again.
  const auto error =
      write_all(file.number(), pending, [&](int to, const char* from, std::size_t n) {
        const auto took = write_(to, from, n);
        if (took > 0) taken += static_cast<std::size_t>(took);
        return took;
      });
  pending.erase(0, taken);
  unsynced = true;
  return error;
}

std::error_code StoredTree::write() {
  for (std::size_t level = 0; level < levels; ++level)
    if (const auto error = write(level)) return error;
  return {};
}

std::error_code StoredTree::missing() const {
  for (std::size_t level = 0; level < levels; ++level)
    if (const auto& file = levels_[level].file; file && !has_name(file.number(), file_of(level)))
      return gone(level);
  return {};
}

std::error_code StoredTree::sync(std::size_t level) {
  auto& unsynced = levels_[level].unsynced;
  if (!unsynced.exchange(false)) return {};
  const auto error = make_durable(level);
  if (error) unsynced = true;
  return error;
}

std::error_code StoredTree::make_durable(std::size_t level) {
  auto& [file, pending, unsynced, durable, sync_failed] = levels_[level];
  const auto size = size_of(file.number());
  if (sync_failed)
    if (const auto error = write_again(file.number(), durable, size)) return error;
  sync_failed = sync_(file.number()) != 0;
  if (sync_failed) return last_error();
  durable = size;
  return {};
}

std::error_code StoredTree::sync() {
  for (std::size_t level = 0; level < levels; ++level)
    if (const auto error = sync(level)) return error;
  if (!new_names_.exchange(false)) return {};
  const auto error = sync_folder(directory_);
  if (error) new_names_ = true;
  return error;
}

}  // namespace proxy
