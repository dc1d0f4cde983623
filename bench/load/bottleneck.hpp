// Was the generator itself what held a run up? Then its figures say nothing of the target. Judged
// from what was counted, not from a clock.
#pragma once

#include <string>

#include "bench/load/recorder.hpp"

namespace load {

// One sentence or two that say so, with what to do; empty: it was not.
// `most_busy`: the share of a second beyond which it had no time to spare.
std::string own_bottleneck(const Result& result, double most_busy);

}  // namespace load
