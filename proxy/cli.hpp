// The command line: which commands there are, what they take, and the exit status: 0 yes, 1 no,
// 2 wrong usage or unreadable input. Runs on the main thread. What `serve` and `explain` do is
// handed in, so that a test can see what would be done.
#pragma once

#include <functional>
#include <iosfwd>

#include "proxy/config.hpp"

namespace proxy {

struct Commands {
  std::function<int(const Config&)> serve;
  std::function<int(const Config&, std::istream& request, std::ostream& out, bool json)> explain;
};

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

int run(int argc, const char* const* argv, const Commands& commands, Streams streams);

}  // namespace proxy
