#include "tests/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace tests {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
  static int release(int& end) { return std::exchange(end, -1); }
};

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry = *each;
    const auto replaced = [&](const auto& pair) { return entry.starts_with(pair.first + "="); };
    if (std::none_of(added.begin(), added.end(), replaced)) all.emplace_back(entry);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

fs::path binary(std::string_view name) {
  return fs::read_symlink("/proc/self/exe").parent_path() / name;
}

fs::path project() {
  for (fs::path at = binary(".").parent_path(); at != at.root_path(); at = at.parent_path())
    if (fs::exists(at / "certs/make_certs")) return at;
  throw std::runtime_error("no project folder above the test binary");
}

fs::path development_certificates() {
  static const fs::path folder = [] {
    // One folder for each test binary: two may run at the same time.
    fs::path made = fs::read_symlink("/proc/self/exe");
    made += "-certs";
    const auto result = run({project() / "certs/make_certs", made});
    if (result.status != 0) throw std::runtime_error("make_certs: " + result.errors);
    return made;
  }();
  return folder;
}

Process::Process(std::vector<std::string> command, Options options) {
  Pipe input;
  Pipe output;
  Pipe errors;
  Pipe started;  // closed by a successful exec, else it carries errno
  if (options.input.size() > 65'536) throw std::runtime_error("input does not fit the pipe");
  if (!options.input.empty() && write(input.write, options.input.data(), options.input.size()) !=
                                    static_cast<ssize_t>(options.input.size()))
    fail("write");
  auto environment = environment_with(options.environment);
  const auto arguments = pointers(command);
  const auto variables = pointers(environment);
  const pid_t parent = getpid();

  id_ = fork();
  if (id_ < 0) fail("fork");
  if (id_ == 0) {  // only async-signal-safe calls from here on
    const auto ready = [&] {
      if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return false;
      if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) return false;
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      std::signal(SIGPIPE, SIG_DFL);
      return dup2(input.read, 0) == 0 && dup2(output.write, 1) == 1 && dup2(errors.write, 2) == 2;
    };
    if (ready()) execvpe(arguments[0], arguments.data(), variables.data());
    const int error = errno;
    [[maybe_unused]] const auto told = write(started.write, &error, sizeof error);
    _exit(127);
  }
  Pipe::close_end(started.write);
  int error = 0;
  if (read(started.read, &error, sizeof error) == sizeof error) {
    waitpid(id_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "can't start " + command[0]);
  }
  handle_ = static_cast<int>(syscall(SYS_pidfd_open, id_, 0));
  collector_ = std::thread([this, out = Pipe::release(output.read),
                            err = Pipe::release(errors.read)] { collect(out, err); });
}

Process::~Process() {
  if (status_ < 0) {
    send(SIGKILL);
    reap(milliseconds(-1));
  }
  collector_.join();
  if (handle_ >= 0) close(handle_);
}

void Process::collect(int output, int errors) {
  std::array<pollfd, 2> ends{pollfd{output, POLLIN, 0}, pollfd{errors, POLLIN, 0}};
  std::array<char, 16'384> buffer{};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (poll(ends.data(), ends.size(), -1) < 0) continue;
    for (auto& end : ends) {
      if (end.fd < 0 || end.revents == 0) continue;
      const ssize_t got = read(end.fd, buffer.data(), buffer.size());
      const std::lock_guard lock(mutex_);
      if (got > 0) {
        (end.fd == output ? output_ : errors_).append(buffer.data(), static_cast<std::size_t>(got));
      } else {
        close(end.fd);
        end.fd = -1;
      }
      changed_.notify_all();
    }
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::string Process::line(milliseconds within) {
  std::unique_lock lock(mutex_);
  std::size_t end = std::string::npos;
  const bool in_time = changed_.wait_for(lock, within, [&] {
    end = output_.find('\n', lines_read_);
    return end != std::string::npos || ended_;
  });
  if (end == std::string::npos)
    throw std::runtime_error((in_time ? "the program ended without a further line: "
                                      : "the program printed no line in time: ") +
                             errors_);
  std::string text = output_.substr(lines_read_, end - lines_read_);
  lines_read_ = end + 1;
  return text;
}

void Process::send(int signal) const {
  if (status_ >= 0) return;
  kill(id_, signal);
  siginfo_t ignored{};
  while (signal == SIGSTOP &&
         waitid(P_PID, static_cast<id_t>(id_), &ignored, WSTOPPED | WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
}

// Negative: for ever. True once status_ holds how it ended.
bool Process::reap(milliseconds within) {
  if (status_ >= 0) return true;
  pollfd end{handle_, POLLIN, 0};
  while (poll(&end, 1, static_cast<int>(within.count())) < 0 && errno == EINTR) {
  }
  if (within.count() >= 0 && (end.revents & POLLIN) == 0) return false;
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

int Process::wait(milliseconds within) {
  if (!reap(within)) throw std::runtime_error("the program did not end in time");
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, within, [&] { return ended_; }))
    throw std::runtime_error("a child of the program keeps its output open");
  return status_;
}

int Process::stop(milliseconds within) {
  send(SIGTERM);
  return wait(within);
}

std::string Process::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string Process::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

Finished run(std::vector<std::string> command, Process::Options options, milliseconds within) {
  Process process(std::move(command), std::move(options));
  const int status = process.wait(within);
  return {status, process.output(), process.errors()};
}

}  // namespace tests
