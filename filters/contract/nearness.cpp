#include "filters/contract/nearness.hpp"

#include <algorithm>
#include <array>

#include "filters/http.hpp"

namespace filters {

bool at_most_one_edit(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t same = 0;
  while (same < a.size() && lower(a[same]) == lower(b[same])) ++same;
  const auto rest_a = a.substr(same), rest_b = b.substr(same);
  if (rest_a.size() < rest_b.size()) return equal_ignoring_case(rest_a, rest_b.substr(1));
  if (rest_a.empty()) return true;
  if (equal_ignoring_case(rest_a.substr(1), rest_b.substr(1))) return true;
  return rest_a.size() >= 2 && lower(rest_a[0]) == lower(rest_b[1]) &&
         lower(rest_a[1]) == lower(rest_b[0]) &&
         equal_ignoring_case(rest_a.substr(2), rest_b.substr(2));
}

unsigned edits_between(std::string_view a, std::string_view b, unsigned limit) {
  constexpr std::size_t longest = 256;
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() > longest || b.size() - a.size() > limit) return limit + 1;
  // Three rows of the usual table, the newest in `row`.
  std::array<unsigned, longest + 1> before{}, last{}, row{};
  for (unsigned j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = last;
    last = row;
    row[0] = static_cast<unsigned>(i);
    unsigned least = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit + 1) return limit + 1;  // not `> limit`: a swap looks two rows back
  }
  return std::min(row[b.size()], limit + 1);
}

}  // namespace filters
