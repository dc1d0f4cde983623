#include "filters/yaml/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "filters/http.hpp"

namespace filters {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// Both from small to large.
constexpr std::array sizes{Unit{"B", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                           Unit{"GiB", 1ULL << 30}};
constexpr std::array times{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"min", 60'000},
                           Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_count(text.substr(0, digits));
  const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
  if (!number || unit == units.end()) return {};
  // Milliseconds are signed: keep to their range.
  if (*number > std::uint64_t{std::numeric_limits<std::int64_t>::max()} / unit->factor) return {};
  return *number * unit->factor;
}

std::string format(std::uint64_t number, std::span<const Unit> units) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < units.size(); ++i)
    if (number != 0 && number % units[i].factor == 0) best = i;
  return std::to_string(number / units[best].factor) + std::string(units[best].name);
}

// Optimal string alignment distance: Levenshtein's, and a swap of neighbours is one edit.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  const auto same = [&](std::size_t i, std::size_t j) {
    return filters::lower(a[i]) == filters::lower(b[j]);
  };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same(i - 1, j - 1) ? 0U : 1U)});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, sizes);
}

std::optional<std::chrono::milliseconds> parse_time(std::string_view text) {
  const auto number = parse(text, times);
  if (!number) return {};
  return std::chrono::milliseconds(static_cast<std::int64_t>(*number));
}

std::optional<std::uint32_t> parse_share(std::string_view text) {
  if (!text.ends_with('%')) return {};
  text.remove_suffix(1);
  constexpr std::uint32_t whole = 10'000;
  std::uint32_t share = 0;
  std::size_t decimals = 0;
  bool point = false;
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.size() > 6) return {};
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || (point && ++decimals > 2)) return {};
    share = share * 10 + static_cast<std::uint32_t>(c - '0');
  }
  for (; decimals < 2; ++decimals) share *= 10;
  return share <= whole ? std::optional(share) : std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  return format(bytes, sizes);
}

std::string format_time(std::chrono::milliseconds time) {
  return format(static_cast<std::uint64_t>(time.count()), times);
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;  // no key is; keeps nonsense cheap
  if (word.size() > longest) return {};
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3)) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t edits = distance(word, candidate);
    if (edits >= fewest) continue;
    best = candidate;
    fewest = edits;
  }
  return best;
}

std::string ticked(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const auto nearest = nearest_word(word, known);
  return nearest.empty() ? "" : " (did you mean " + ticked(nearest) + "?)";
}

}  // namespace filters
