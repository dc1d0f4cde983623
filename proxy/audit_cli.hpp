// The commands of `prefgate audit`: what they take, what they print, and their exit status: 0 the
// evidence is good, 1 it is not, 2 wrong usage or unreadable input. They need no configuration and
// change nothing. Owned by `run` of proxy/cli.hpp; the main thread. Those that look for records are
// QueryCli's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proxy/cli.hpp"
#include "proxy/query_cli.hpp"

namespace CLI {
class App;
}

namespace proxy {

class AuditCli {
 public:
  // Adds the commands to the command line.
  explicit AuditCli(CLI::App& app);

  // After parsing: is it one of these, and then what comes of it?
  bool parsed() const;
  int run(Streams streams) const;

 private:
  void take_checkpoint();
  int verify(Streams streams) const;
  int prove(Streams streams) const;
  int verify_proof(Streams streams) const;

  CLI::App* audit_;
  CLI::App* verify_;
  CLI::App* prove_;
  CLI::App* verify_proof_;
  QueryCli query_;
  std::string directory_;
  std::string public_key_;
  std::string checkpoint_;      // of `--checkpoint`; empty: none
  std::string since_;           // of `--since`, likewise
  std::string checkpoint_key_;  // the public key of either; empty: the log's
  std::string proof_;
  std::uint64_t seq_ = 0;
  std::optional<std::uint64_t> size_;
};

}  // namespace proxy
