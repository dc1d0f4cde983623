// AppVersion: the version of an app as four numbers, so that 4.9 comes before 4.10. VersionRange:
// what a rule says of it, ">=4.10 <5", as the first and the last version within. Pure values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filters {

struct AppVersion {
  static constexpr std::uint32_t most = 999'999'999;  // of one number

  std::array<std::uint32_t, 4> numbers{};  // those not given are 0: 4.17 is 4.17.0.0

  auto operator<=>(const AppVersion&) const = default;
  // "4.17.0-1566": what follows '-' or '+' names a build and does not count. None where `text` is
  // not one to four numbers.
  static std::optional<AppVersion> parse(std::string_view text);
  static constexpr AppVersion last() { return {{most, most, most, most}}; }
};

// Both ends belong to it; empty where `low` is above `high`.
struct VersionRange {
  AppVersion low;
  AppVersion high = AppVersion::last();

  bool empty() const { return low > high; }
  bool contains(const AppVersion& version) const { return low <= version && version <= high; }
};

// One or more of `>=`, `>`, `<=`, `<`, `=` with a version, all of which must hold. None, and
// `fault` says what was expected, where `text` is not that.
std::optional<VersionRange> parse_version_range(std::string_view text, std::string& fault);

// The same versions in as few ranges as can be, in order, none of them empty.
std::vector<VersionRange> merged(std::vector<VersionRange> ranges);

}  // namespace filters
