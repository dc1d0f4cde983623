#include "proxy/addresses.hpp"

#include <algorithm>
#include <limits>

#include "filters/http.hpp"
#include "filters/yaml/units.hpp"
#include "proxy/net.hpp"

namespace proxy {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto number = filters::parse_count(text);
  if (!number || *number > std::numeric_limits<std::uint16_t>::max()) return {};
  return static_cast<std::uint16_t>(*number);
}

std::optional<std::string> numeric_host(std::string_view text) {
  error_code error;
  const auto address = asio::ip::make_address(std::string(text), error);
  // A zone ("fe80::1%eth0") is a name of this machine's, which not every socket call takes.
  if (error || text.find('%') != std::string_view::npos) return {};
  return address.to_string();
}

struct HostAndPort {
  std::string_view host;  // without brackets
  bool bracketed = false;
  std::optional<std::string_view> port;
};

std::optional<HostAndPort> split(std::string_view text) {
  HostAndPort result;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return {};
    result.host = text.substr(1, close - 1);
    result.bracketed = true;
    text.remove_prefix(close + 1);
  } else {
    result.host = text.substr(0, text.find(':'));
    text.remove_prefix(result.host.size());
  }
  if (text.empty()) return result;
  if (text[0] != ':') return {};
  result.port = text.substr(1);
  return result;
}

// RFC 1123 section 2.1, and the underscore that some names in use have.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  bool number = false;  // is the last label one? Then the whole was meant as an IPv4 address.
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    const bool good = !label.empty() && label.size() <= 63 && label.front() != '-' &&
                      label.back() != '-' && std::ranges::all_of(label, [](char c) {
                        return is_alphanumeric(c) || c == '-' || c == '_';
                      });
    if (!good) return false;
    number = std::ranges::all_of(label, is_digit);
    text.remove_prefix(label.size());
    if (text == ".") return false;
    if (!text.empty()) text.remove_prefix(1);
  }
  return !number;
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto parts = split(text);
  if (!parts || !parts->port) return {};
  const auto host = numeric_host(parts->host);
  const auto port = parse_port(*parts->port);
  const bool version_6 = parts->host.find(':') != std::string_view::npos;
  if (!host || !port || version_6 != parts->bracketed) return {};
  return Endpoint{*host, *port};
}

std::string format_endpoint(const std::string& host, std::uint16_t port) {
  const bool version_6 = host.find(':') != std::string::npos;
  return (version_6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool is_numeric(std::string_view host) {
  return numeric_host(host).has_value();
}

bool is_loopback(std::string_view host) {
  if (filters::equal_ignoring_case(host, "localhost")) return true;
  error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  return !error && address.is_loopback();
}

std::optional<Origin> parse_origin(std::string_view url, std::string_view& fault) {
  const auto fail = [&](std::string_view why) {
    fault = why;
    return std::nullopt;
  };
  const std::size_t scheme = url.find("://");
  const bool known = scheme != std::string_view::npos &&
                     (filters::equal_ignoring_case(url.substr(0, scheme), "https") ||
                      filters::equal_ignoring_case(url.substr(0, scheme), "http"));
  if (!known) return fail("expected a URL such as https://api.example or http://127.0.0.1:8080");
  Origin origin;
  origin.tls = scheme == 5;
  url.remove_prefix(scheme + 3);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const std::string_view rest = url.substr(authority.size());
  if (authority.find('@') != std::string_view::npos)
    return fail("the URL must not hold a user name or password");
  if (rest.find_first_of("?#") != std::string_view::npos)
    return fail("the URL must not have a query or fragment");
  if (!rest.empty() && rest != "/")
    return fail("the URL must not have a path: requests keep their own");
  const auto parts = split(authority);
  if (!parts) return fail("the URL has no valid host");
  const auto numeric = numeric_host(parts->host);
  const bool version_6 = parts->host.find(':') != std::string_view::npos;
  if (version_6 != parts->bracketed || (!numeric && !is_host_name(parts->host)))
    return fail("the URL has no valid host");
  origin.host = numeric.value_or(std::string(parts->host));
  std::ranges::transform(origin.host, origin.host.begin(), filters::lower);
  origin.authority = authority;
  origin.port = origin.tls ? 443 : 80;
  if (!parts->port) return origin;
  const auto port = parse_port(*parts->port);
  if (!port || *port == 0) return fail("the URL's port must be 1 to 65535");
  origin.port = *port;
  return origin;
}

bool is_field_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!text.empty() && (blank(text.front()) || blank(text.back()))) return false;
  return std::ranges::all_of(text, [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  });
}

}  // namespace proxy
