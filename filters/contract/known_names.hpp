// KnownNames: the names of a map that is open: those seen so far, for suggestions and findings,
// never for a refusal by default and never for a change. Made at load time; immutable after.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace filters {

class KnownNames {
 public:
  KnownNames() = default;
  // At most 60,000, no two the same; of at most 128 bytes each.
  explicit KnownNames(std::vector<std::string> names);

  static constexpr std::uint16_t none = 0xFFFF;
  // Place in the order they were given in, or `none`.
  std::uint16_t index(std::string_view name) const;
  bool contains(std::string_view name) const { return index(name) != none; }
  const std::string& operator[](std::uint16_t index) const { return names_[index]; }
  // The one nearest known name, if it is at most two edits away and no other is as near; else "".
  std::string_view nearest(std::string_view name) const;

  std::size_t size() const { return names_.size(); }
  auto begin() const { return names_.begin(); }
  auto end() const { return names_.end(); }

 private:
  std::vector<std::string> names_;
  std::vector<std::uint64_t> letters_;  // of each name: see letters_of
  std::uint64_t kinds_ = 0;             // of all names: see kind_of
  std::vector<std::uint16_t> slots_;    // a hash table of indices, a power of two long
  std::size_t longest_ = 0;
};

}  // namespace filters
