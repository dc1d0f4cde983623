#include "bench/load/target.hpp"

#include <netdb.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "proxy/addresses.hpp"

namespace load {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* all) const { freeaddrinfo(all); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) throw std::runtime_error("cannot resolve " + host + ": " + gai_strerror(error));
  return Addresses(found);
}

// 0, or why not.
int try_to_connect(const addrinfo& address) {
  const int descriptor = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int error = connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

}  // namespace

Target resolve(const std::string& url, const std::optional<std::filesystem::path>& ca) {
  std::string_view fault;
  const auto origin = proxy::parse_origin(url, fault);
  if (!origin) throw std::runtime_error("the URL is not good: " + std::string(fault));
  Target target{.url = url, .authority = origin->authority, .host = origin->host, .tls = {}};
  if (origin->tls) target.tls = proxy::make_client_context(ca);
  const auto addresses = look_up(origin->host, origin->port);
  int error = 0;
  for (const auto* each = addresses.get(); each != nullptr; each = each->ai_next) {
    error = try_to_connect(*each);
    if (error != 0) continue;
    std::memcpy(&target.address, each->ai_addr, each->ai_addrlen);
    target.address_size = each->ai_addrlen;
    return target;
  }
  throw std::runtime_error("cannot connect to " + url + ": " +
                           std::generic_category().message(error) + ": is it running?");
}

}  // namespace load
