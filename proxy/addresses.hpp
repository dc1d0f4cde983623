// Addresses: where the gateway listens and whom it forwards to, as the configuration spells them.
// Pure functions, any thread. They never resolve a name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proxy {

struct Endpoint {
  std::string host;  // numeric, in its usual form, without brackets
  std::uint16_t port = 0;

  auto operator<=>(const Endpoint&) const = default;
};

// "127.0.0.1:8080", "[::1]:8443"; port 0 lets the system choose.
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string format_endpoint(const std::string& host, std::uint16_t port);
// Whether a host is an address, as `Origin` and `Endpoint` have it, and no name.
bool is_numeric(std::string_view host);
// A numeric loopback address, or "localhost".
bool is_loopback(std::string_view host);

struct Origin {
  bool tls = true;
  std::string host;  // lower case, without brackets
  std::uint16_t port = 443;
  std::string authority;  // as written, for the Host field
};

// An http or https URL of a host and perhaps a port, and nothing more than a "/" after it. Where it
// is not one, `fault` says why, without any of the text: that may hold a password.
std::optional<Origin> parse_origin(std::string_view url, std::string_view& fault);

// RFC 9110: is `text` a field name (a token); a field value?
bool is_field_name(std::string_view text);
bool is_field_value(std::string_view text);

}  // namespace proxy
