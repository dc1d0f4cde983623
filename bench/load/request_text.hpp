// RequestHead and the texts of requests as the vendor's app sends them. Pure. The bearer token is
// in them, so they are never printed.
#pragma once

#include <string>
#include <string_view>

namespace load {

inline constexpr std::string_view governed_path = "/api/1/notification_preferences";

// What each request of a run has in its head.
struct RequestHead {
  std::string host;
  std::string token;
  bool close = false;  // one request a connection
};

std::string get_text(const RequestHead& head, std::string_view target);
std::string post_text(const RequestHead& head, std::string_view target, std::string_view body);

}  // namespace load
