// TlsPeer: a TlsEngine and what has become of it, for tests in which two engines talk to each other
// in memory. `converse` carries the ciphertext, in pieces of the test's choosing. Owned by one
// test; nothing here waits, and a conversation that does not end is cut off and thrown.
#pragma once

#include <cstddef>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include "proxy/tls.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

struct TlsPeer {
  template <class... Args>
  explicit TlsPeer(Args&&... args) : engine(std::forward<Args>(args)...) {}

  // Goes as far as what has arrived allows: the handshake, then reading into `received`.
  void step();
  // The peer has hung up.
  void end();

  proxy::TlsEngine engine;
  proxy::TlsEngine::Status status = proxy::TlsEngine::Status::want_input;
  bool established = false;
  std::string received;
};

// How ciphertext is cut on its way: at most `most` bytes a piece, of random length where `seed` is
// not 0.
class Pieces {
 public:
  explicit Pieces(std::size_t most = 1 << 20, unsigned seed = 0)
      : most_(most), random_(seed), at_random_(seed != 0) {}
  std::size_t next(std::size_t available);

 private:
  std::size_t most_;
  std::mt19937 random_;
  bool at_random_;
};

void feed(TlsPeer& to, std::string_view ciphertext);
// All output of `from`, taken out.
std::string take_output(TlsPeer& from);
// Until neither has anything more to say. The client begins.
void converse(TlsPeer& client, TlsPeer& server, Pieces pieces = Pieces());

// A CA, a server certificate for localhost, prefgate.test, 127.0.0.1 and ::1, and both contexts.
// A test may change a context through get().
struct TlsWorld {
  TlsWorld();
  explicit TlsWorld(int version);  // TLS1_2_VERSION or TLS1_3_VERSION: what the client speaks

  proxy::TlsContext server_with(const Certificate& files, bool client_certificates = false) const;

  TemporaryDirectory folder;
  Certificate ca;
  Certificate leaf;
  proxy::TlsContext server;
  proxy::TlsContext client;
};

}  // namespace tests
