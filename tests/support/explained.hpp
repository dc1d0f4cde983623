// What tests of `explain` share: a request written out, the report on it, and its exit status.
#pragma once

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/explain.hpp"
#include "tests/support/exchange.hpp"

namespace tests {

struct Explained {
  int status;
  std::string text;

  bool says(std::string_view words) const { return text.find(words) != std::string::npos; }
};

inline proxy::Config explain_config() {
  proxy::Config made;
  made.upstream.authority = "owner-api.example";
  return made;
}

inline Explained explain(const std::string& request,
                         proxy::ReportForm form = proxy::ReportForm::plain,
                         const proxy::Config& with = explain_config()) {
  std::istringstream in(request);
  std::ostringstream out;
  const int status = proxy::explain(with, in, out, form);
  return {status, out.str()};
}

// The lines of the report, from the first that begins with `from`, up to the empty one after it.
inline std::string part(const Explained& explained, std::string_view from) {
  const auto at = explained.text.find("\n" + std::string(from));
  REQUIRE(at != std::string::npos);
  return explained.text.substr(at + 1, explained.text.find("\n\n", at) - at);
}

inline constexpr std::string_view form_type = "application/x-www-form-urlencoded";
inline const std::string hushed_bearer = "Authorization: Bearer very-hushed-bearer";

// With Host, and what a body needs. `line` is "GET /path".
inline std::string message(std::string_view line, std::string_view body = {},
                           const std::vector<std::string>& fields = {hushed_bearer},
                           std::string_view type = "application/json") {
  std::string text = std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& field : fields) text += field + "\r\n";
  if (!body.empty())
    text += "Content-Type: " + std::string(type) +
            "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

}  // namespace tests
