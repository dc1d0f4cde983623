// Exchange: one request and its answer on their way through the chain. The host fills in `request`,
// `now` and the rest of the first block; filters read and write the others. Public fields,
// because every filter's job is to look at and change some of them. Lives in a slot of the host's
// worker for as long as the exchange lasts; everything in it points into its arena or the host's
// read buffer.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filters/arena.hpp"
#include "filters/contract/contract.hpp"
#include "filters/document.hpp"
#include "filters/edits.hpp"
#include "filters/http.hpp"
#include "filters/journal.hpp"
#include "filters/policy/compliance.hpp"
#include "filters/rate_limiter.hpp"
#include "filters/secret_hash.hpp"
#include "filters/verdict.hpp"

namespace filters {

// A wrong spelling of a field whose value disagrees with the one the field already has.
struct Conflict {
  std::uint32_t member = Document::root;
  std::uint8_t field = 0;
};

// Who asks. Tokens are secrets: raw text, for use and never for output.
struct Identity {
  std::string_view bearer_token;
  std::string_view device_token;  // decoded, after repair
  // By the host, as is the rest of what it knows of the client.
  std::string_view client_address;            // "127.0.0.1"
  std::span<const std::string> client_names;  // of its certificate: DNS and URI names
  const SecretHash* hash = nullptr;           // none where nothing is recorded: offline
};

// What a filter wants of the body of the upstream's answer. A later one includes those before.
enum class AnswerBody : std::uint8_t {
  pass,  // nothing: it goes by as it comes
  copy,  // to look at it, once it has gone by
  hold,  // to look at it, and edit it, before any of it goes on
};

struct Exchange {
  explicit Exchange(Arena& memory)
      : arena(memory),
        request(memory),
        response(memory),
        query(memory),
        body(memory),
        conflicts(&memory),
        query_conflicts(&memory),
        query_edits(memory),
        body_edits(memory),
        answer(memory),
        answer_edits(memory),
        journal(memory),
        compliance(memory) {
    fields.fill(Document::root);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Arena& arena;
  Request request;
  std::chrono::system_clock::time_point now;  // sampled once, by the host
  std::string_view request_id;                // the client's if well-formed, else the host's own
  // What the contract says of this path; none: it is not governed. Outlives the exchange.
  const Endpoint* endpoint = nullptr;
  RateLimiter* limiter = nullptr;  // lent by the host; none where nothing is counted: offline
  bool governed() const { return endpoint != nullptr; }

  Response response;
  Identity identity;
  // Read by Repair. Spans are of the documents' sources: `request.query` as it came, and the body
  // as it came or, where it was a form or fields of the query went into it, the JSON made of it. A
  // member's name, text and type are what will be sent, so whoever judges or records sees the
  // repaired value.
  Document query;
  Document body;      // of a form that is none: Syntax::query
  Fault query_fault;  // the query is not one: `query` is empty then; Validate rejects for it
  Fault body_fault;   // likewise
  // The Content-Type is not JSON's, and Repair mends it where the body turns out to be JSON. Still
  // true after Repair: it did not, and Validate rejects for it.
  bool media_type_open = false;
  // By index in Endpoint::fields(): the member that carries the field, Document::root where none
  // does.
  std::array<std::uint32_t, Endpoint::most_fields> fields;
  std::pmr::vector<Conflict> conflicts;
  // Of a POST: members of the query that disagree about a field with the body or another of them.
  std::pmr::vector<Conflict> query_conflicts;
  Edits query_edits;
  Edits body_edits;
  // Of `response.body`, read and edited by Policy.
  Document answer;
  Edits answer_edits;
  Journal journal;
  Compliance compliance;
  Verdict verdict;
  Allowance allowance;  // of Reason::rate_limit

  // What goes upstream, once the chain has passed: set by `apply_edits`.
  std::string_view outgoing_query;
  std::string_view outgoing_body;

  // The document that carries the contract's fields: of a POST the body, else the query.
  const Document& parameters() const { return request.method == Method::post ? body : query; }
  Document& parameters() { return request.method == Method::post ? body : query; }
  // The member that carries a field, nullptr where none does.
  const Member* field(std::size_t index) const {
    return fields[index] == Document::root ? nullptr : &parameters().members[fields[index]];
  }
  Member* field(std::size_t index) {
    return fields[index] == Document::root ? nullptr : &parameters().members[fields[index]];
  }

  void apply_edits() {
    outgoing_query = query_edits.apply(request.query, arena);
    // The source is empty where nothing was read: what no filter looked at goes as it came.
    outgoing_body = body_edits.apply(body.source.empty() ? request.body : body.source, arena);
  }
};

}  // namespace filters
