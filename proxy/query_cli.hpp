// The commands that look for records: `prefgate audit query` and `prefgate audit tail`. What they
// take, what they print, and their exit status: 0 records were found, 1 none were, 2 wrong usage,
// or something could not be read. Owned by AuditCli; the main thread. They change nothing, and may
// run beside the gateway that writes.
#pragma once

#include <cstdint>
#include <optional>

#include "proxy/cli.hpp"
#include "proxy/query/record_options.hpp"

namespace proxy {

class QueryCli {
 public:
  // Adds the commands to `audit`.
  explicit QueryCli(CLI::App& audit);
  QueryCli(const QueryCli&) = delete;
  QueryCli& operator=(const QueryCli&) = delete;

  // After parsing: is it one of these, and then what comes of it?
  bool parsed() const;
  int run(Streams streams) const;

 private:
  int query(const RecordQuery& query, Streams streams) const;
  int tail(const RecordQuery& query, Streams streams) const;

  CLI::App* query_;
  CLI::App* tail_;
  RecordOptions query_options_;
  RecordOptions tail_options_;
  std::optional<std::uint64_t> limit_;
  std::uint64_t last_ = 10;
  bool follow_ = false;
};

}  // namespace proxy
