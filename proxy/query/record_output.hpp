// RecordOutput: where a query's records go, and the trouble that it had: records to one stream,
// sentences to another. Owned by a command, on its thread. It never prints a line that is no
// record.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string_view>

#include "proxy/query/search_audit.hpp"

namespace proxy {

// Nobody reads any more, as when `head` has seen enough.
struct NobodyReads {};

class RecordOutput {
 public:
  RecordOutput(const RecordPrinter& printer, std::ostream& out, std::ostream& err);
  RecordOutput(const RecordOutput&) = delete;
  RecordOutput& operator=(const RecordOutput&) = delete;

  // Records as they were printed, under their header. Throws NobodyReads, and std::runtime_error
  // where they cannot be written.
  void write(std::string_view records);
  // Names the first faults, and counts the rest.
  void tell(const std::vector<std::string>& faults);
  // Says how many were not named. Whether there were any.
  bool had_faults();

 private:
  void put(std::string_view text);

  const RecordPrinter& printer_;
  std::ostream& out_;
  std::ostream& err_;
  bool begun_ = false;
  std::uint64_t faults_ = 0;
};

}  // namespace proxy
