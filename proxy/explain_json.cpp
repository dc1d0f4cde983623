// The report for scripts. That for people is in explain_report.cpp.
#include <ostream>

#include "filters/json_text.hpp"
#include "proxy/explain_report.hpp"

namespace proxy {
namespace {

using filters::JsonText;

// Nothing where there is nothing to say.
void write_member(JsonText& json, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  json.key(name);
  json.string(text);
}

void write_number(JsonText& json, std::string_view name, std::size_t number) {
  json.key(name);
  json.number(static_cast<std::uint64_t>(number));
}

void write_entry(JsonText& json, const filters::Entry& entry) {
  json.begin_object();
  write_member(json, "rule", entry.rule);
  write_member(json, "kind", to_string(entry.kind));
  write_member(json, "mode", to_string(entry.mode));
  write_member(json, "in", to_string(entry.place));
  if (entry.operation != filters::Operation::none)
    write_member(json, "op", to_string(entry.operation));
  write_member(json, "pointer", entry.pointer);
  write_member(json, "from", entry.from);
  write_member(json, "before", entry.before);
  write_member(json, "after", entry.after);
  write_member(json, "message", entry.message);
  write_member(json, "suggestion", entry.suggestion);
  json.end_object();
}

}  // namespace

void report_json(const Explanation& explanation, std::ostream& out) {
  const auto& exchange = explanation.exchange;
  JsonText json(exchange.arena, 4096);
  json.begin_object();
  json.key("governed");
  json.boolean(exchange.governed());
  write_member(json, "decision", exchange.verdict.rejected() ? "rejected" : "forwarded");
  if (exchange.verdict.rejected()) {
    write_member(json, "reason", info(exchange.verdict.reason).token);
    write_member(json, "detail", exchange.verdict.detail);
    write_member(json, "rejected_by", explanation.rejected_by);
    write_number(json, "status", static_cast<std::size_t>(exchange.response.status));
    write_member(json, "answer", exchange.response.body);
  } else {
    write_member(json, "outgoing", explanation.head + explanation.body);
  }
  write_number(json, "edits", exchange.journal.edits());
  write_number(json, "findings", exchange.journal.findings());
  write_number(json, "violations", exchange.journal.violations());
  json.key("journal");
  json.begin_array();
  for (const auto& entry : exchange.journal) write_entry(json, entry);
  json.end_array();
  json.end_object();
  out << json.text() << '\n';
}

}  // namespace proxy
