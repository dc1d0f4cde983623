#include "filters/policy/app_version.hpp"

#include <algorithm>
#include <charconv>

namespace filters {
namespace {

constexpr VersionRange nothing{AppVersion::last(), AppVersion{}};

// The next version up or down; versions are a dense row of 10^36. None at its end.
std::optional<AppVersion> after(AppVersion version) {
  for (std::size_t i = version.numbers.size(); i-- > 0;) {
    if (version.numbers[i] < AppVersion::most) {
      ++version.numbers[i];
      return version;
    }
    version.numbers[i] = 0;
  }
  return {};
}
std::optional<AppVersion> before(AppVersion version) {
  for (std::size_t i = version.numbers.size(); i-- > 0;) {
    if (version.numbers[i] > 0) {
      --version.numbers[i];
      return version;
    }
    version.numbers[i] = AppVersion::most;
  }
  return {};
}

std::optional<VersionRange> range_of(std::string_view comparison, const AppVersion& version) {
  if (comparison == "=") return VersionRange{version, version};
  if (comparison == ">=") return VersionRange{version, AppVersion::last()};
  if (comparison == "<=") return VersionRange{{}, version};
  if (comparison == ">") {
    const auto low = after(version);
    return low ? VersionRange{*low, AppVersion::last()} : nothing;
  }
  if (comparison == "<") {
    const auto high = before(version);
    return high ? VersionRange{{}, *high} : nothing;
  }
  return {};
}

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

std::optional<AppVersion> AppVersion::parse(std::string_view text) {
  text = text.substr(0, text.find_first_of("-+"));
  AppVersion version;
  for (auto& number : version.numbers) {
    constexpr std::ptrdiff_t most_digits = 9;
    const char* const begin = text.data();
    const auto [end, error] = std::from_chars(begin, begin + text.size(), number);
    if (error != std::errc() || end - begin > most_digits) return {};
    text.remove_prefix(static_cast<std::size_t>(end - begin));
    if (text.empty()) return version;
    if (text.front() != '.') return {};
    text.remove_prefix(1);
  }
  return {};
}

std::optional<VersionRange> parse_version_range(std::string_view text, std::string& fault) {
  VersionRange range;
  std::size_t words = 0;
  for (auto word = next_word(text); !word.empty(); word = next_word(text), ++words) {
    const auto digits = std::min(word.find_first_not_of("<>="), word.size());
    const auto version = AppVersion::parse(word.substr(digits));
    const auto one = version ? range_of(word.substr(0, digits), *version) : std::nullopt;
    if (!one || word.find_first_of("-+") != word.npos) {
      words = 0;
      break;
    }
    range.low = std::max(range.low, one->low);
    range.high = std::min(range.high, one->high);
  }
  if (words > 0) return range;
  fault = "expected a range of versions such as \">=4.10 <5\", with >=, >, <=, < or = before each";
  return {};
}

std::vector<VersionRange> merged(std::vector<VersionRange> ranges) {
  std::erase_if(ranges, [](const VersionRange& range) { return range.empty(); });
  std::ranges::sort(ranges, {}, &VersionRange::low);
  std::vector<VersionRange> out;
  for (const auto& range : ranges) {
    const auto next = out.empty() ? std::nullopt : after(out.back().high);
    if (!out.empty() && (!next || range.low <= *next))
      out.back().high = std::max(out.back().high, range.high);
    else
      out.push_back(range);
  }
  return out;
}

}  // namespace filters
