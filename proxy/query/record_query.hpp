// RecordQuery: which records are asked for. All criteria must be met, of each list any. A line is
// first looked at cheaply, and only what may match is read as JSON. Immutable once made; shared by
// the threads that search.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/contract/pattern.hpp"
#include "proxy/query/audit_record.hpp"

namespace proxy {

// Statuses of answers, both ends included.
struct StatusRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};
// "422", "4xx", "400-499"; of "none", no answer, both ends are 0. None for anything else.
std::optional<StatusRange> parse_status_range(std::string_view text);

// Criteria that are empty are none.
struct RecordCriteria {
  std::optional<AuditTime> since = {};  // not before this
  std::optional<AuditTime> until = {};  // before this
  std::vector<std::string> rules = {};  // ids; `*` stands for any characters
  std::vector<StatusRange> statuses = {};
  std::vector<std::string> methods = {};  // in capitals
  std::string decision = {};
  std::string device = {};  // its hash, as records have it
};

class RecordQuery {
 public:
  // Throws std::runtime_error where the rules have too many `*`.
  explicit RecordQuery(RecordCriteria criteria);

  const RecordCriteria& criteria() const { return criteria_; }
  // False where `line`, as a gateway writes it, certainly does not match.
  bool may_match(std::string_view line) const;
  bool matches(const AuditRecord& record) const;

 private:
  // Texts one of which is in every line that meets one criterion.
  using Needles = std::vector<std::string>;

  bool in_time(AuditTime time) const;
  bool has_status(const AuditRecord& record) const;
  bool has_method(const AuditRecord& record) const;
  void find_needles();
  // One of the attributes `names` begins with one of `begins`, in JSON.
  void ask_for(const std::vector<std::string>& names, const std::vector<std::string>& begins);

  RecordCriteria criteria_;
  std::optional<filters::Pattern> rules_;
  std::vector<Needles> needles_;
};

}  // namespace proxy
