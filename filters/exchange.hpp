// Exchange: one request and its answer on their way through the chain. The host fills in `request`,
// `now` and the rest of the first block; filters read and write the others. Public fields,
// because every filter's job is to look at and change some of them. Lives in a slot of the host's
// worker for as long as the exchange lasts; everything in it points into its arena or the host's
// read buffer.
#pragma once

#include <chrono>
#include <memory_resource>
#include <string_view>

#include "filters/arena.hpp"
#include "filters/document.hpp"
#include "filters/edits.hpp"
#include "filters/http.hpp"
#include "filters/journal.hpp"
#include "filters/verdict.hpp"

namespace filters {

// Secrets: raw text, for use and never for output.
struct Identity {
  std::string_view bearer_token;
  std::string_view device_token;  // decoded, after repair
};

struct Exchange {
  explicit Exchange(Arena& memory)
      : arena(memory),
        request(memory),
        response(memory),
        query(memory),
        body(memory),
        query_edits(memory),
        body_edits(memory),
        journal(memory) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Arena& arena;
  Request request;
  std::chrono::system_clock::time_point now;  // sampled once, by the host
  std::string_view request_id;                // the client's if well-formed, else the host's own
  bool governed = false;                      // the contract has this path: the chain applies

  Response response;
  Identity identity;
  Document query;  // read by Repair
  Document body;   // read by Repair; `source` is request.body
  Edits query_edits;
  Edits body_edits;
  Journal journal;
  Verdict verdict;

  // What goes upstream, once the chain has passed: set by `apply_edits`.
  std::string_view outgoing_query;
  std::string_view outgoing_body;

  void apply_edits() {
    outgoing_query = query_edits.apply(request.query, arena);
    outgoing_body = body_edits.apply(request.body, arena);
  }
};

}  // namespace filters
