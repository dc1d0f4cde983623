#include "tests/support/scripted_upstream.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/support/process.hpp"

namespace tests {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string lowered(std::string_view text) {
  std::string copy(text);
  for (char& c : copy)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return copy;
}

// Bytes of a whole chunked body at the start of `text`, its trailers aside; 0: more to come.
std::size_t chunked_size(std::string_view text) {
  for (std::size_t at = 0;;) {
    const auto end = text.find("\r\n", at);
    if (end == std::string_view::npos) return 0;
    const auto size = std::stoul(std::string(text.substr(at, end - at)), nullptr, 16);
    at = end + 2 + size + 2;
    if (at > text.size()) return 0;
    if (size == 0) return at;
  }
}

}  // namespace

ScriptedUpstream::Peer::~Peer() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool ScriptedUpstream::Peer::fill() {
  std::array<char, 65'536> chunk;  // NOLINT: filled before it is read
  if (descriptor_ < 0) return false;
  owner_.wait_for(descriptor_, POLLIN);
  const auto got = recv(descriptor_, chunk.data(), chunk.size(), 0);
  if (got <= 0) return false;
  input_.append(chunk.data(), static_cast<std::size_t>(got));
  const std::lock_guard lock(owner_.mutex_);
  owner_.bytes_ += static_cast<std::size_t>(got);
  return true;
}

std::size_t ScriptedUpstream::Peer::whole_body(std::size_t head_size) const {
  const auto head = lowered(std::string_view(input_).substr(0, head_size));
  if (head.find("\r\ntransfer-encoding: chunked\r\n") != std::string::npos) {
    const auto size = chunked_size(std::string_view(input_).substr(head_size));
    return size == 0 ? 0 : head_size + size;
  }
  constexpr std::string_view name = "\r\ncontent-length: ";
  const auto at = head.find(name);
  const auto length = at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
  return input_.size() < head_size + length ? 0 : head_size + length;
}

std::string ScriptedUpstream::Peer::head() {
  for (;;) {
    const auto end = input_.find("\r\n\r\n");
    if (end != std::string::npos) {
      auto text = input_.substr(0, end + 4);
      input_.erase(0, end + 4);
      return text;
    }
    if (!fill()) return {};
  }
}

std::string ScriptedUpstream::Peer::request() {
  for (;;) {
    const auto end = input_.find("\r\n\r\n");
    if (const auto size = end == std::string::npos ? 0 : whole_body(end + 4); size > 0) {
      auto text = input_.substr(0, size);
      input_.erase(0, size);
      const std::lock_guard lock(owner_.mutex_);
      owner_.requests_.push_back(text);
      owner_.changed_.notify_all();
      return text;
    }
    if (!fill()) return {};
  }
}

std::string ScriptedUpstream::Peer::read_some() {
  if (input_.empty() && !fill()) return {};
  return std::exchange(input_, {});
}

bool ScriptedUpstream::Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (descriptor_ < 0) return false;
    owner_.wait_for(descriptor_, POLLOUT);
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void ScriptedUpstream::Peer::reset() {
  const linger now{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(std::exchange(descriptor_, -1));
}

void ScriptedUpstream::Peer::finish_sending() {
  shutdown(descriptor_, SHUT_WR);
}

void ScriptedUpstream::Peer::wait_for_end() {
  while (fill()) input_.clear();
}

ScriptedUpstream::ScriptedUpstream(Script script, std::string address, std::uint16_t port)
    : script_(std::move(script)), address_(std::move(address)), port_(port) {
  listen();
}

ScriptedUpstream::ScriptedUpstream(Forbidden)
    : script_([](Peer& peer) { peer.request(); }), forbidden_(true) {
  listen();
}

ScriptedUpstream::~ScriptedUpstream() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto told = write(stop_, &one, sizeof one);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  if (listener_ >= 0) close(listener_);
  close(stop_);
  if (!forbidden_) return;
  const auto first = requests_.empty() ? std::string("nothing whole") : requests_.front();
  CHECK_MESSAGE(connections_ == 0, "the upstream was reached by what must be rejected: ",
                first.substr(0, first.find('\r')));
}

void ScriptedUpstream::listen() {
  stop_ = eventfd(0, EFD_CLOEXEC);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  socklen_t size = sizeof address;
  const int reuse = 1;  // of a port that the test had before
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  if (inet_pton(AF_INET, address_.c_str(), &address.sin_addr) != 1 ||
      bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 1024) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    fail("a listening socket");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

// Takes also what waits in the queue when the upstream goes: a forbidden one counts all.
void ScriptedUpstream::accept_all() {
  for (bool last = false; !last;) {
    try {
      wait_for(listener_, POLLIN);
    } catch (const Gone&) {
      last = true;
    }
    for (;;) {
      const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) {
        last = last || errno == EINVAL;  // see stop_listening
        break;
      }
      const int on = 1;
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::lock_guard lock(mutex_);
      const auto number = ++connections_;
      threads_.emplace_back([this, accepted, number] { run(accepted, number); });
    }
  }
}

void ScriptedUpstream::run(int descriptor, std::size_t number) {
  Peer peer(*this, descriptor, number);
  try {
    script_(peer);
  } catch (const Gone&) {  // NOLINT: the end
  }
}

void ScriptedUpstream::wait_for(int descriptor, short event) const {
  std::array<pollfd, 2> ends{pollfd{descriptor, event, 0}, pollfd{stop_, POLLIN, 0}};
  while (poll(ends.data(), ends.size(), -1) < 0 && errno == EINTR) {
  }
  if (ends[1].revents != 0) throw Gone{};
}

std::vector<std::string> ScriptedUpstream::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t ScriptedUpstream::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::size_t ScriptedUpstream::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void ScriptedUpstream::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return requests_.size() >= count; }))
    throw std::runtime_error("the upstream got " + std::to_string(requests_.size()) +
                             " requests, not " + std::to_string(count));
}

// The acceptor thread may be waiting in it: shut down, not closed.
void ScriptedUpstream::stop_listening() {
  shutdown(listener_, SHUT_RDWR);
}

ScriptedUpstream::Script ScriptedUpstream::always(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    while (!peer.request().empty() && peer.send(answer)) {
    }
  };
}

ScriptedUpstream::Script ScriptedUpstream::once(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    if (!peer.request().empty()) peer.send(answer);
  };
}

std::string ScriptedUpstream::ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

bool Gate::wait(milliseconds within) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, within, [this] { return open_; });
}

}  // namespace tests
