// Target: whom a run talks to: an address, and under TLS the name its certificate must have and
// whom to trust. Made once, outlives all connections to it.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <optional>
#include <string>

#include "proxy/tls_context.hpp"

namespace load {

struct Target {
  std::string url;
  std::string authority;  // for the field Host
  std::string host;       // without brackets
  sockaddr_storage address{};
  socklen_t address_size = 0;
  std::optional<proxy::TlsContext> tls;
};

// Resolves the URL's host, and of its addresses takes the first that can be connected to. `ca`: a
// PEM file; none: the system's. Throws std::runtime_error that says what is wrong.
Target resolve(const std::string& url, const std::optional<std::filesystem::path>& ca);

}  // namespace load
