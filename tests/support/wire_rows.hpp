// WireRow: one row of the tables in tests/conformance, which say in bytes what one connection sends
// and what becomes of it. The tests and the comparison with other proxies read the same rows, so
// none is written twice. How a row is written is said at the head of bodies.txt. Read once a call;
// a row that cannot be read is thrown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tests {

struct WireRow {
  std::string section;
  std::string what;
  std::string bytes;
  std::vector<int> statuses;  // of the answers, in order; none: nothing is answered
  bool cut = false;           // a part may arrive on the other side, and never the whole
  bool ends = false;          // whoever sends the bytes then sends no more

  // Answered once, by a refusal, whatever would follow; nothing of it goes further.
  bool refused() const { return !cut && !ends && statuses.size() == 1 && statuses[0] >= 400; }
};

// All rows of tests/conformance/NAME.
std::vector<WireRow> wire_rows(std::string_view name);

}  // namespace tests
