// LiveConfig: the configuration that is in force, and how another one comes to be: everything again
// when the operator asks, the policy alone when one of its files has changed. All or nothing: a
// fault leaves what is in force as it is. Owned by the server, on its thread; blocks on the disk,
// so never on a worker's. It says what is to be taken over and takes over nothing itself.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/file_watch.hpp"
#include "proxy/governance.hpp"

namespace proxy {

// What came of loading again.
struct Reloaded {
  Governing governance;                        // null: there was a fault
  std::vector<Diagnostic> diagnostics = {};    // faults and warnings
  std::vector<std::string_view> restart = {};  // sections that differ and wait for a restart
};

// Gets what a configuration without a fault needs besides, and says what could not be had.
using Prepare = std::function<std::vector<Diagnostic>(const Config& next)>;

class LiveConfig {
 public:
  // `started` is what the gateway was started with, and outlives this.
  explicit LiveConfig(const Config& started);

  // The configuration and every file it names. Where `prepare` finds a fault that is one like any
  // other. What governs is to be taken over at once.
  Reloaded load_again(const Prepare& prepare = {});
  // To be called once a second or so: none where the files of the policy are as they were. Else the
  // policy alone, under the contract that is in force.
  std::optional<Reloaded> look();

  // As last taken over.
  const Config& config() const { return current_; }
  Governing governance() const { return governance_; }

 private:
  Governing govern();

  const Config& started_;
  Config current_;
  Governing governance_;
  FileWatch watch_;
};

// The sections that only a restart can change and that differ, in the order of the README.
std::vector<std::string_view> waiting_for_restart(const Config& started, const Config& loaded);

}  // namespace proxy
