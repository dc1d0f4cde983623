// ExplainReport: an exchange that has been through the chain, written for a person or a script.
// Reads the journal and nothing else of what the filters did; shows no token. `explain` makes it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "filters/exchange.hpp"
#include "proxy/marked_text.hpp"

namespace proxy {

// What `explain` found out. Secrets are blotted out of everything that is text here.
struct Explanation {
  explicit Explanation(const filters::Exchange& of) : exchange(of) {}

  const filters::Exchange& exchange;
  std::vector<std::string_view> reached;  // names of the filters that had a say
  std::string_view rejected_by;           // name of a filter, "" where none rejected it
  bool rate_limited = false;              // a limit is configured; it cannot be judged here
  // Of a request that is forwarded, for the upstream:
  std::string head;   // up to and with the empty line
  std::string body;   // framed
  MarkedText query;   // of the request line
  MarkedText edited;  // the body, framed
};

// For a person; `colour` for a terminal alone.
void report_text(const Explanation& explanation, bool colour, std::ostream& out);
// For a script: one JSON object on one line. Its shape is in README.md.
void report_json(const Explanation& explanation, std::ostream& out);

// 0 where it would be forwarded, 1 where it would be rejected.
int exit_status(const Explanation& explanation);

}  // namespace proxy
