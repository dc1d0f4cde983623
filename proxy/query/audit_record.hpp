// AuditRecord: one line of the audit, read for a query: what its attributes are and which rules
// acted. Owned by whoever searches, one a thread, and read into again and again. Never believes a
// line: whoever could write to the directory may have written it.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy/query/audit_time.hpp"

namespace proxy {

class AuditRecord {
 public:
  AuditRecord();
  AuditRecord(const AuditRecord&) = delete;
  AuditRecord& operator=(const AuditRecord&) = delete;

  // A line without its end. False where it is no record: not one JSON object with a number and a
  // time. What was handed out before is gone then, as it is where it is true.
  bool read(std::string_view line);

  std::uint64_t seq() const { return seq_; }
  AuditTime time() const { return time_; }
  // Empty, or none, where the record has no such attribute.
  std::string_view text(std::string_view attribute) const;
  std::optional<std::uint64_t> number(std::string_view attribute) const;
  // The ids of all rules in its journal, in the journal's order, each once.
  const std::vector<std::string_view>& rules() const { return rules_; }
  // How many exchanges have no record, where this one stands for them; else 0.
  std::uint64_t dropped() const;

 private:
  using Value = rapidjson::Value;

  const Value* find(std::string_view attribute) const;
  void take_rules(std::string_view entries);

  std::vector<char> memory_;
  rapidjson::MemoryPoolAllocator<> allocator_;
  rapidjson::Document document_;
  std::uint64_t seq_ = 0;
  AuditTime time_{};
  std::vector<std::string_view> rules_;
};

}  // namespace proxy
