// A second decoder of form text (percent escapes, '+' for a space), written for plainness. The text
// has no broken escape.
#pragma once

#include <string>
#include <string_view>

namespace fuzz {

inline std::string decoded(std::string_view raw) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%') {
      text += static_cast<char>(std::stoi(std::string(raw.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      text += raw[i] == '+' ? ' ' : raw[i];
    }
  }
  return text;
}

}  // namespace fuzz
