// Record: the audit line of one exchange, as one JSON object without a line end. What is in it is
// read off the exchange and its journal; what only the host knows comes in an Outcome. Secrets
// appear as the keyed hashes the host has made, values only where the contract accepted them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "filters/exchange.hpp"
#include "filters/record_level.hpp"

namespace filters {

// How an exchange ended. `none`: not yet.
enum class Ending : std::uint8_t {
  none,
  answered,          // the whole answer was handed to the client's connection
  client_aborted,    // the client went away, or was too slow, before that
  upstream_aborted,  // the upstream broke off in the middle of an answer already begun
  // The record had to be durable first (`durability: request`), so what came after is not in it:
  ready,  // the answer was whole, and waited for the record
  begun,  // so did the beginning of one that is not held whole; how long it became is not known
};
enum class Decision : std::uint8_t { forwarded, rejected };

struct Outcome {
  Decision decision = Decision::rejected;
  Ending ending = Ending::none;
  Delivery delivery = Delivery::none;
  int status = 0;            // sent to the client; 0: nothing was sent
  int upstream_status = 0;   // 0: none came
  std::string_view failure;  // of the upstream, a stable token ("connect_refused"), or empty
  bool upstream_reused = false;
  bool retried = false;
  std::string_view client_address;  // "127.0.0.1"
  std::uint16_t client_port = 0;
  std::string_view scheme;                // "http", "https"
  std::string_view protocol_version;      // "1.1"
  std::string_view upstream_address;      // "127.0.0.1:8443", empty where none was chosen
  std::uint64_t request_body_bytes = 0;   // received
  std::uint64_t response_body_bytes = 0;  // sent
  std::chrono::microseconds duration{};   // whole exchange, from its head on
  // Of that, where there was any: in the chain; waiting for room in the audit, or in line for a
  // connection; opening one; from the request's last byte out to the answer's head in; handing the
  // answer to the client's connection, the last of it where it is streamed.
  std::chrono::microseconds chain{};
  std::chrono::microseconds queue{};
  std::chrono::microseconds connect{};
  std::chrono::microseconds first_byte{};
  std::chrono::microseconds write{};
  std::chrono::microseconds upstream_duration{};  // from lease asked to last answer byte
  std::string_view bearer_hash;                   // "hmac-sha256:<key id>:<hex>" or empty
  std::string_view device_hash;
  std::string_view policy;  // "sha256:<hex>" of its file, or empty
  std::string_view config;  // likewise of the configuration, cut short
  std::string_view contract;
  std::string_view node;                 // this machine's name
  std::string_view upstream_request_id;  // what the answer calls it, or empty
  RecordLevel level = RecordLevel::request;
  // For level `full`: which member of `exchange.answer` holds the preferences that the client got,
  // Document::root where the answer shows none; the SHA-256 of its body, where there was one and
  // all of it is known.
  std::uint32_t answer_preferences = Document::root;
  std::optional<Digest> answer_digest;
};

// Of `outcome.level`, at least `metadata`. Ends in '}' and begins with '{"time":'; the writer puts
// `"seq":N,` after the brace. Names are those of OpenTelemetry's HTTP semantic conventions where
// these have one, else short ones of its own: each is written, hashed and compressed with every
// request. Never the query of the target, never the raw text of a secret. Long texts are cut, and
// "cut" lists which. Always one line of valid UTF-8, whatever the request held.
std::string_view render_record(const Exchange& exchange, const Outcome& outcome,
                               std::pmr::memory_resource& memory);

// Bytes of the record of any exchange that passes through, or is rejected before a field is read
// (its journal then has a few entries of the head's rules): to be reserved before it goes on. There
// are more than a hundred bytes to spare, for whoever frames or numbers records.
inline constexpr std::size_t least_record = 8 * 1024;
// Upper bound of this exchange's record from what its journal and documents hold now, whatever its
// outcome will be, at this level and those below; as much to spare.
std::size_t record_bound(const Exchange& exchange, RecordLevel level = RecordLevel::request);
// What the findings of an answer add to it at most; its edits are not in this.
inline constexpr std::size_t answer_findings_bound = Journal::findings_kept * 1024;

}  // namespace filters
