// The names of a client's certificate, as rules ask about them.
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "tests/support/tls_peers.hpp"

using namespace tests;
using proxy::TlsEngine;

namespace {

// A client that shows `files`, up to the end of the handshake.
std::vector<std::string> names_seen(const TlsWorld& world, const Certificate* files) {
  const auto context = world.server_with(world.leaf, files != nullptr);
  if (files) {
    REQUIRE(SSL_CTX_use_certificate_file(world.client.get(), files->certificate.c_str(),
                                         SSL_FILETYPE_PEM) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(world.client.get(), files->private_key.c_str(),
                                        SSL_FILETYPE_PEM) == 1);
  }
  TlsPeer server(TlsEngine::Server{}, context);
  TlsPeer client(TlsEngine::Client{}, world.client, "localhost", nullptr);
  converse(client, server);
  REQUIRE(server.established);
  const auto first = server.engine.peer_names();
  // Once more, resumed: the certificate is not shown again, and its names are known all the same.
  const auto session = client.engine.take_session();
  REQUIRE(session);
  TlsPeer again(TlsEngine::Server{}, context);
  TlsPeer returning(TlsEngine::Client{}, world.client, "localhost", session.get());
  converse(returning, again);
  REQUIRE(again.established);
  REQUIRE(again.engine.resumed());
  CHECK(again.engine.peer_names() == first);
  return first;
}

}  // namespace

TEST_CASE("a client's certificate has its DNS names, and none where none is shown") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const TlsWorld world(version);
    CHECK(names_seen(world, nullptr).empty());
    const auto tablet = make_leaf(world.folder.path(), world.ca, "tablet",
                                  {"tablet7.depot.example", "10.0.0.1", "b.example"});
    CHECK(names_seen(world, &tablet) ==
          std::vector<std::string>{"tablet7.depot.example", "b.example"});
  }
}
