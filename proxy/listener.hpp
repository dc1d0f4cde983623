// Listener: one listening socket of one worker. Each worker has its own on the same address
// (SO_REUSEPORT), so the kernel deals connections out and no lock or hand-over is needed. Owned by
// its Worker. Hands sockets on; knows nothing of what is spoken on them.
#pragma once

#include <cstddef>
#include <string>

#include "proxy/evidence/durable_file.hpp"
#include "proxy/net.hpp"
#include "proxy/standing_queue.hpp"
#include "proxy/tls_context.hpp"

namespace proxy {

class Worker;

// What one worker is to listen on. With a bound and listening socket: a new listener. Without: the
// one that it has under this id goes on.
struct ListenOn {
  std::size_t id = 0;
  Descriptor socket{};
};

class Listener {
 public:
  // `tls` is null where it is clear.
  Listener(Worker& worker, ListenOn place, const TlsContext* tls);

  std::size_t id() const { return id_; }
  const TlsContext* tls() const { return tls_; }
  void start() { accept(); }
  // Connections from now on are secured by this one.
  void secure_with(const TlsContext* tls) { tls_ = tls; }
  // Takes in what the kernel has queued already, then closes. What is under way is cancelled: it
  // must not be destroyed before the loop has told it so.
  void close();

 private:
  void accept();
  void hand_on(Socket socket);

  Worker& worker_;
  const std::size_t id_;
  Acceptor acceptor_;
  StandingQueue queue_;  // the kernel's, of connections to be accepted
  Timer pause_;  // after an error that will not go away by itself: no descriptors, no memory
  const TlsContext* tls_;
};

// Throws std::system_error where another program listens there: SO_REUSEPORT alone would let two
// gateways of one user share an address unnoticed, each with half of the clients.
void check_address_is_free(const std::string& host, std::uint16_t port);
// A bound, listening, non-blocking socket with SO_REUSEPORT. `port` 0 takes a free one and is set
// to it. Throws std::system_error.
int open_listening_socket(const std::string& host, std::uint16_t& port);

}  // namespace proxy
