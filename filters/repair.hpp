// Repair: reads the query and the body, and mends what is certainly a slip: misspelt field names,
// letter case, types, invisible characters, fields in the wrong place, a form where JSON belongs. A
// rule below `enforce` only writes what it would do. Everything it changes is a minimal edit with a
// journal entry. It never renames inside the preferences map: the set of names there is open, and
// real names lie one edit apart.
#pragma once

#include <string_view>

#include "filters/contract/contract.hpp"
#include "filters/exchange.hpp"

namespace filters {

struct RepairModes {
  Mode alias = Mode::enforce;
  Mode nearest = Mode::enforce;
  Mode value = Mode::enforce;
  Mode type = Mode::enforce;
  Mode invisible = Mode::enforce;
  Mode placement = Mode::warn;
  Mode encoding = Mode::enforce;
};

class Repair {
 public:
  static constexpr std::string_view name = "repair";
  // `upstream_names`: with `documented`, the page's own spellings are right in a query and stay.
  explicit Repair(RepairModes modes, ParameterNames upstream_names = ParameterNames::canonical)
      : modes_(modes), upstream_names_(upstream_names) {}

  // Says in exchange.media_type_open whether a Content-Type that is not JSON's can be mended once
  // the body is there. Never rejects.
  Verdict on_head(Exchange& exchange) const;
  // Fills exchange.query, .body, .fields, .conflicts, .query_conflicts, .identity.device_token and
  // the edits, and mends the Content-Type. Never rejects: what is no query, no JSON and no form is
  // left as a fault, names repeated and wrong spellings that disagree with the right one are left
  // in the documents and the conflicts. Validate judges them, together with everything else.
  Verdict on_body(Exchange& exchange) const;

 private:
  RepairModes modes_;
  ParameterNames upstream_names_;
};

}  // namespace filters
