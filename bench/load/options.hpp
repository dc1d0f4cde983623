// Options: what the command line asks of prefgate-load, checked and with its units read. A plain
// value. The bearer token is read from a file, so that no process list and no history shows it.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bench/load/driver.hpp"
#include "bench/load/schedule.hpp"
#include "bench/load/workload.hpp"

namespace load {

using Path = std::filesystem::path;

// What a preference is to be stored as, whatever was sent; none: not at all.
using Governed = std::map<std::string, std::optional<bool>>;

struct Options {
  std::string url;
  std::optional<Path> ca;
  std::string token_file;  // empty: a token is made up; "-": standard input
  std::vector<Rate> rates{{1000, 1000}};
  std::string rate_text = "1000";
  Nanoseconds duration = std::chrono::seconds(10);
  Nanoseconds warmup = std::chrono::seconds(1);
  double most_busy = 0.95;                // of a second: beyond that it had no time to spare
  Nanoseconds in_time = milliseconds(1);  // a request that leaves later than it could is late
  Pace pace;
  Mix mix;

  std::optional<Nanoseconds> find_max;  // the p99 to be held

  std::string verify_url;  // empty: nothing is verified
  std::optional<Path> verify_ca;
  Governed governed;

  std::optional<Path> replay;  // the directory of records
  double speed = 1;

  std::optional<Path> json, html;
};

// The options, or the exit status where there is nothing to do: 0 after --help, 2 after an error,
// each of which is said.
std::variant<Options, int> parse_options(int argc, const char* const* argv, std::ostream& out,
                                         std::ostream& err);

// The token in that file, without its line end; a made-up one, as long as a real one, where none is
// named. Throws std::runtime_error that names the file and never what is in it.
std::string read_token(const std::string& file, std::istream& in);

}  // namespace load
