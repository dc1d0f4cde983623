// Process: a program a test has started. Owned by the test that made it,
// used from that test's thread; another thread of its own collects what the program prints, so that
// a full pipe never stalls it. The destructor kills it by its id and always reaps it; the kernel
// kills it too when the test dies first. Waits are bounded and throw when they run out.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tests {

using std::chrono::milliseconds;
inline constexpr milliseconds patience{20'000};  // of every wait, where a test gives no other

// A program that is built beside the running test binary: `binary("owner-api")`.
std::filesystem::path binary(std::string_view name);
// The project's root: the nearest folder above the test binary that holds certs/make_certs.
std::filesystem::path project();
// The folder of development certificates of this build, made on first use (see certs/README.md).
std::filesystem::path development_certificates();

class Process {
 public:
  struct Options {
    std::vector<std::pair<std::string, std::string>> environment;  // added to the test's own
    std::filesystem::path folder;                                  // to run in; empty: the test's
    std::string input;  // all of its standard input, at most 64 KiB
  };

  // Starts command[0] with the others as its arguments. Throws when it can't be started. The thread
  // that calls this must outlive the program: the kernel ties the two.
  explicit Process(std::vector<std::string> command) : Process(std::move(command), Options{}) {}
  Process(std::vector<std::string> command, Options options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t id() const { return id_; }
  // The next line of its standard output, without the line end. Throws at its end, with what it
  // wrote to standard error.
  std::string line(milliseconds within = patience);
  // Nothing when it has ended. After SIGSTOP each of its threads stands still: one that is not the
  // first to learn of it runs on for a while, longer where there is other work for the machine.
  void send(int signal) const;
  // Waits for its end: the exit status, or 128 + the signal that ended it.
  int wait(milliseconds within = patience);
  // SIGTERM, then wait.
  int stop(milliseconds within = patience);

  // What it has printed so far (all of it after wait); `output` includes the lines already read.
  std::string output() const;
  std::string errors() const;

 private:
  void collect(int output, int errors);
  bool reap(milliseconds within);

  pid_t id_ = -1;
  int handle_ = -1;  // pidfd
  int status_ = -1;  // of its end, once reaped
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;
  std::string errors_;
  std::size_t lines_read_ = 0;  // bytes of output_ that line() has returned
  bool ended_ = false;          // both pipes are at their end
  std::thread collector_;
};

// Runs a program to its end: `{status, output, errors}`.
struct Finished {
  int status;
  std::string output;
  std::string errors;
};
Finished run(std::vector<std::string> command, Process::Options options = {},
             milliseconds within = patience);

}  // namespace tests
