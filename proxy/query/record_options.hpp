// RecordOptions: the options that say which records of which audit are asked for, and how they are
// printed; `audit query` and `audit tail` share them. Owned by QueryCli; the main thread. A device
// token is read from standard input alone, and its hash is all that is kept of it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "proxy/query/record_printer.hpp"
#include "proxy/query/record_query.hpp"

namespace CLI {
class App;
}

namespace proxy {

class RecordOptions {
 public:
  void add_to(CLI::App& command);

  // After parsing. Reads the device token from `in` where it is asked for. Throws
  // std::runtime_error where the criteria cannot be met by any record, or a key cannot be read.
  RecordCriteria criteria(AuditTime now, std::istream& in) const;
  const std::string& directory() const { return directory_; }
  RecordForm form() const;

 private:
  std::string device(std::istream& in) const;

  std::string directory_;
  std::string since_;
  std::string until_;
  std::vector<std::string> rules_;
  std::string decision_;
  std::vector<std::string> statuses_;
  std::vector<std::string> methods_;
  std::string device_;
  std::string hmac_key_;  // empty: the one beside the directory
  std::string format_ = "table";
};

}  // namespace proxy
