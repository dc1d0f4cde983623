// RecordWriter: one record being written: what it has, in its order, and which of its texts had to
// be cut. Part of record.hpp's implementation; nobody else's. What comes of values (fields,
// preferences, answer, journal) is in record_values.cpp. Arena memory.
#pragma once

#include <array>
#include <string_view>

#include "filters/json_text.hpp"
#include "filters/record.hpp"

namespace filters {

class RecordWriter {
 public:
  RecordWriter(const Exchange& exchange, const Outcome& outcome, std::pmr::memory_resource& memory)
      : exchange_(exchange),
        outcome_(outcome),
        json_(memory, record_bound(exchange, outcome.level)) {}

  std::string_view render();

 private:
  void plain(std::string_view name, std::string_view value) {
    json_.key(name);
    json_.plain(value);
  }
  void number(std::string_view name, std::uint64_t value) {
    json_.key(name);
    json_.number(value);
  }
  void boolean(std::string_view name, bool value) {
    json_.key(name);
    json_.boolean(value);
  }
  // Leaves empty texts out.
  void text(std::string_view name, std::string_view value, std::size_t limit) {
    if (value.empty()) return;
    json_.key(name);
    if (!json_.string(value, limit)) note_cut(name);
  }

  void write_decision();
  void write_times();
  void write_connection();
  void write_request();
  void write_upstream();
  void write_fields();
  void write_preferences(std::string_view name, const Document& document, std::uint32_t holder,
                         std::size_t most_bytes);
  void write_answer();
  void write_journal();
  void write_entries(std::string_view name, Kind kind, std::size_t all);
  void write_entry(const Entry& entry);
  void write_value(std::string_view name, std::string_view value);
  bool has_values() const { return outcome_.level >= RecordLevel::request; }
  void note_cut(std::string_view name) {
    if (cuts_ < cut_.size()) cut_[cuts_++] = name;
  }

  const Exchange& exchange_;
  const Outcome& outcome_;
  JsonText json_;
  std::array<std::string_view, 8> cut_;
  std::size_t cuts_ = 0;
};

}  // namespace filters
