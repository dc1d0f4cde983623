#include "proxy/query/record_query.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "filters/policy/globs.hpp"
#include "filters/yaml/units.hpp"

namespace proxy {
namespace {

constexpr std::uint64_t least_status = 100, most_status = 999;

// As std::string_view::find, which takes five times as long: it stops at every quote of the record.
bool contains(std::string_view text, std::string_view part) {
  return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

// "2026-11-22T20:31:15.742312Z" of {"seq":N,"time":"...; empty where a line does not begin so.
std::string_view time_in_front(std::string_view line) {
  constexpr std::string_view name = R"(,"time":")";
  const auto begin = line.find(',');
  if (begin == line.npos || !line.substr(begin).starts_with(name)) return {};
  line.remove_prefix(begin + name.size());
  return line.substr(0, line.find('"'));
}

// How JSON writes a text that begins so, or `is_whole`; empty where that takes an escape.
std::string in_json(const std::string& text, bool is_whole = true) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '/'; });
  return plain ? '"' + text + (is_whole ? "\"" : "") : "";
}

// The digits that all statuses of a range begin with: "4" of 400 to 499. They have three each.
std::string common_begin(const StatusRange& range) {
  const auto least = std::to_string(range.least), most = std::to_string(range.most);
  return {least.begin(), std::ranges::mismatch(least, most).in1};
}

}  // namespace

std::optional<StatusRange> parse_status_range(std::string_view text) {
  if (text == "none") return StatusRange{};
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '9') {
    const auto first = static_cast<std::uint64_t>(text[0] - '0') * 100;
    return StatusRange{first, first + 99};
  }
  const auto dash = text.find('-');
  const auto least = filters::parse_count(text.substr(0, dash));
  const auto most = dash == text.npos ? least : filters::parse_count(text.substr(dash + 1));
  if (!least || !most || *least < least_status || *most > most_status || *least > *most)
    return std::nullopt;
  return StatusRange{*least, *most};
}

RecordQuery::RecordQuery(RecordCriteria criteria) : criteria_(std::move(criteria)) {
  if (!criteria_.rules.empty()) {
    std::string fault;
    rules_ = filters::compile_globs(criteria_.rules, filters::Folding::exact, fault);
    if (!rules_) throw std::runtime_error("--rule: " + fault);
  }
  find_needles();
}

void RecordQuery::ask_for(const std::vector<std::string>& names,
                          const std::vector<std::string>& begins) {
  Needles needles;
  for (const auto& name : names)
    for (const auto& begin : begins) {
      if (begin.empty()) return;  // any line may have it
      needles.push_back('"' + name);
      needles.back().append("\":").append(begin);
    }
  if (!needles.empty()) needles_.push_back(std::move(needles));
}

void RecordQuery::find_needles() {
  if (!criteria_.device.empty()) ask_for({"device_token"}, {in_json(criteria_.device)});
  if (!criteria_.decision.empty()) ask_for({"decision"}, {in_json(criteria_.decision)});
  std::vector<std::string> begins;
  for (const auto& rule : criteria_.rules) {
    const auto star = rule.find('*');
    begins.push_back(in_json(rule.substr(0, star), star == rule.npos));
  }
  ask_for({"rule"}, begins);
  begins.clear();
  for (const auto& method : criteria_.methods) begins.push_back(in_json(method));
  ask_for({"http.request.method", "http.request.method_original"}, begins);
  begins.clear();
  for (const auto& range : criteria_.statuses) {
    if (range.least == 0) return;  // no attribute
    begins.push_back(common_begin(range));
  }
  ask_for({"http.response.status_code"}, begins);
}

bool RecordQuery::in_time(AuditTime time) const {
  return (!criteria_.since || time >= *criteria_.since) &&
         (!criteria_.until || time < *criteria_.until);
}

bool RecordQuery::may_match(std::string_view line) const {
  if (criteria_.since || criteria_.until)
    if (const auto time = parse_timestamp(time_in_front(line)); time && !in_time(*time))
      return false;
  return std::ranges::all_of(needles_, [&](const Needles& needles) {
    return std::ranges::any_of(needles, [&](const auto& needle) { return contains(line, needle); });
  });
}

bool RecordQuery::has_status(const AuditRecord& record) const {
  if (criteria_.statuses.empty()) return true;
  if (record.text("decision").empty()) return false;  // a gap: there is no exchange
  const auto status = record.number("http.response.status_code").value_or(0);
  return std::ranges::any_of(criteria_.statuses, [&](const StatusRange& range) {
    return status >= range.least && status <= range.most;
  });
}

bool RecordQuery::has_method(const AuditRecord& record) const {
  if (criteria_.methods.empty()) return true;
  const auto has = [&](std::string_view attribute) {
    return std::ranges::find(criteria_.methods, record.text(attribute)) != criteria_.methods.end();
  };
  return has("http.request.method") || has("http.request.method_original");
}

bool RecordQuery::matches(const AuditRecord& record) const {
  const auto has = [&](std::string_view attribute, std::string_view wanted) {
    return wanted.empty() || record.text(attribute) == wanted;
  };
  return in_time(record.time()) && has("decision", criteria_.decision) &&
         has("device_token", criteria_.device) && has_status(record) && has_method(record) &&
         (!rules_ || std::ranges::any_of(record.rules(), [&](std::string_view rule) {
           return rules_->matches(rule);
         }));
}

}  // namespace proxy
