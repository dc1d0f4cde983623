#include "filters/answer.hpp"

#include <algorithm>
#include <charconv>
#include <memory_resource>
#include <vector>

#include "filters/json_text.hpp"

namespace filters {
namespace {

// Names in pointers are short by the journal's own care; these are the last line of it.
constexpr std::size_t name_limit = 256;
constexpr std::size_t words_limit = 512;

using Violations = std::pmr::vector<const Entry*>;

Violations violations_of(const Exchange& exchange) {
  Violations violations(&exchange.arena);
  for (const auto& entry : exchange.journal)
    if (entry.kind == Kind::violation && violations.size() < Journal::violations_kept)
      violations.push_back(&entry);
  return violations;
}

// What `messages` calls the place of a violation: "/platform" is "platform",
// "/notification_preferences/alarm" is "notification_preferences.alarm", the whole body is "body".
std::string_view name_of(const Entry& entry, Arena& arena) {
  auto pointer = entry.pointer;
  if (!pointer.starts_with('/')) return to_string(entry.place);
  pointer.remove_prefix(1);
  if (pointer.find_first_of("/~") == std::string_view::npos) return pointer;
  char* const start = arena.bytes(pointer.size());
  char* to = start;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '~' && i + 1 < pointer.size())  // RFC 6901 section 4
      *to++ = pointer[++i] == '1' ? '/' : '~';
    else
      *to++ = pointer[i] == '/' ? '.' : pointer[i];
  }
  return {start, static_cast<std::size_t>(to - start)};
}

// "validation failed: platform must be one of ios, android"
std::string_view error_text(const Exchange& exchange, const Violations& violations) {
  const auto message = info(exchange.verdict.reason).message;
  auto& arena = exchange.arena;
  if (!exchange.verdict.detail.empty()) return arena.join({message, ": ", exchange.verdict.detail});
  if (violations.empty()) return message;
  const auto& first = *violations.front();
  return arena.join({message, ": ", name_of(first, arena), " ", first.message});
}

void write_messages(JsonText& json, const Violations& violations, Arena& arena) {
  std::pmr::vector<std::string_view> names(&arena);
  for (const auto* entry : violations) names.push_back(name_of(*entry, arena));
  json.begin_object();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto here = names.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(names.begin(), here, names[i]) != here) continue;
    json.string_key(names[i], name_limit);
    json.begin_array();
    for (std::size_t j = i; j < names.size(); ++j)
      if (names[j] == names[i]) json.string(violations[j]->message, words_limit);
    json.end_array();
  }
  json.end_object();
}

void write_violations(JsonText& json, const Violations& violations) {
  json.begin_array();
  for (const auto* entry : violations) {
    json.begin_object();
    json.key("in");
    json.plain(to_string(entry->place));
    json.key("pointer");
    json.string(entry->pointer, name_limit);
    json.key("rule");
    json.string(entry->rule, name_limit);
    json.key("message");
    json.string(entry->message, words_limit);
    if (!entry->suggestion.empty()) {
      json.key("suggestion");
      json.string(entry->suggestion, name_limit);
    }
    json.end_object();
  }
  json.end_array();
}

// The upstream's own envelope.
void write_envelope(JsonText& json, const Exchange& exchange, const Violations& violations) {
  const auto count = exchange.journal.violations();
  auto& arena = exchange.arena;
  json.begin_object();
  json.key("response");
  json.json("null", 4);
  json.key("error");
  json.string(error_text(exchange, violations), words_limit);
  json.key("error_description");
  json.string(violations.empty()
                  ? exchange.verdict.detail
                  : arena.join({arena.decimal(count), count == 1 ? " violation" : " violations"}),
              words_limit);
  if (!violations.empty()) {
    json.key("messages");
    write_messages(json, violations, arena);
    json.key("violations");
    write_violations(json, violations);
  }
  json.end_object();
}

// A request id may hold characters that a URI may not.
bool fits_uri(std::string_view id) {
  return !id.empty() && std::ranges::all_of(id, [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  });
}

