#include "proxy/query/record_printer.hpp"

#include <algorithm>
#include <array>

#include "proxy/marked_text.hpp"

namespace proxy {
namespace {

constexpr std::string_view gap = "  ";     // between columns
constexpr std::size_t narrowest_end = 16;  // of the last column

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

// One line that a terminal shows and does not obey.
std::string one_line(std::string_view text) {
  std::string shown = visible(text);
  for (const auto& [control, written] : {std::pair{'\n', "\\x0A"}, std::pair{'\t', "\\x09"}})
    for (auto at = shown.find(control); at != shown.npos; at = shown.find(control, at))
      shown.replace(at, 1, written);
  return shown;
}

bool continues_character(char byte) {
  return (byte & 0xC0) == 0x80;
}

std::size_t width_of(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

// At most `width` characters: an ellipsis stands for what there is more.
void cut(std::string& text, std::size_t width) {
  if (width_of(text) <= width) return;
  std::size_t end = 0;
  for (std::size_t begun = 0;; ++end)
    if (!continues_character(text[end]) && ++begun == width) break;
  text.replace(end, text.npos, "…");
}

std::string joined(const std::vector<std::string_view>& words, char separator) {
  std::string text;
  for (const auto word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

// To the millisecond, in a form that `--since` takes.
std::string time_cell(const AuditRecord& record) {
  const auto time = record.text("time");
  constexpr std::size_t milliseconds_end = 23;
  if (time.size() < milliseconds_end || !time.ends_with('Z')) return std::string(time);
  return std::string(time.substr(0, milliseconds_end)) + 'Z';
}

// The beginning of the digest tells devices apart.
std::string device_cell(const AuditRecord& record) {
  const auto hash = record.text("device_token");
  return std::string(hash.substr(hash.rfind(':') + 1).substr(0, 12));
}

// Its own name, where the conventions do not know it.
std::string method_cell(const AuditRecord& record) {
  const auto original = record.text("http.request.method_original");
  return std::string(original.empty() ? record.text("http.request.method") : original);
}

std::string cause_cell(const AuditRecord& record) {
  if (const auto dropped = record.dropped(); dropped > 0)
    return "gap: " + std::to_string(dropped) + " not recorded";
  std::string text(record.text("reason"));
  if (!text.empty() && !record.rules().empty()) text += ' ';
  return text + joined(record.rules(), ',');
}

std::string number_text(const AuditRecord& record, std::string_view attribute) {
  const auto number = record.number(attribute);
  return number ? std::to_string(*number) : "";
}

// RFC 4180 section 2. What a spreadsheet would run as a formula becomes a text by a quote in front;
// the columns are texts and unsigned numbers, so nothing else begins that way.
void append_csv(std::string_view text, std::string& to) {
  const bool formula =
      !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != text.npos;
  const bool quotes = text.find_first_of("\",\r\n") != text.npos;
  if (quotes) to += '"';
  if (formula) to += '\'';
  for (const char c : text) {
    if (c == '"') to += '"';
    to += c;
  }
  if (quotes) to += '"';
}

constexpr std::array csv_texts{"time",
                               "id",
                               "http.request.method",
                               "url.path",
                               "client.address",
                               "device_token",
                               "decision",
                               "reason",
                               "ending",
                               "delivery"};
constexpr const char* csv_header =
    "seq,time,id,http.request.method,url.path,client.address,device_token,"
    "decision,reason,ending,delivery,"
    "http.response.status_code,upstream.status,duration_us,rules,gap.dropped\r\n";

void append_csv_row(const AuditRecord& record, std::string& to) {
  to += std::to_string(record.seq());
  for (const auto* const attribute : csv_texts) append_csv(record.text(attribute), to += ',');
  for (const auto* const attribute :
       {"http.response.status_code", "upstream.status", "duration_us"})
    to.append(",").append(number_text(record, attribute));
  append_csv(joined(record.rules(), ' '), to += ',');
  to += ',';
  if (record.dropped() > 0) to += std::to_string(record.dropped());
}

}  // namespace

const std::vector<RecordPrinter::Column>& RecordPrinter::all_columns() {
  static const std::vector<Column> all{
      {"time", 24, 0, false, time_cell},
      {"seq", 8, 0, false, [](const AuditRecord& r) { return std::to_string(r.seq()); }},
      {"method", 6, 0, true, method_cell},
      {"status", 6, 0, false,
       [](const AuditRecord& r) { return number_text(r, "http.response.status_code"); }},
      {"decision", 9, 0, true,
       [](const AuditRecord& r) { return std::string(r.text("decision")); }},
      {"device", 12, 96, true, device_cell},
      {"id", 36, 140, true, [](const AuditRecord& r) { return std::string(r.text("id")); }},
      {"reason and rules", 0, 0, true, cause_cell},
  };
  return all;
}

RecordPrinter::RecordPrinter(RecordForm form, std::size_t columns)
    : form_(form), columns_(columns) {
  std::size_t used = 0;
  for (const auto& column : all_columns()) {
    if (columns > 0 && columns < column.from) continue;
    shown_.push_back(column);
    used += column.width + gap.size();
  }
  used -= gap.size();
  shown_.back().width =
      columns == 0 ? 0 : std::max(columns - std::min(used, columns), narrowest_end);
}

std::string RecordPrinter::header() const {
  if (form_ == RecordForm::json) return {};
  if (form_ == RecordForm::csv) return csv_header;
  std::string line;
  for (const auto& column : shown_) {
    if (!line.empty()) line += gap;
    line += column.title;
    if (column.title.size() < column.width && &column != &shown_.back())
      line.append(column.width - column.title.size(), ' ');
  }
  return line + '\n';
}

void RecordPrinter::print(std::string_view line, const AuditRecord& record, std::string& to) const {
  if (form_ == RecordForm::table) return print_row(record, to);
  std::string row;
  if (form_ == RecordForm::csv) {
    append_csv_row(record, row);
    line = row;
  }
  if (columns_ > 0 && !is_printable(line)) {
    to += one_line(line);
  } else {
    to += line;
  }
  to += form_ == RecordForm::csv ? "\r\n" : "\n";
}

void RecordPrinter::print_row(const AuditRecord& record, std::string& to) const {
  for (const auto& column : shown_) {
    std::string cell = column.cell(record);
    if (cell.empty()) cell = "-";
    if (!is_printable(cell)) cell = one_line(cell);
    if (columns_ > 0 && column.cut_to_fit) cut(cell, column.width);
    to += cell;
    if (&column == &shown_.back()) break;
    to.append(column.width - std::min(column.width, width_of(cell)), ' ');
    to += gap;
  }
  to += '\n';
}

}  // namespace proxy
