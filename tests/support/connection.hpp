// Connection: the bytes below a Client, to a port of 127.0.0.1, clear or under TLS. Owned by its
// Client; every wait is bounded, what goes wrong is thrown. It knows nothing of HTTP.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/client.hpp"

namespace tests {

struct Client::Connection {
  explicit Connection(std::uint16_t port);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start_tls(const Tls& options);
  // Bytes taken of `bytes`; 0: try again.
  std::size_t write(std::string_view bytes, milliseconds within) const;
  enum class Read : std::uint8_t { some, end, broken };
  // Appends what one read gives.
  Read read(std::string& buffer, milliseconds within) const;
  // After a TLS call returned `result`: true when it should be made again.
  bool wait_tls(int result, milliseconds within) const;

  int descriptor = -1;
  SSL_CTX* context = nullptr;
  SSL* tls = nullptr;
};

}  // namespace tests