// RFC 9457.
void write_problem(JsonText& json, const Exchange& exchange, const Violations& violations) {
  const auto& row = info(exchange.verdict.reason);
  auto& arena = exchange.arena;
  json.begin_object();
  json.key("type");
  json.string(arena.join({"urn:prefgate:problem:", row.token}));
  json.key("title");
  json.string(row.message);
  json.key("status");
  json.number(std::int64_t{exchange.verdict.status()});
  json.key("detail");
  json.string(error_text(exchange, violations), words_limit);
  if (fits_uri(exchange.request_id)) {
    json.key("instance");
    json.string(arena.join({"urn:prefgate:request:", exchange.request_id}));
  }
  if (!violations.empty()) {
    json.key("violations");
    write_violations(json, violations);
  }
  json.end_object();
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Cuts the part before `separator` off `text`.
std::string_view next_part(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// `q=0`, `q=0.000`: not acceptable (RFC 9110 section 12.4.2).
bool refuses(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto parameter = next_part(parameters, ';');
    if (parameter.size() > 2 && lower(parameter[0]) == 'q' && parameter[1] == '=')
      return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

// Whether the client names application/problem+json; a range such as */* does not.
bool wants_problem(const Headers& headers) {
  for (const auto& field : headers) {
    if (field.id != FieldId::accept) continue;
    for (auto list = field.value; !list.empty();) {
      auto range = next_part(list, ',');
      if (equal_ignoring_case(next_part(range, ';'), "application/problem+json"))
        return !refuses(range);
    }
  }
  return false;
}

// RFC 6750 section 3.1: no error code where the request brought no bearer token at all.
std::string_view challenge(const Headers& headers) {
  for (const auto& field : headers) {
    auto value = field.value;
    if (field.id == FieldId::authorization && equal_ignoring_case(next_part(value, ' '), "bearer"))
      return R"(Bearer realm="prefgate", error="invalid_token")";
  }
  return R"(Bearer realm="prefgate")";
}

// The three fields that gateways and their clients have long agreed on, as they were in
// draft-ietf-httpapi-ratelimit-headers up to -06; later ones have another form, which few read. The
// two times are the same: some clients of this API wait for the longer.
void append_rate_limit(Exchange& exchange) {
  auto& arena = exchange.arena;
  auto& headers = exchange.response.headers;
  const auto& [burst, wait] = exchange.allowance;
  const auto left = arena.decimal(static_cast<std::uint64_t>(wait.count()));
  headers.append(FieldId::retry_after, "Retry-After", left);
  headers.append("RateLimit-Limit", arena.decimal(burst));
  headers.append("RateLimit-Remaining", "0");
  headers.append("RateLimit-Reset", left);
}

}  // namespace

// What passes on paths that are not governed: CONNECT and TRACE do not.
constexpr std::string_view other_methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

void make_answer(Exchange& exchange) {
  const int status = exchange.verdict.status();
  auto& response = exchange.response;
  response.status = status;
  response.reason = status_phrase(status);
  response.headers = Headers(exchange.arena);
  const bool problem = wants_problem(exchange.request.headers);
  response.headers.append(FieldId::content_type, "Content-Type",
                          problem ? "application/problem+json" : "application/json");
  if (status == 401)
    response.headers.append("WWW-Authenticate", challenge(exchange.request.headers));
  if (status == 405)
    response.headers.append(
        FieldId::allow, "Allow",
        exchange.governed() ? exchange.endpoint->allowed_methods() : other_methods);
  if (exchange.verdict.reason == Reason::rate_limit) append_rate_limit(exchange);
  if (status == 503) response.headers.append(FieldId::retry_after, "Retry-After", "1");

  const auto violations = violations_of(exchange);
  JsonText json(exchange.arena, 512);
  if (problem)
    write_problem(json, exchange, violations);
  else
    write_envelope(json, exchange, violations);
  response.body = json.text();
}

void decorate(Exchange& exchange, Origin origin, Delivery delivery) {
  auto& headers = exchange.response.headers;
  headers.remove(FieldId::x_prefgate);  // an upstream's word on this gateway is not its own
  if (!exchange.request_id.empty())
    headers.set(FieldId::x_request_id, "x-request-id", exchange.request_id);
  const bool ours = origin == Origin::gateway;
  headers.append(FieldId::x_prefgate, "x-prefgate-origin", ours ? "gateway" : "upstream");
  if (const auto rules = rules_header(exchange.journal, exchange.arena); !rules.empty())
    headers.append(FieldId::x_prefgate, "x-prefgate-rules", rules);
  if (!ours) return;
  const int status = exchange.response.status;
  const bool failed = status == 502 || status == 504;
  if (failed && (delivery == Delivery::no || delivery == Delivery::unknown))
    headers.append(FieldId::x_prefgate, "x-prefgate-delivery",
                   delivery == Delivery::no ? "no" : "unknown");
  // It has acted, and all that is wrong is that this cannot be recorded.
  if (status == 503 && delivery == Delivery::yes)
    headers.append(FieldId::x_prefgate, "x-prefgate-delivery", "yes");
}

std::string_view rules_header(const Journal& journal, std::pmr::memory_resource& memory) {
  constexpr std::size_t limit = 256;
  std::pmr::vector<std::string_view> ids(&memory);
  for (const auto& entry : journal) {
    if (entry.mode == Mode::off || entry.mode == Mode::observe) continue;
    // Many edits of one rule come in a row.
    if (!ids.empty() && ids.back() == entry.rule) continue;
    if (std::ranges::find(ids, entry.rule) == ids.end()) ids.push_back(entry.rule);
  }
  if (ids.empty()) return {};
  constexpr std::size_t room_for_count = 22;
  auto* const start = static_cast<char*>(memory.allocate(limit + room_for_count, 1));
  char* to = start;
  std::size_t shown = 0;
  for (; shown < ids.size(); ++shown) {
    const std::size_t comma = shown > 0 ? 1 : 0;
    if (static_cast<std::size_t>(to - start) + comma + ids[shown].size() > limit) break;
    if (comma > 0) *to++ = ',';
    to = std::ranges::copy(ids[shown], to).out;
  }
  if (shown < ids.size()) {
    if (shown > 0) *to++ = ',';
    *to++ = '+';
    to = std::to_chars(to, start + limit + room_for_count, ids.size() - shown).ptr;
  }
  return {start, static_cast<std::size_t>(to - start)};
}

}  // namespace filters
