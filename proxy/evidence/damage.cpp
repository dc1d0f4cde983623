#include "proxy/evidence/damage.hpp"

#include "proxy/evidence/segment_reader.hpp"

namespace proxy {

std::map<std::size_t, std::string> find_damage(const std::vector<Segment>& segments) {
  std::map<std::size_t, std::string> found;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    try {
      SegmentReader reader({segments[i]});
      while (reader.next()) {
      }
    } catch (const DamagedSegment& damage) {
      found[i] = damage.what();
    }
  }
  return found;
}

}  // namespace proxy
