// AddressBook: the upstream's addresses as one worker has found them: who has how many requests in
// flight, and who has failed so often of late that it is left out for a while (ejected). Owned by a
// Pool, on its thread. Pure: it opens nothing, and times are handed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "proxy/addresses.hpp"
#include "proxy/config.hpp"
#include "proxy/count.hpp"
#include "proxy/failure.hpp"

namespace proxy {

using AddressTime = std::chrono::steady_clock::time_point;

// Lives for as long as a connection to it does, though the name may have left it.
struct Address {
  explicit Address(Endpoint at)
      : endpoint(std::move(at)), text(format_endpoint(endpoint.host, endpoint.port)) {}

  const Endpoint endpoint;
  const std::string text;  // "127.0.0.1:8443"

  // ---- Any thread may read these.
  Count in_flight;      // requests, and connections being opened for one
  Count ejected_until;  // in ticks of the clock; 0: never
  bool ejected(AddressTime now) const {
    return static_cast<std::uint64_t>(now.time_since_epoch().count()) < ejected_until.get();
  }

  // ---- The book's own.
  bool listed = true;
  std::size_t failures = 0;  // in a row, since it was last ejected
  unsigned ejections = 0;    // one soon after the other
  std::uint64_t turn = 0;    // of its last request, in the order of all
};

using AddressPtr = std::shared_ptr<Address>;

class AddressBook {
 public:
  using Ejection = UpstreamConfig::Ejection;

  // The settings must outlive the book.
  explicit AddressBook(const Ejection& settings) : settings_(settings) {}

  // These, and no others, from now on. One that was there before keeps what is known of it.
  void adopt(std::span<const Endpoint> addresses, AddressTime now);
  const std::vector<AddressPtr>& all() const { return all_; }

  // For the next request: the address with the fewest in flight, of equals the one used longest
  // ago, and an ejected one only where there is no other. None of those `tried`: null where that
  // is all.
  AddressPtr choose(AddressTime now, std::span<const AddressPtr> tried = {}) const;
  // Whether connections to it are to be used again.
  bool usable(const Address& address, AddressTime now) const;

  void begin(Address& address);  // a request
  void end(Address& address);
  void succeeded(Address& address) { address.failures = 0; }
  // True where this has ejected it. Never the only address, and never more than half of them.
  bool failed(Address& address, AddressTime now);

 private:
  std::size_t ejected(AddressTime now) const;

  const Ejection& settings_;
  std::vector<AddressPtr> all_;
  std::uint64_t turns_ = 0;
};

// Whether it says that the address is ill. A connection used before that closed without a byte of
// an answer does not: an idle one does that where the upstream keeps it for less long than we do.
bool blames_address(const Failure& failure);
// The same of an answer's status.
bool blames_address(int status, FailedAnswers which);

}  // namespace proxy
