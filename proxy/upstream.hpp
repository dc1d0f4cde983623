// Upstream: one connection to the upstream, ready for requests. Owned by the Pool while idle, by a
// Lease while an exchange uses it; on its worker's thread. It knows nothing of exchanges.
#pragma once

#include <vector>

#include "proxy/address_book.hpp"
#include "proxy/buffer.hpp"
#include "proxy/failure.hpp"
#include "proxy/stream.hpp"

namespace proxy {

struct Upstream {
  // `everyone`: the pool's list of all there are, which it stands in for as long as it lives.
  Upstream(Socket socket, Watchdog& watchdog, AddressPtr to, std::vector<Upstream*>& everyone)
      : stream(std::move(socket), watchdog), address(std::move(to)), everyone_(everyone) {
    everyone_.push_back(this);
  }
  ~Upstream() { std::erase(everyone_, this); }
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  Stream stream;
  Buffer input{8 * 1024};
  const AddressPtr address;     // of the peer
  std::uint64_t exchanges = 0;  // carried before the present one
  std::uint64_t trusted = 0;    // of its pool, when it was secured
  std::chrono::steady_clock::time_point idle_since{};

  // False where the peer has closed the idle connection, or sent what nobody asked for: a request
  // written to it would be lost or answered wrongly. One system call, no waiting.
  bool alive();

 private:
  std::vector<Upstream*>& everyone_;
};

}  // namespace proxy
