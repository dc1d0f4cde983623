#include "tests/support/name_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tests {
namespace {

constexpr const char* program = "/usr/sbin/dnsmasq";

std::uint16_t free_port() {
  const int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(probe, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(probe);
  REQUIRE(bound);
  return ntohs(address.sin_port);
}

}  // namespace

NameServer::NameServer(const std::string& hosts) : port_(free_port()) {
  REQUIRE_MESSAGE(std::filesystem::exists(program), "run `tests/install test`");
  const auto file = folder_.write("hosts", hosts);
  // Through a shell, so that what it logs can be read line by line; `exec` keeps the process.
  server_ = std::make_unique<Process>(std::vector<std::string>{
      "/bin/sh", "-c", R"(exec "$0" "$@" 2>&1)", program, "--no-daemon", "--conf-file=/dev/null",
      "--no-resolv", "--no-hosts", "--addn-hosts=" + file.string(), "--local=/test/",
      "--local-ttl=1", "--listen-address=127.0.0.1", "--bind-interfaces",
      "--port=" + std::to_string(port_)});
  while (server_->line().find("read ") == std::string::npos) continue;
}

void NameServer::tell(const std::string& hosts) {
  folder_.write("hosts", hosts);
  server_->send(SIGHUP);
  while (server_->line().find("read ") == std::string::npos) continue;
}

}  // namespace tests
