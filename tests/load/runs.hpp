// Whole runs of prefgate-load, within the test: the command line in, what came of it out.
#pragma once

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <sstream>
#include <string>
#include <vector>

#include "bench/load/run.hpp"
#include "proxy/read_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tests {

struct Ran {
  int status;
  std::string out, err;
  rapidjson::Document json;  // null where there is none
};

// With the options of a machine that others use, too: the generator is never to blame.
inline Ran load_with(std::vector<std::string> arguments) {
  const TemporaryDirectory folder;
  const auto file = folder.path() / "result.json";
  arguments.insert(arguments.begin(), "prefgate-load");
  for (const auto* each : {"--late", "1h", "--busy", "100%", "--warmup", "0s", "--json"})
    arguments.emplace_back(each);
  arguments.push_back(file);
  std::vector<const char*> words;
  words.reserve(arguments.size());
  for (const auto& each : arguments) words.push_back(each.c_str());
  std::istringstream in;
  std::ostringstream out, err;
  const auto options = load::parse_options(static_cast<int>(words.size()), words.data(), out, err);
  REQUIRE_MESSAGE(std::holds_alternative<load::Options>(options), err.str());
  Ran ran{load::run(std::get<load::Options>(options), in, out, err), out.str(), err.str(), {}};
  const auto text = proxy::read_file(file, 1 << 20).text;
  if (!text.empty()) ran.json.Parse(text.c_str());
  return ran;
}

inline std::string local(std::uint16_t port, const std::string& scheme = "http") {
  return scheme + "://127.0.0.1:" + std::to_string(port);
}

inline std::uint64_t count(const Ran& ran, const char* name) {
  return ran.json[name].GetUint64();
}

inline double latency(const Ran& ran, const char* name) {
  return ran.json["latency_us"][name].GetDouble();
}

}  // namespace tests
