// prefgate: see proxy/cli.hpp. Everything that is an exception anywhere ends here.
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "proxy/cli.hpp"
#include "proxy/explain.hpp"
#include "proxy/recycled_memory.hpp"
#include "proxy/server.hpp"

namespace {

// Of the terminal that standard output is; 0 where it is none.
std::size_t terminal_columns() {
  if (isatty(STDOUT_FILENO) != 1) return 0;
  constexpr std::size_t usual = 80;
  winsize size{};
  const bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return told ? size.ws_col : usual;
}

}  // namespace

int main(int argc, char** argv) {
  // First, while OpenSSL holds nothing yet. Without it everything works, and costs more.
  (void)proxy::use_recycled_memory_for_openssl();
  // A peer that is gone is an error of `send`, and a file that may not grow one of `write`: neither
  // is the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return proxy::run(argc, argv, {.serve = proxy::serve, .explain = proxy::explain},
                      {.in = std::cin,
                       .out = std::cout,
                       .err = std::cerr,
                       .colour = proxy::takes_colour(isatty(STDOUT_FILENO) == 1,
                                                     std::getenv("NO_COLOR"), std::getenv("TERM")),
                       .columns = terminal_columns(),
                       .progress = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) != 1});
  } catch (const std::exception& error) {
    std::cerr << "prefgate: " << error.what() << '\n';
    return 1;
  }
}
