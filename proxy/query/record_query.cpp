#include "proxy/query/record_query.hpp"

#include <string.h>

#include <algorithm>
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

// What stands in JSON as itself.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '/'; });
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

void RecordQuery::find_needles() {
  const auto ask_for = [&](Needles needles) {
    if (!needles.empty()) needles_.push_back(std::move(needles));
  };
  if (!criteria_.device.empty()) ask_for({R"("prefgate.device_token":")" + criteria_.device + '"'});
  if (!criteria_.decision.empty()) ask_for({R"("prefgate.decision":")" + criteria_.decision + '"'});
  Needles rules;
  for (const auto& rule : criteria_.rules) {
    const auto star = rule.find('*');
    const auto begin = rule.substr(0, star);
    if (!is_plain(begin)) return;  // any line may have it
    rules.push_back(R"("rule":")" + begin + (star == rule.npos ? "\"" : ""));
  }
  ask_for(std::move(rules));
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
  if (record.text("prefgate.decision").empty()) return false;  // a gap: there is no exchange
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
  return in_time(record.time()) && has("prefgate.decision", criteria_.decision) &&
         has("prefgate.device_token", criteria_.device) && has_status(record) &&
         has_method(record) &&
         (!rules_ || std::ranges::any_of(record.rules(), [&](std::string_view rule) {
           return rules_->matches(rule);
         }));
}

}  // namespace proxy
