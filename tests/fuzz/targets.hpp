// The fuzz targets: each takes any bytes at all and checks what must hold for them, throwing
// fuzz::Broken where it does not. libFuzzer drives them one at a time (driver.cpp), the replay test
// runs all of them over the committed inputs (test_replay.cpp). How an input is laid out stands
// over each target's code. They keep no state between inputs that an input could change.
#pragma once

#include <stdexcept>
#include <string_view>

namespace fuzz {

void query(std::string_view input);
void form(std::string_view input);
void json(std::string_view input);
void request(std::string_view input);
void response(std::string_view input);
void tls(std::string_view input);
void chain(std::string_view input);
void config(std::string_view input);
void contract(std::string_view input);
void policy(std::string_view input);

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};

inline constexpr Target targets[] = {
    {"query", query},       {"form", form},     {"json", json},   {"request", request},
    {"response", response}, {"tls", tls},       {"chain", chain}, {"config", config},
    {"contract", contract}, {"policy", policy},
};

// A property that does not hold. Nothing catches it but the replay test: under libFuzzer it ends
// the process, which is how libFuzzer learns of it.
struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

inline void require(bool holds, const char* what) {
  if (!holds) throw Broken(what);
}

}  // namespace fuzz
