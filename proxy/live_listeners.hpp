// LiveListeners: the addresses that are listened on, and how others come to be. Each worker has a
// socket of its own for each. One that a reload leaves as it is keeps its sockets, whatever becomes
// of its TLS, so that it never refuses a connection. Owned by the server, on its thread. It opens
// sockets and hands them out; what a worker has it closes itself.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/listener.hpp"

namespace proxy {

// An address that cannot be listened on, and why.
struct ListenFault : std::runtime_error {
  ListenFault(std::size_t which, const std::string& what)
      : std::runtime_error(what), listener(which) {}

  std::size_t listener;  // its place in the configuration
};

class LiveListeners {
 public:
  struct Place {
    std::size_t id = 0;
    std::string host;
    std::uint16_t port = 0;    // as configured: 0 where any will do
    std::uint16_t chosen = 0;  // then
    bool tls = false;
    std::string address;              // "127.0.0.1:8080", with the port that was chosen
    std::vector<Descriptor> sockets;  // by worker; none where these have them already
  };
  // By place in the configuration.
  using Places = std::vector<Place>;

  explicit LiveListeners(std::size_t workers) : workers_(workers) {}

  // What these are to be listened on with: open sockets for those that are new. Changes nothing;
  // throws ListenFault.
  Places open(const std::vector<Listen>& wanted) const;
  // What came of `open` just now is in force, and logged. Then each worker's part is to be handed
  // out.
  void take_over(Places places);
  std::vector<ListenOn> hand_out(std::size_t worker);

  const Places& places() const { return places_; }

 private:
  std::vector<const Place*> find(const std::vector<Listen>& wanted) const;
  Place open_one(const Listen& wanted, std::size_t position, std::size_t id) const;

  const std::size_t workers_;
  Places places_;
  std::size_t next_id_ = 0;
};

}  // namespace proxy
