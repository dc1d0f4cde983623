#include "tests/support/name_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tests {
namespace {

constexpr const char* program = "/usr/sbin/dnsmasq";

// 0, or a port that is free for both. Of TCP first: connections that a test has had, and that are
// over, still hold ports of it for a minute.
std::uint16_t free_port() {
  const int stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  const bool both = bind(stream, any, size) == 0 && getsockname(stream, any, &size) == 0 &&
                    bind(datagrams, any, size) == 0;
  close(stream);
  close(datagrams);
  return both ? ntohs(address.sin_port) : std::uint16_t{0};
}

}  // namespace

NameServer::NameServer(const std::string& hosts) {
  REQUIRE_MESSAGE(std::filesystem::exists(program), "run `tests/install test`");
  folder_.write("hosts", hosts);
  for (int tries = 0; !start(); ++tries) REQUIRE(tries < 20);
}

// False where the port is another's: between our look and its own somebody may have taken it.
bool NameServer::start() {
  port_ = free_port();
  if (port_ == 0) return false;
  // Through a shell, so that what it logs can be read line by line; `exec` keeps the process.
  server_ = std::make_unique<Process>(std::vector<std::string>{
      "/bin/sh", "-c", R"(exec "$0" "$@" 2>&1)", program, "--no-daemon", "--conf-file=/dev/null",
      "--no-resolv", "--no-hosts", "--addn-hosts=" + (folder_.path() / "hosts").string(),
      "--local=/test/", "--local-ttl=1", "--listen-address=127.0.0.1", "--bind-interfaces",
      "--port=" + std::to_string(port_)});
  for (;;) {
    const auto line = server_->line();
    if (line.find("failed to create listening socket") != line.npos) return false;
    if (line.find("read ") != line.npos) return true;
  }
}

void NameServer::tell(const std::string& hosts) {
  folder_.write("hosts", hosts);
  server_->send(SIGHUP);
  while (server_->line().find("read ") == std::string::npos) continue;
}

}  // namespace tests
