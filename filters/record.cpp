#include "filters/record.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "filters/json_text.hpp"
#include "filters/path_alone.hpp"
#include "filters/record_limits.hpp"

namespace filters {
namespace {

using namespace record_limits;

std::string_view to_string(Decision decision) {
  return decision == Decision::forwarded ? "forwarded" : "rejected";
}
std::string_view to_string(Ending ending) {
  constexpr std::array<std::string_view, 6> words{
      "none", "answered", "client_aborted", "upstream_aborted", "ready", "begun"};
  return words[static_cast<std::size_t>(ending)];
}
std::string_view to_string(Delivery delivery) {
  constexpr std::array<std::string_view, 4> words{"none", "no", "unknown", "yes"};
  return words[static_cast<std::size_t>(delivery)];
}

// One record being written; remembers which of its texts had to be cut.
class Writer {
 public:
  Writer(const Exchange& exchange, const Outcome& outcome, std::pmr::memory_resource& memory)
      : exchange_(exchange),
        outcome_(outcome),
        json_(memory, record_bound(exchange, outcome.level)) {}

  std::string_view render() {
    const auto time = rfc3339(exchange_.now);
    json_.begin_object();
    plain("time", {time.data(), time.size()});
    write_decision();
    write_times();
    write_connection();
    write_request();
    write_upstream();
    text("prefgate.bearer_token", outcome_.bearer_hash, hash_limit);
    text("prefgate.device_token", outcome_.device_hash, hash_limit);
    if (has_values()) write_fields();
    if (outcome_.level >= RecordLevel::full) write_answer();
    write_journal();
    if (cuts_ > 0) {
      json_.key("prefgate.cut");
      json_.begin_array();
      for (std::size_t i = 0; i < cuts_; ++i) json_.plain(cut_[i]);
      json_.end_array();
    }
    json_.end_object();
    return json_.text();
  }

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

void Writer::write_decision() {
  const auto& verdict = exchange_.verdict;
  text("prefgate.id", exchange_.request_id, id_limit);
  plain("prefgate.decision", to_string(outcome_.decision));
  if (verdict.rejected()) {
    plain("prefgate.reason", info(verdict.reason).token);
    text("prefgate.detail", verdict.detail, words_limit);
  }
  plain("prefgate.ending", to_string(outcome_.ending));
  plain("prefgate.delivery", to_string(outcome_.delivery));
  boolean("prefgate.governed", exchange_.governed());
  // Of records that do not say it, and of those made before there were others, it is `request`.
  if (outcome_.level != RecordLevel::request)
    plain("prefgate.level", filters::to_string(outcome_.level));
  text("prefgate.policy", outcome_.policy, hash_limit);
  text("prefgate.contract", outcome_.contract, token_limit);
  text("prefgate.config", outcome_.config, token_limit);
  text("host.name", outcome_.node, token_limit);
}

// What there was none of is left out.
void Writer::write_times() {
  number("prefgate.duration_us", static_cast<std::uint64_t>(outcome_.duration.count()));
  for (const auto& [name, time] : {std::pair{"prefgate.chain_us", outcome_.chain},
                                   std::pair{"prefgate.queue_us", outcome_.queue},
                                   std::pair{"prefgate.connect_us", outcome_.connect},
                                   std::pair{"prefgate.first_byte_us", outcome_.first_byte},
                                   std::pair{"prefgate.write_us", outcome_.write}})
    if (time.count() > 0) number(name, static_cast<std::uint64_t>(time.count()));
}

void Writer::write_connection() {
  text("client.address", outcome_.client_address, token_limit);
  if (outcome_.client_port != 0) number("client.port", outcome_.client_port);
  text("network.protocol.version", outcome_.protocol_version, token_limit);
  text("url.scheme", outcome_.scheme, token_limit);
}

// Only the path of the target: a query holds the device token.
void Writer::write_request() {
  // The methods that the conventions know; any other is `_OTHER`, with its name beside it.
  constexpr std::array<std::string_view, 9> methods{"GET",     "POST",    "PUT",   "HEAD", "DELETE",
                                                    "OPTIONS", "CONNECT", "TRACE", "PATCH"};
  const auto& request = exchange_.request;
  if (std::ranges::find(methods, request.method_name) != methods.end()) {
    plain("http.request.method", request.method_name);
  } else if (!request.method_name.empty()) {
    plain("http.request.method", "_OTHER");
    text("http.request.method_original", request.method_name, token_limit);
  }
  const auto path = exchange_.governed() ? request.path : path_alone(request.path);
  text("url.path", path, path_limit);
  if (path.size() < request.path.size()) note_cut("url.path");
  text("server.address", request.authority, host_limit);
  if (const auto* agent = request.headers.find(FieldId::user_agent))
    text("user_agent.original", agent->value, user_agent_limit);
  number("http.request.body.size", outcome_.request_body_bytes);
  if (outcome_.status != 0) {
    number("http.response.status_code", static_cast<std::uint64_t>(outcome_.status));
    if (outcome_.ending != Ending::begun)
      number("http.response.body.size", outcome_.response_body_bytes);
  }
}

void Writer::write_upstream() {
  if (outcome_.upstream_address.empty() && outcome_.failure.empty()) return;
  text("prefgate.upstream.address", outcome_.upstream_address, host_limit);
  if (outcome_.upstream_status != 0)
    number("prefgate.upstream.status", static_cast<std::uint64_t>(outcome_.upstream_status));
  text("prefgate.upstream.failure", outcome_.failure, token_limit);
  text("prefgate.upstream.request_id", outcome_.upstream_request_id, id_limit);
  boolean("prefgate.upstream.reused", outcome_.upstream_reused);
  boolean("prefgate.upstream.retried", outcome_.retried);
  number("prefgate.upstream.duration_us",
         static_cast<std::uint64_t>(outcome_.upstream_duration.count()));
}

bool accepted(const ContractField& field, const Member& member) {
  return member.type == Type::string && !member.dropped && field.matches(member.text);
}

// As they leave, and only what the contract accepts: anything else may be a slip of any kind, a
// token in the wrong place among them.
void Writer::write_fields() {
  if (!exchange_.governed()) return;
  const auto fields = exchange_.endpoint->fields();
  bool begun = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto* member = exchange_.field(i);
    if (member == nullptr || fields[i].secret || fields[i].type != FieldType::string ||
        !accepted(fields[i], *member))
      continue;
    if (!begun) {
      json_.key("prefgate.fields");
      json_.begin_object();
      begun = true;
    }
    text(fields[i].name, member->text, field_limit);
  }
  if (begun) json_.end_object();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto* const map = exchange_.field(i);
    if (fields[i].type == FieldType::object_of_booleans && map && map->type == Type::object &&
        !map->dropped)
      write_preferences("prefgate.preferences", exchange_.parameters(), exchange_.fields[i],
                        JsonText::unlimited);
  }
}

// Booleans under names that the contract accepts, and nothing else.
void Writer::write_preferences(std::string_view name, const Document& document,
                               std::uint32_t holder, std::size_t most_bytes) {
  const auto& members = document.members;
  const auto& endpoint = *exchange_.endpoint;
  json_.key(name);
  json_.begin_object();
  const auto begin = json_.text().size();
  std::size_t written = 0;
  for (auto i = holder + 1; i < members[holder].next && written < endpoint.preferences().most;
       i = members[i].next) {
    const auto& member = members[i];
    if (member.dropped || member.type != Type::boolean ||
        !endpoint.valid_preference_name(member.name))
      continue;
    const auto size = member.name.size() + std::string_view(R"("":false,)").size();
    if (size > most_bytes - (json_.text().size() - begin)) {
      note_cut(name);
      break;
    }
    json_.flag(member.name, member.text == "true");  // of letters that need no escapes
    ++written;
  }
  json_.end_object();
}

// The rest of its body is anybody's text: it is told by its digest.
void Writer::write_answer() {
  if (!exchange_.governed()) return;
  text("prefgate.answer.digest", outcome_.answer_digest, hash_limit);
  if (outcome_.answer_preferences != Document::root)
    write_preferences("prefgate.answer.preferences", exchange_.answer, outcome_.answer_preferences,
                      answer_limit);
}

void Writer::write_journal() {
  const auto& journal = exchange_.journal;
  if (journal.empty()) return;
  write_entries("prefgate.edits", Kind::edit, journal.edits());
  write_entries("prefgate.findings", Kind::finding, journal.findings());
  write_entries("prefgate.violations", Kind::violation, journal.violations());
}

void Writer::write_entries(std::string_view name, Kind kind, std::size_t all) {
  if (all == 0) return;
  std::size_t kept = 0;
  json_.key(name);
  json_.begin_array();
  for (const auto& entry : exchange_.journal) {
    if (entry.kind != kind) continue;
    write_entry(entry);
    ++kept;
  }
  json_.end_array();
  if (kept == all) return;
  number(kind == Kind::finding ? "prefgate.findings_count" : "prefgate.violations_count", all);
}

// An edit is a JSON Patch operation (RFC 6902) that turns what came into what left, with what the
// patch format leaves out beside it. A finding has an operation where its rule would have edited.
void Writer::write_entry(const Entry& entry) {
  json_.begin_object();
  json_.key("rule");
  json_.string(entry.rule, pointer_limit);
  plain("mode", filters::to_string(entry.mode));
  plain("in", filters::to_string(entry.place));
  if (entry.operation != Operation::none) plain("op", filters::to_string(entry.operation));
  if (!entry.from.empty()) {
    json_.key("from");
    json_.string(entry.from, pointer_limit);
  }
  json_.key("path");
  json_.string(entry.pointer, pointer_limit);
  if (entry.secret) {
    boolean("secret", true);
  } else if (has_values()) {
    // Of a finding or violation the old value stays out: nobody has accepted it. What is stored was
    // accepted, and is what the finding is about.
    if (entry.kind != Kind::violation) write_value("value", entry.after);
    if (entry.kind == Kind::edit || entry.place == Place::answer)
      write_value("before", entry.before);
  }
  if (!entry.message.empty()) {
    json_.key("message");
    json_.string(entry.message, words_limit);
  }
  if (has_values() && !entry.suggestion.empty()) {  // made of a value
    json_.key("suggestion");
    json_.string(entry.suggestion, pointer_limit);
  }
  json_.end_object();
}

void Writer::write_value(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  json_.key(name);
  json_.json(value, value_limit);
}

}  // namespace

std::string_view render_record(const Exchange& exchange, const Outcome& outcome,
                               std::pmr::memory_resource& memory) {
  return Writer(exchange, outcome, memory).render();
}

}  // namespace filters
