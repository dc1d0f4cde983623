#include "filters/record.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "filters/path_alone.hpp"
#include "filters/record_limits.hpp"
#include "filters/record_writer.hpp"

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

}  // namespace

std::string_view RecordWriter::render() {
  const auto time = rfc3339(exchange_.now);
  json_.begin_object();
  plain("time", {time.data(), time.size()});
  write_decision();
  write_times();
  write_connection();
  write_request();
  write_upstream();
  text("bearer_token", outcome_.bearer_hash, hash_limit);
  text("device_token", outcome_.device_hash, hash_limit);
  if (has_values()) write_fields();
  if (outcome_.level >= RecordLevel::full) write_answer();
  write_journal();
  if (cuts_ > 0) {
    json_.key("cut");
    json_.begin_array();
    for (std::size_t i = 0; i < cuts_; ++i) json_.plain(cut_[i]);
    json_.end_array();
  }
  json_.end_object();
  return json_.text();
}

void RecordWriter::write_decision() {
  const auto& verdict = exchange_.verdict;
  text("id", exchange_.request_id, id_limit);
  plain("decision", to_string(outcome_.decision));
  if (verdict.rejected()) {
    plain("reason", info(verdict.reason).token);
    text("detail", verdict.detail, words_limit);
  }
  plain("ending", to_string(outcome_.ending));
  plain("delivery", to_string(outcome_.delivery));
  boolean("governed", exchange_.governed());
  // Of records that do not say it, and of those made before there were others, it is `request`.
  if (outcome_.level != RecordLevel::request) plain("level", filters::to_string(outcome_.level));
  text("policy", outcome_.policy, hash_limit);
  text("contract", outcome_.contract, token_limit);
  text("config", outcome_.config, token_limit);
  text("host.name", outcome_.node, token_limit);
}

// What there was none of is left out.
void RecordWriter::write_times() {
  number("duration_us", static_cast<std::uint64_t>(outcome_.duration.count()));
  for (const auto& [name, time] :
       {std::pair{"chain_us", outcome_.chain}, std::pair{"queue_us", outcome_.queue},
        std::pair{"connect_us", outcome_.connect}, std::pair{"first_byte_us", outcome_.first_byte},
        std::pair{"write_us", outcome_.write}})
    if (time.count() > 0) number(name, static_cast<std::uint64_t>(time.count()));
}

void RecordWriter::write_connection() {
  text("client.address", outcome_.client_address, token_limit);
  if (outcome_.client_port != 0) number("client.port", outcome_.client_port);
  text("network.protocol.version", outcome_.protocol_version, token_limit);
  text("url.scheme", outcome_.scheme, token_limit);
}

// Only the path of the target: a query holds the device token.
void RecordWriter::write_request() {
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

// A connection of its own, and a first try that went well, are not worth a word.
void RecordWriter::write_upstream() {
  if (outcome_.upstream_address.empty() && outcome_.failure.empty()) return;
  text("upstream.address", outcome_.upstream_address, host_limit);
  if (outcome_.upstream_status != 0)
    number("upstream.status", static_cast<std::uint64_t>(outcome_.upstream_status));
  text("upstream.failure", outcome_.failure, token_limit);
  text("upstream.request_id", outcome_.upstream_request_id, id_limit);
  if (outcome_.upstream_reused) boolean("upstream.reused", true);
  if (outcome_.retried) boolean("upstream.retried", true);
  number("upstream.duration_us", static_cast<std::uint64_t>(outcome_.upstream_duration.count()));
}

std::string_view render_record(const Exchange& exchange, const Outcome& outcome,
                               std::pmr::memory_resource& memory) {
  return RecordWriter(exchange, outcome, memory).render();
}

}  // namespace filters
