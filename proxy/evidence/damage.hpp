// Damage: segments that cannot be read as such: a compressed one that was altered or cut, a line of
// no end. What the stored tree has of their records stands in for these, so that the rest can be
// looked at; whether it was right to believe it, the signed root says. For verify_log; it blocks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "proxy/evidence/segments.hpp"

namespace proxy {

struct Damage {
  std::map<std::size_t, std::string> segments;  // which, and what is wrong
  std::uint64_t size = 0;  // records of the log, for where the last segment is one of them
};

// Reads all of them, to the end. Throws std::runtime_error naming a file that cannot be opened.
std::map<std::size_t, std::string> find_damage(const std::vector<Segment>& segments);

}  // namespace proxy
