#include "filters/field_names.hpp"

#include <algorithm>
#include <array>

namespace filters {
namespace {

// A name as the most forgiving servers read it. Letter case does not count to some, '.', '-' and '
// ' are '_' to others (PHP), and two characters beyond ASCII are letters of it where Unicode's case
// folding is used (Go's JSON: long s and the Kelvin sign).
class FoldedName {
 public:
  explicit FoldedName(std::string_view name) {
    for (; !name.empty() && size_ < text_.size(); ++size_) {
      const bool long_s = name.starts_with("\xC5\xBF"), kelvin = name.starts_with("\xE2\x84\xAA");
      const bool blank = std::string_view(".- ").find(name.front()) != std::string_view::npos;
      text_[size_] = long_s ? 's' : kelvin ? 'k' : blank ? '_' : lower(name.front());
      name.remove_prefix(kelvin ? 3 : long_s ? 2 : 1);
    }
    whole_ = name.empty();
  }
  bool operator==(const FoldedName& other) const {
    return whole_ && other.whole_ &&
           std::string_view(text_.data(), size_) ==
               std::string_view(other.text_.data(), other.size_);
  }

 private:
  std::array<char, longest_shown_name> text_;  // no field's name is longer
  std::size_t size_ = 0;
  bool whole_ = false;
};

}  // namespace

std::uint8_t field_read(const Endpoint& endpoint, std::string_view name) {
  if (const auto field = endpoint.find(name); field != Endpoint::none) return field;
  const FoldedName folded(name);
  for (std::size_t f = 0; f < endpoint.fields().size(); ++f)
    if (folded == FoldedName(endpoint.fields()[f].name)) return static_cast<std::uint8_t>(f);
  return Endpoint::none;
}

std::uint8_t field_meant(const Endpoint& endpoint, std::string_view name) {
  if (const auto field = field_read(endpoint, name); field != Endpoint::none) return field;
  if (const auto field = endpoint.alias(name); field != Endpoint::none) return field;
  if (const auto field = endpoint.nearest(name, true); field != Endpoint::none) return field;
  return endpoint.nearest(name, false);
}

std::string_view base_name(std::string_view name) {
  const auto outside = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '[' || c == ']';
  };
  const auto begin = std::ranges::find_if_not(name, outside);
  const auto end = std::find_if(begin, name.end(), outside);
  return {begin, end};
}

}  // namespace filters
