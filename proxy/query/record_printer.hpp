// RecordPrinter: records as they are printed: a table for people, the exact lines (JSON), or CSV.
// Immutable; shared by the threads that search. Nothing it makes for a terminal can steer it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/query/audit_record.hpp"

namespace proxy {

enum class RecordForm : std::uint8_t { table, json, csv };

class RecordPrinter {
 public:
  // `columns` of the terminal; 0: it goes elsewhere, and is as wide as it is.
  explicit RecordPrinter(RecordForm form, std::size_t columns = 0);

  RecordForm form() const { return form_; }
  // The line above the records, with its end; empty where the form has none.
  std::string header() const;
  // Appends a record, which was read from `line`.
  void print(std::string_view line, const AuditRecord& record, std::string& to) const;

 private:
  struct Column {
    std::string_view title;
    std::size_t width;  // at least; of the last one, what is left
    std::size_t from;   // shown on terminals of as many columns, and more
    bool cut_to_fit;    // on a terminal
    std::string (*cell)(const AuditRecord&);
  };
  static const std::vector<Column>& all_columns();

  void print_row(const AuditRecord& record, std::string& to) const;

  const RecordForm form_;
  const std::size_t columns_;
  std::vector<Column> shown_;  // of a table
};

}  // namespace proxy
