#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <csignal>
#include <memory>

#include "tests/support/certificates.hpp"
#include "tests/support/exchange.hpp"
#include "tests/support/files.hpp"
#include "tests/support/kubernetes.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

// The certificate that the client was shown, in PEM.
std::string shown_to(const Client& client) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(client.tls()), X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(text.get(), certificate.get());
  char* start = nullptr;
  const long size = BIO_get_mem_data(text.get(), &start);
  return {start, static_cast<std::size_t>(size)};
}

struct World {
  TemporaryDirectory folder;
  Certificate ca = make_ca(folder.path());
  Certificate one = make_leaf(folder.path(), ca, "one", {"localhost"});
  Certificate two = make_leaf(folder.path(), ca, "two", {"localhost"});
  ConfigMap served{pair(one, one)};

  static ConfigMap::Files pair(const Certificate& certificate, const Certificate& key) {
    return {{"gateway.pem", read_file(certificate.certificate)},
            {"gateway.key", read_file(key.private_key)}};
  }
  Client client(const RunningGateway& gateway) const {
    return Client(gateway.tls_port(), {.ca = ca.certificate});
  }
  // Until a new connection is shown this one: each worker takes it over on its own thread.
  bool serves(const RunningGateway& gateway, const Certificate& certificate) const {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until)
      if (shown_to(client(gateway)) == read_file(certificate.certificate)) return true;
    return false;
  }
};

}  // namespace

TEST_CASE("a renewed certificate is served without a restart, and open connections go on") {
  World world;
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(),
                         {.certificates = world.served.file("gateway.pem").parent_path()});
  auto early = world.client(gateway);
  CHECK(shown_to(early) == read_file(world.one.certificate));
  CHECK(early.exchange(good_get()).status == 200);

  world.served.publish(World::pair(world.two, world.two));
  gateway.wait_for("a file of TLS has changed: certificates, keys and trust are read again");
  CHECK(world.serves(gateway, world.two));
  CHECK(early.exchange(good_get()).status == 200);
  CHECK(shown_to(early) == read_file(world.one.certificate));

  world.served.publish(World::pair(world.one, world.two));
  const auto fault = gateway.wait_for("not taken over, what was in force stays");
  CHECK(fault.find("gateway.key does not belong to the certificate") != fault.npos);
  CHECK(world.serves(gateway, world.two));
}

TEST_CASE("SIGHUP takes over certificates under other names, and says nothing of a restart") {
  const World world;
  const ScriptedUpstream upstream(ScriptedUpstream::always(ScriptedUpstream::ok()));
  RunningGateway gateway(upstream.url(),
                         {.certificates = world.served.file("gateway.pem").parent_path()});
  auto text = read_file(gateway.config());
  const auto put = [&](const std::string& old, const std::filesystem::path& file) {
    text.replace(text.find(old), old.size(), file.string());
  };
  put(world.served.file("gateway.pem").string(), world.two.certificate);
  put(world.served.file("gateway.key").string(), world.two.private_key);
  gateway.folder().write("prefgate.yaml", text);
  gateway.send(SIGHUP);
  gateway.wait_for("SIGHUP: certificates, keys and trust are read again");
  CHECK(gateway.printed().find("waits for a restart") == std::string::npos);
  CHECK(world.serves(gateway, world.two));
}
