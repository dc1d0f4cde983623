// The report for people. That for scripts is in explain_json.cpp.
#include "proxy/explain_report.hpp"

#include <algorithm>
#include <ostream>

#include "filters/path_alone.hpp"
#include "filters/pipeline.hpp"
#include "proxy/evidence/counted.hpp"

namespace proxy {
namespace {

using filters::Entry;
using filters::Kind;
using filters::Mode;
using filters::Operation;

class TextReport {
 public:
  TextReport(const Explanation& explanation, bool colour, std::ostream& out)
      : explanation_(explanation), exchange_(explanation.exchange), colour_(colour), out_(out) {}

  void write() {
    write_first_line();
    if (exchange_.governed()) write_chain();
    exchange_.verdict.rejected() ? write_answer() : write_outgoing();
    write_last_line();
  }

 private:
  enum class Ink : std::uint8_t { bold, red, green, yellow };

  std::string inked(Ink ink, const std::string& text) const {
    constexpr const char* codes[] = {"\x1B[1m", "\x1B[31m", "\x1B[32m", "\x1B[33m"};
    return colour_ ? codes[static_cast<int>(ink)] + text + "\x1B[0m" : text;
  }

  void write_first_line() {
    const auto& request = exchange_.request;
    const auto path = exchange_.governed() ? request.path : filters::path_alone(request.path);
    const auto note = exchange_.governed()           ? "governed by the contract"
                      : exchange_.verdict.rejected() ? "not served"
                                                     : "another path, passes through untouched";
    if (request.method_name.empty())
      out_ << inked(Ink::bold, "No request") << '\n';
    else
      out_ << inked(Ink::bold, visible(request.method_name) + " " + visible(path)) << ": " << note
           << '\n';
  }

  void write_chain();
  void write_entry(const Entry& entry);
  std::string saw(std::string_view filter) const;
  void write_answer();
  void write_outgoing();
  void write_last_line();

  // Text under a heading: four spaces in front of each line.
  void write_block(const MarkedText& text);

  const Explanation& explanation_;
  const filters::Exchange& exchange_;
  const bool colour_;
  std::ostream& out_;
};

// "repair.alias" belongs to the filter "repair".
bool of_filter(const Entry& entry, std::string_view filter) {
  return entry.rule.starts_with(filter) && entry.rule.substr(filter.size()).starts_with('.');
}

std::size_t count_of(const filters::Journal& journal, Kind kind, Mode mode) {
  return static_cast<std::size_t>(std::ranges::count_if(
      journal, [&](const Entry& entry) { return entry.kind == kind && entry.mode == mode; }));
}

std::size_t top_level(const filters::Document& document) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < document.members.size(); i = document.members[i].next) ++count;
  return count;
}

// What Repair had before it.
std::string what_was_read(const filters::Exchange& exchange) {
  std::string query = exchange.query_fault ? std::string("a query that cannot be read")
                                           : counted(top_level(exchange.query), "query parameter");
  if (exchange.request.method != filters::Method::post) return query;
  const std::string body = exchange.body_fault
                               ? std::string(exchange.body.syntax == filters::Syntax::query
                                                 ? "a form that cannot be read"
                                                 : "a body that is not JSON")
                               : "a JSON body of " + counted(top_level(exchange.body), "member");
  return exchange.request.query.empty() ? body : body + ", " + query;
}

std::string TextReport::saw(std::string_view filter) const {
  if (std::ranges::find(explanation_.reached, filter) == explanation_.reached.end())
    return "not reached";
  const bool acted = std::ranges::any_of(
      exchange_.journal, [&](const Entry& entry) { return of_filter(entry, filter); });
  if (filter == filters::Authenticate::name)
    return exchange_.identity.bearer_token.empty() ? "no bearer token" : "a bearer token";
  if (filter == filters::Repair::name) return what_was_read(exchange_);
  if (filter == filters::RateLimit::name)
    return "not judged: what came before this request is not known here";
  if (acted) return "";
  if (filter == explanation_.rejected_by)
    return exchange_.verdict.reason == filters::Reason::contract ? "rejects it for the above" : "";
  if (filter == filters::Policy::name) return "no rule applies";
  return filter == filters::Validate::name ? "all as the contract has it" : "nothing to do";
}

void TextReport::write_chain() {
  out_ << '\n';
  filters::make_pipeline({}).each([&]<class Filter>(const Filter&) {
    const std::string name(Filter::name);
    if (name == filters::RateLimit::name && !explanation_.rate_limited) return;
    out_ << "  " << inked(Ink::bold, name);
    if (const auto text = saw(name); !text.empty())
      out_ << std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') << text;
    out_ << '\n';
    for (const auto& entry : exchange_.journal)
      if (of_filter(entry, name)) write_entry(entry);
    const auto& verdict = exchange_.verdict;
    if (name != explanation_.rejected_by || verdict.reason == filters::Reason::contract) return;
    out_ << "    " << inked(Ink::red, "rejected") << "   " << info(verdict.reason).message;
    if (!verdict.detail.empty()) out_ << ": " << visible(verdict.detail);
    out_ << '\n';
  });
}

