// LiveTls: the certificates, keys and trust that are in force, and how others come to be: when the
// operator asks, when one of their files has changed, and, so that nobody can read old traffic with
// one ticket key, after some hours. A fault leaves what is in force as it is. Owned by the server,
// on its thread; blocks on the disk. It says what is to be taken over and takes over nothing
// itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/file_watch.hpp"
#include "proxy/tls_context.hpp"

namespace proxy {

// Those that are in force together. Immutable, shared by all workers.
struct TlsContexts {
  std::vector<std::shared_ptr<const TlsContext>> listeners;  // null where clear
  std::shared_ptr<const TlsContext> upstream;                // null where clear
};

// Why they are loaded again.
enum class TlsRenewal : std::uint8_t { asked, files_changed, tickets_old };

// What came of it.
struct RenewedTls {
  std::optional<TlsContexts> contexts;  // none: there was a fault
  std::string fault = {};
  TlsRenewal why = TlsRenewal::asked;
};

class LiveTls {
 public:
  using Clock = std::chrono::steady_clock;
  // How long tickets can be resumed at most: their keys live and die with a context.
  static constexpr std::chrono::hours longest{12};

  // Throws std::runtime_error that names each faulty file.
  explicit LiveTls(const Config& started);

  const TlsContexts& contexts() const { return contexts_; }
  // From the files that `config` names. After a fault those before are in force and looked at.
  RenewedTls load_again(const Config& config);
  // To be called once a second or so: none where the files are as they were, and not too old.
  std::optional<RenewedTls> look(Clock::time_point now = Clock::now());

 private:
  struct Wanted {
    std::vector<std::optional<TlsFiles>> listeners;  // none where clear
    bool upstream;
    std::optional<std::filesystem::path> upstream_ca;  // none: the system's
  };

  static Wanted wanted_by(const Config& config);
  RenewedTls load(TlsRenewal why);

  Wanted wanted_;  // in force
  TlsContexts contexts_;
  Clock::time_point loaded_;
  FileWatch watch_;
};

}  // namespace proxy
