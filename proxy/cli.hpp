// The command line: which commands there are, what they take, and the exit status: 0 yes, 1 no,
// 2 wrong usage or unreadable input. Runs on the main thread. What `serve` and `explain` do is
// handed in, so that a test can see what would be done.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>

#include "proxy/config.hpp"
#include "proxy/explain.hpp"

namespace proxy {

struct Commands {
  std::function<int(const Config&)> serve;
  std::function<int(const Config&, std::istream& request, std::ostream& out, ReportForm)> explain;
};

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool colour = false;      // `out` is where somebody looks at it, see takes_colour
  std::size_t columns = 0;  // of the terminal that `out` is; 0: it is none
  bool progress = false;    // `err` is a terminal, and `out` is not
};

// Whether what is printed to standard output may be coloured: on a terminal that can, unless the
// environment's NO_COLOR is set to anything (no-color.org). Unset variables are null.
bool takes_colour(bool terminal, const char* no_color, const char* term);

int run(int argc, const char* const* argv, const Commands& commands, Streams streams);

}  // namespace proxy