// What was done to, or would be done to, what the entry is about; "" where nothing is proposed.
std::string deed(const Entry& entry) {
  const std::string done = entry.kind == Kind::edit ? "" : "would be ";
  switch (entry.operation) {
    case Operation::none:
      return "";
    case Operation::add:
      return done + "added" + (entry.after.empty() ? "" : ": ") + std::string(entry.after);
    case Operation::remove:
      if (entry.suggestion.empty()) return done + "removed";
      return done + "removed: " + std::string(entry.suggestion) + " says the same";
    case Operation::move:
      return done + "renamed to " + std::string(entry.pointer);
    case Operation::replace:
      break;
  }
  if (entry.before.empty() || entry.after.empty())
    return entry.message.empty() ? done + "mended" : "";
  return std::string(entry.before) + " " + done + "replaced by " + std::string(entry.after);
}

void TextReport::write_entry(const Entry& entry) {
  const bool warning = entry.kind == Kind::finding && entry.mode == Mode::warn;
  const std::string label(warning ? "warning:" : to_string(entry.kind));
  const auto ink = entry.kind == Kind::edit        ? Ink::green
                   : entry.kind == Kind::violation ? Ink::red
                                                   : Ink::yellow;
  const auto padding = std::string(label.size() < 11 ? 11 - label.size() : 1, ' ');
  out_ << "    " << (entry.mode == Mode::observe ? label : inked(ink, label)) << padding
       << entry.rule << " [" << to_string(entry.mode) << "] " << to_string(entry.place);
  const auto subject = entry.operation == Operation::move ? entry.from : entry.pointer;
  if (!subject.empty()) out_ << ' ' << subject;
  out_ << ": ";
  const auto done = deed(entry);
  out_ << visible(entry.message) << (entry.message.empty() || done.empty() ? "" : "; ")
       << visible(done);
  if (entry.secret) out_ << " (its value is not shown)";
  if (!entry.suggestion.empty() && entry.kind != Kind::edit)
    out_ << " (did you mean " << entry.suggestion << "?)";
  out_ << '\n';
}

void TextReport::write_block(const MarkedText& text) {
  bool at_start = true;
  for (const auto& [kind, piece] : text) {
    const auto put = [&](const std::string& line) {
      if (line.empty()) return;
      if (kind == MarkedPiece::Kind::removed)
        out_ << inked(Ink::red, "[-" + line + "-]");
      else if (kind == MarkedPiece::Kind::added)
        out_ << inked(Ink::green, "{+" + line + "+}");
      else
        out_ << line;
    };
    std::string line;
    for (const char c : visible(piece)) {
      if (at_start && c != '\n') out_ << "    ";
      at_start = c == '\n';
      if (c != '\n') {
        line += c;
        continue;
      }
      put(std::exchange(line, {}));
      out_ << '\n';
    }
    put(line);
  }
  if (!at_start) out_ << '\n';
}

void TextReport::write_answer() {
  const auto& response = exchange_.response;
  std::string answer =
      "HTTP/1.1 " + std::to_string(response.status) + ' ' + std::string(response.reason) + '\n';
  for (const auto& field : response.headers)
    answer.append(field.name).append(": ").append(field.value) += '\n';
  out_ << "\nThe client would get:\n\n";
  write_block({{MarkedPiece::Kind::kept, answer.append("\n").append(response.body)}});
}

void TextReport::write_outgoing() {
  const auto& request = exchange_.request;
  std::string_view head = explanation_.head;
  if (explanation_.edited.empty()) head.remove_suffix(2);  // the empty line
  const bool marks = exchange_.journal.edits() > 0;
  out_ << "\nThe upstream would get" << (marks ? " ([-removed-], {+added+})" : "") << ":\n\n";
  const auto kept = MarkedPiece::Kind::kept;
  MarkedText text{{kept, std::string(request.method_name) + " " + std::string(request.path) +
                             (request.has_query ? "?" : "")}};
  text.insert(text.end(), explanation_.query.begin(), explanation_.query.end());
  text.push_back({kept, " HTTP/1.1" + std::string(head.substr(head.find("\r\n")))});
  text.insert(text.end(), explanation_.edited.begin(), explanation_.edited.end());
  write_block(text);
}

void TextReport::write_last_line() {
  const auto& journal = exchange_.journal;
  const auto status = exit_status(explanation_);
  std::string line;
  if (status == 0) {
    line = inked(Ink::green, "forwarded");
    line += journal.edits() == 0 ? ", nothing changed" : ", " + counted(journal.edits(), "edit");
  } else {
    line = inked(Ink::red, "rejected") + " with " + std::to_string(exchange_.response.status);
    if (exchange_.verdict.reason == filters::Reason::contract)
      line += ", " + counted(journal.violations(), "violation");
    else
      line += ", " + std::string(info(exchange_.verdict.reason).token);
  }
  const auto warnings = count_of(journal, Kind::finding, Mode::warn);
  if (warnings > 0) line += ", " + counted(warnings, "warning");
  out_ << '\n' << line << " (exit status " << status << ")\n";
}

}  // namespace

int exit_status(const Explanation& explanation) {
  return explanation.exchange.verdict.rejected() ? 1 : 0;
}

void report_text(const Explanation& explanation, bool colour, std::ostream& out) {
  TextReport(explanation, colour, out).write();
}

}  // namespace proxy
