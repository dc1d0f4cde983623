// Units: numbers as people write them in the configuration, "64KiB", "2s", and back. Also the
// nearest known word to a misspelt one, and how messages say it. Pure functions, any thread. They
// never guess a unit: a number without one is not a size and not a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace filters {

// Digits only. None where `text` is not one, or does not fit.
std::optional<std::uint64_t> parse_count(std::string_view text);
// Digits and one of B, KiB, MiB, GiB; in bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);
// Digits and one of ms, s, min, h, d.
std::optional<std::chrono::milliseconds> parse_time(std::string_view text);
// Digits, at most two of them behind a point, and %: "25%", "0.5%"; in hundredths of a percent.
std::optional<std::uint32_t> parse_share(std::string_view text);

// In the largest unit that leaves a whole number: "64KiB", "90s".
std::string format_size(std::uint64_t bytes);
std::string format_time(std::chrono::milliseconds time);

// The word of `known` fewest edits (insert, delete, replace, swap of neighbours; letter case is
// none) from `word`, where these are few for its length; else empty. The first of equals.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

// As messages quote what stands in a file.
std::string ticked(std::string_view text);
// " (did you mean `x`?)" with the nearest word of `known`, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace filters
