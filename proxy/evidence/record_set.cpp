#include "proxy/evidence/record_set.hpp"

#include <algorithm>
#include <iterator>

namespace proxy {

void RecordSet::add(RecordRange range) {
  if (range.begin >= range.end) return;
  auto at = ends_.upper_bound(range.begin);
  if (at != ends_.begin() && std::prev(at)->second >= range.begin) --at;
  while (at != ends_.end() && at->first <= range.end) {
    range.begin = std::min(range.begin, at->first);
    range.end = std::max(range.end, at->second);
    at = ends_.erase(at);
  }
  ends_.emplace(range.begin, range.end);
}

std::vector<RecordRange> RecordSet::held_of(RecordRange range) const {
  std::vector<RecordRange> held;
  auto at = ends_.upper_bound(range.begin);
  if (at != ends_.begin()) --at;
  for (; at != ends_.end() && at->first < range.end; ++at)
    if (at->second > range.begin)
      held.push_back({std::max(range.begin, at->first), std::min(range.end, at->second)});
  return held;
}

std::vector<RecordRange> RecordSet::missing_of(RecordRange range) const {
  std::vector<RecordRange> missing;
  for (const auto& held : held_of(range)) {
    if (range.begin < held.begin) missing.push_back({range.begin, held.begin});
    range.begin = held.end;
  }
  if (range.begin < range.end) missing.push_back(range);
  return missing;
}

}  // namespace proxy
