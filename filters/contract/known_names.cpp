#include "filters/contract/known_names.hpp"

#include <algorithm>
#include <bit>

#include "filters/contract/nearness.hpp"
#include "filters/hash.hpp"

namespace filters {
namespace {

// One bit of 64, by length and both ends: tells most names apart from a few without hashing them.
std::uint64_t kind_of(std::string_view name) {
  if (name.empty()) return 1;
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return std::uint64_t{1} << ((name.size() * 5 + first * 3U + last) & 63);
}

}  // namespace

KnownNames::KnownNames(std::vector<std::string> names)
    : names_(std::move(names)), slots_(std::bit_ceil(names_.size() * 4 + 1), none) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::size_t at = hash_of(names_[i]) % slots_.size();
    while (slots_[at] != none) at = (at + 1) % slots_.size();
    slots_[at] = static_cast<std::uint16_t>(i);
    letters_.push_back(letters_of(names_[i]));
    kinds_ |= kind_of(names_[i]);
    longest_ = std::max(longest_, names_[i].size());
  }
}

std::uint16_t KnownNames::index(std::string_view name) const {
  if (name.size() > longest_ || (kinds_ & kind_of(name)) == 0) return none;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash_of(name) & mask; slots_[at] != none; at = (at + 1) & mask)
    if (names_[slots_[at]] == name) return slots_[at];
  return none;
}

std::string_view KnownNames::nearest(std::string_view name) const {
  if (name.size() > longest_ + 2) return {};
  const std::uint64_t letters = letters_of(name);
  std::string_view best;
  unsigned least = 3;
  bool alone = false;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    // An edit adds and takes away at most one letter each.
    if (std::popcount(letters ^ letters_[i]) > 4) continue;
    const unsigned distance = edits_between(name, names_[i], 2);
    if (distance > least || distance > 2) continue;
    alone = distance < least;
    least = distance;
    best = names_[i];
  }
  return alone ? best : std::string_view{};
}

}  // namespace filters
