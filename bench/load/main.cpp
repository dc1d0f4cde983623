// prefgate-load: see bench/README.md and --help.
#include <csignal>
#include <exception>
#include <iostream>

#include "bench/load/options.hpp"
#include "bench/load/run.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of a write
  const auto parsed = load::parse_options(argc, argv, std::cout, std::cerr);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  try {
    return load::run(std::get<load::Options>(parsed), std::cin, std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << "prefgate-load: " << error.what() << '\n';
    return 2;
  }
}
