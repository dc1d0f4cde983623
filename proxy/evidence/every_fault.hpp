// every_fault: what became of each record that is not as it was signed, in the log's order. Called
// when the records' root is not the signed one; scans once more. Where the stored tree is damaged
// it cannot, and find_fault tells what can still be told.
#pragma once

#include <optional>
#include <vector>

#include "proxy/evidence/find_fault.hpp"

namespace proxy {

// None where the stored tree does not have what was signed. `goes_on`: records may follow those
// that the checkpoint signs. At most 100, and one more that says how many others there are.
std::optional<std::vector<LogFault>> every_fault(const FirstScan& first,
                                                 const Checkpoint& checkpoint, bool goes_on,
                                                 unsigned threads);

}  // namespace proxy
