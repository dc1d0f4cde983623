// Repair: reads the query and the body, and mends what is certainly a slip: misspelt field names,
// letter case, types, invisible characters. A rule below `enforce` only writes what it would do.
// Everything it changes is a minimal edit with a journal entry. It never renames inside the
// preferences map: the set of names there is open, and real names lie one edit apart.
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
};

class Repair {
 public:
  static constexpr std::string_view name = "repair";
  Repair(const Contract& contract, RepairModes modes) : contract_(contract), modes_(modes) {}

  // Fills exchange.query and exchange.body; rejects what is not a query or not JSON.
  // Names repeated, or a wrong and a right name that disagree, become violations in the journal:
  // Validate rejects for them together with all others.
  Verdict on_body(Exchange& exchange) const;

 private:
  const Contract& contract_;
  RepairModes modes_;
};

}  // namespace filters
