#include "proxy/replay_audit.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

class Replaying {
 public:
  Replaying(const std::filesystem::path& directory, const filters::PolicyDiff& empty,
            const ReplayWindow& window)
      : window_(window), reader_(list_segments(directory)), whole_(empty) {}

  // On any thread: block after block, to the end or a fault.
  void work(filters::PolicyDiff diff) {
    try {
      while (const auto block = next()) replay(*block, diff);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!fault_) fault_ = std::current_exception();
    }
    const std::scoped_lock lock(mutex_);
    whole_.merge(std::move(diff));
  }

  filters::PolicyDiff result() {
    if (fault_) std::rethrow_exception(fault_);
    return std::move(whole_);
  }

 private:
  std::optional<LineBlock> next() {
    const std::scoped_lock lock(mutex_);
    return fault_ ? std::nullopt : reader_.next();
  }

  void replay(const LineBlock& block, filters::PolicyDiff& diff) const {
    std::string_view text = block.text;
    if (block.torn) text = text.substr(0, text.rfind('\n') + 1);
    std::optional<std::uint64_t> last;
    for_each_line(text, [&](std::string_view line) {
      if (outside_window(line) || diff.add(line)) {
        last = seq_of(line);
        return;
      }
      throw std::runtime_error(reader_.segments()[block.segment].file.string() + ": " +
                               (last ? "behind record " + std::to_string(*last) + " " : "") +
                               "is a line that is no record: `prefgate audit verify` says more");
    });
  }

  // What tells no time is left to whoever says what is wrong with it.
  bool outside_window(std::string_view line) const {
    constexpr std::string_view before = R"("time":")";
    const auto at = line.substr(0, 64).find(before);  // behind `seq`
    if (at == line.npos) return false;
    const auto text = line.substr(at + before.size());
    const auto time = parse_timestamp(text.substr(0, text.find('"')));
    return time && (*time < window_.since || *time >= window_.until);
  }

  const ReplayWindow window_;
  std::mutex mutex_;
  SegmentReader reader_;
  filters::PolicyDiff whole_;
  std::exception_ptr fault_;
};

}  // namespace

filters::PolicyDiff replay_audit(const std::filesystem::path& directory,
                                 const filters::PolicyDiff& empty, unsigned threads,
                                 const ReplayWindow& window) {
  Replaying replaying(directory, empty, window);
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < std::max(1U, threads); ++i)
    others.emplace_back([&] { replaying.work(empty); });
  replaying.work(empty);
  others.clear();
  return replaying.result();
}

}  // namespace proxy
