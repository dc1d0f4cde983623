// Vitals: what operators may know of a running gateway, in one place: what its parts have counted,
// what is in force, how the last reload went. Owned by the server, which tells it what changes; the
// admin's thread reads it meanwhile. Nothing on the way of a request takes its lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/audit_writer.hpp"
#include "proxy/governance.hpp"
#include "proxy/meter.hpp"
#include "proxy/resolver.hpp"

namespace proxy {

enum class Phase : std::uint8_t { starting, ready, draining };

// Of a listener.
struct ServedCertificate {
  std::string address;    // of the listener: "127.0.0.1:8443"
  std::time_t not_after;  // the moment it expires
};

struct Reload {
  std::chrono::system_clock::time_point at;
  bool good;         // taken over; else what was in force stays
  std::string what;  // "SIGHUP", "a file of the policy has changed"
};

// An address of the upstream, as all workers together find it.
struct UsedAddress {
  std::string text;          // "127.0.0.1:8443"
  std::uint64_t in_flight;   // requests
  std::uint64_t ejected_by;  // so many workers leave it out for now
};

class Vitals {
 public:
  using Clock = std::chrono::system_clock;

  // All references must outlive it.
  Vitals(const Config& started_with, const AuditWriter& writer,
         const std::atomic<std::size_t>& clients)
      : config(started_with), audit(writer), client_connections(clients) {}

  const Config& config;  // as started
  const AuditWriter& audit;
  const std::atomic<std::size_t>& client_connections;
  const Clock::time_point started = Clock::now();
  // Filled in before anybody reads.
  std::vector<const Meter*> meters;     // of the workers
  std::vector<const AuditRing*> rings;  // likewise
  LookUps look_ups;                     // of the upstream's name

  // ---- The server's thread.
  void enter(Phase phase) { phase_.store(phase, std::memory_order_relaxed); }
  void adopt(Governing governance);
  void adopt(std::vector<ServedCertificate> certificates);
  void adopt(const UpstreamConfig& upstream);
  void reloaded(Reload reload);

  // ---- Any thread.
  Phase phase() const { return phase_.load(std::memory_order_relaxed); }
  Governing governance() const;
  std::vector<ServedCertificate> certificates() const;
  std::string authority() const;  // of the upstream
  std::optional<Reload> last_reload() const;
  std::uint64_t good_reloads() const { return good_reloads_.get(); }
  std::uint64_t bad_reloads() const { return bad_reloads_.get(); }
  // Of all workers.
  PoolCounts pool() const;
  std::vector<UsedAddress> addresses() const;
  // `starting`, `ready`, `draining`; or `refusing`: records cannot be written, and no request goes
  // on without one. Requests are served in `ready` alone.
  std::string_view state() const;
  // 0 to 1, of the fullest ring: at 1 requests find no room for their records.
  double audit_backlog() const;

 private:
  bool refuses() const;

  std::atomic<Phase> phase_{Phase::starting};
  Count good_reloads_, bad_reloads_;
  mutable std::mutex mutex_;  // of what follows
  Governing governance_;
  std::vector<ServedCertificate> certificates_;
  std::string authority_;
  std::optional<Reload> last_reload_;
};

}  // namespace proxy
