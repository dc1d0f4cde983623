#include "proxy/query/progress_bar.hpp"

#include <algorithm>
#include <ostream>
#include <string>

#include "proxy/evidence/counted.hpp"

namespace proxy {
namespace {

constexpr std::uint64_t nothing_drawn = 101;
constexpr std::size_t width = 30;  // of the bar

}  // namespace

void ProgressBar::show(std::uint64_t done, std::uint64_t found) {
  if (!out_ || whole_ == 0) return;
  const auto percent = std::min(done, whole_) * 100 / whole_;
  if (percent == percent_) return;
  percent_ = percent;
  std::string bar(width * percent / 100, '#');
  bar.resize(width, '.');
  *out_ << "\r[" << bar << "] " << percent << " %, " << counted(found, "record") << std::flush;
}

void ProgressBar::clear() {
  if (!out_ || percent_ == nothing_drawn) return;
  percent_ = nothing_drawn;
  *out_ << "\r\x1B[K" << std::flush;
}

}  // namespace proxy
