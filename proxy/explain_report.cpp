#include "proxy/explain_report.hpp"

#include <ostream>

#include "filters/json_text.hpp"
#include "filters/pipeline.hpp"

namespace proxy {
namespace {

using filters::Entry;
using filters::Kind;
using filters::Operation;

// "repair.alias" belongs to the filter "repair".
bool of_filter(const Entry& entry, std::string_view filter) {
  return entry.rule.starts_with(filter) && entry.rule.substr(filter.size()).starts_with('.');
}

void write_entry(const Entry& entry, std::ostream& out) {
  out << "    " << to_string(entry.kind) << "  " << entry.rule << "  " << to_string(entry.place)
      << ' ';
  if (entry.operation == Operation::move) out << entry.from << " -> ";
  out << (entry.pointer.empty() ? "/" : entry.pointer);
  if (entry.operation == Operation::add) out << "  added";
  if (entry.operation == Operation::remove) out << "  removed";
  if (entry.secret)
    out << "  (a secret: its value is not shown)";
  else if (!entry.before.empty() && !entry.after.empty())
    out << "  " << entry.before << " -> " << entry.after;
  else if (!entry.after.empty())
    out << "  " << entry.after;
  if (!entry.message.empty()) out << "  " << entry.message;
  if (!entry.suggestion.empty()) out << "  (did you mean " << entry.suggestion << "?)";
  if (entry.kind == Kind::finding) out << "  [" << to_string(entry.mode) << ": not acted on]";
  out << '\n';
}

void indent(std::string_view text, std::ostream& out) {
  out << "    ";
  for (const char c : text) {
    if (c == '\r') continue;
    out << c;
    if (c == '\n') out << "    ";
  }
  out << '\n';
}

std::string_view path_note(const filters::Exchange& exchange) {
  if (exchange.governed()) return "governed";
  return exchange.verdict.rejected() ? "not served" : "another path: passes through untouched";
}

void write_journal(const filters::Exchange& exchange, std::ostream& out) {
  filters::make_pipeline({}).each([&]<class Filter>(const Filter&) {
    out << "  " << Filter::name << '\n';
    bool acted = false;
    for (const auto& entry : exchange.journal)
      if (of_filter(entry, Filter::name)) {
        write_entry(entry, out);
        acted = true;
      }
    if (!acted) out << "    -\n";
  });
}

}  // namespace

void report_text(const filters::Exchange& exchange, std::string_view outgoing, std::ostream& out) {
  const auto& request = exchange.request;
  out << request.method_name << ' ' << request.path << "  (" << path_note(exchange) << ")\n";
  if (exchange.governed()) write_journal(exchange, out);
  if (!exchange.verdict.rejected()) {
    const auto edits = exchange.journal.edits();
    out << "forwarded, " << edits << (edits == 1 ? " edit:\n" : " edits:\n");
    return indent(outgoing, out);
  }
  const auto& response = exchange.response;
  out << "rejected (" << info(exchange.verdict.reason).token << "), the client gets:\n";
  std::string answer = std::to_string(response.status) + ' ' + std::string(response.reason) + '\n';
  for (const auto& field : response.headers)
    answer.append(field.name).append(": ").append(field.value) += '\n';
  indent(answer.append("\n").append(response.body), out);
}

void report_json(const filters::Exchange& exchange, std::string_view outgoing, std::ostream& out) {
  filters::JsonText json(exchange.arena, 4096);
  const auto member = [&](std::string_view name, std::string_view text) {
    if (text.empty()) return;
    json.key(name);
    json.string(text);
  };
  json.begin_object();
  json.key("governed");
  json.boolean(exchange.governed());
  member("decision", exchange.verdict.rejected() ? "rejected" : "forwarded");
  if (exchange.verdict.rejected()) {
    member("reason", info(exchange.verdict.reason).token);
    json.key("status");
    json.number(static_cast<std::uint64_t>(exchange.response.status));
    member("answer", exchange.response.body);
  } else {
    member("outgoing", outgoing);
  }
  json.key("journal");
  json.begin_array();
  for (const auto& entry : exchange.journal) {
    json.begin_object();
    member("rule", entry.rule);
    member("kind", to_string(entry.kind));
    member("mode", to_string(entry.mode));
    member("in", to_string(entry.place));
    if (entry.operation != Operation::none) member("op", to_string(entry.operation));
    member("pointer", entry.pointer);
    member("from", entry.from);
    member("before", entry.before);
    member("after", entry.after);
    member("message", entry.message);
    member("suggestion", entry.suggestion);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  out << json.text() << '\n';
}

}  // namespace proxy
