// counted: a number and what it counts, as people say it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace proxy {

// "1 rule", "3 rules".
inline std::string counted(std::uint64_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

}  // namespace proxy
