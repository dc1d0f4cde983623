// prefgate: see proxy/cli.hpp. Everything that is an exception anywhere ends here.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "proxy/cli.hpp"
#include "proxy/explain.hpp"
#include "proxy/recycled_memory.hpp"
#include "proxy/server.hpp"

int main(int argc, char** argv) {
  // First, while OpenSSL holds nothing yet. Without it everything works, and costs more.
  (void)proxy::use_recycled_memory_for_openssl();
  // A peer that is gone is an error of `send`, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return proxy::run(
        argc, argv, {.serve = proxy::serve, .explain = proxy::explain},
        {.in = std::cin,
         .out = std::cout,
         .err = std::cerr,
         .colour = proxy::takes_colour(isatty(STDOUT_FILENO) == 1, std::getenv("NO_COLOR"),
                                       std::getenv("TERM"))});
  } catch (const std::exception& error) {
    std::cerr << "prefgate: " << error.what() << '\n';
    return 1;
  }
}
