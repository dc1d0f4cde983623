// run: everything that prefgate-load does, from options to the report and the exit status.
#pragma once

#include <iosfwd>

#include "bench/load/options.hpp"

namespace load {

inline constexpr int good = 0, not_as_expected = 1, wrong_usage = 2, own_fault = 3;

// `in` is for the token. Reports to `out`, and says what goes wrong on `err`, where a line of
// progress is drawn if it is a terminal. Throws std::runtime_error where nothing can be sent.
int run(const Options& options, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace load
