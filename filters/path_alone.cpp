#include "filters/path_alone.hpp"

#include <algorithm>

#include "filters/http.hpp"

namespace filters {

std::string_view path_alone(std::string_view path) {
  constexpr std::string_view separators = ";?=&#";
  constexpr std::string_view encoded[] = {"%3b", "%3f", "%3d", "%26", "%23", "%25"};
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto unit = path.substr(i, 3);
    const auto same = [&](std::string_view each) { return equal_ignoring_case(unit, each); };
    if (separators.find(path[i]) != separators.npos || std::ranges::any_of(encoded, same))
      return path.substr(0, i);
  }
  return path;
}

}  // namespace filters
