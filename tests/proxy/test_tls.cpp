#include "proxy/tls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/support/tls_peers.hpp"

namespace {

using proxy::SessionPtr;
using proxy::TlsEngine;
using tests::converse;
using tests::Pieces;
using tests::TlsPeer;
using tests::TlsWorld;
using Status = TlsEngine::Status;

constexpr TlsEngine::Server as_server;
constexpr TlsEngine::Client as_client;
constexpr std::array versions = {TLS1_2_VERSION, TLS1_3_VERSION};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (auto& byte : text) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

// OpenSSL's own object of the client, for what the engine rightly gives no access to.
SSL* last_seen = nullptr;
void watch(const SSL* ssl, int, int) {
  last_seen = const_cast<SSL*>(ssl);
}

TEST_CASE("two engines agree and understand each other, however the bytes are cut") {
  struct Case {
    Pieces pieces;
    std::size_t size;
  };
  const std::array cases = {Case{Pieces(), 1 << 20}, Case{Pieces(1), 40'000},
                            Case{Pieces(5), 40'000}, Case{Pieces(2000, 1), 1 << 20},
                            Case{Pieces(20'000, 2), 1 << 20}};
  for (const int version : versions) {
    TlsWorld world(version);
    for (const auto& [pieces, size] : cases) {
      CAPTURE(version);
      CAPTURE(size);
      TlsPeer server(as_server, world.server);
      TlsPeer client(as_client, world.client, "localhost", nullptr);
      converse(client, server, pieces);
      CHECK_MESSAGE(client.established, client.engine.error());
      REQUIRE_MESSAGE(server.established, server.engine.error());
      CHECK(server.engine.alpn() == "http/1.1");
      CHECK(client.engine.alpn() == "http/1.1");
      CHECK_FALSE(client.engine.resumed());

      const auto there = pattern(size);
      const std::string back(there.rbegin(), there.rend());
      REQUIRE(client.engine.write(there) == Status::ok);
      REQUIRE(server.engine.write(back) == Status::ok);
      converse(client, server, pieces);
      CHECK(server.received == there);
      CHECK(client.received == back);
      CHECK(server.status == Status::want_input);
      CHECK(server.engine.input().empty());
      CHECK(server.engine.output().empty());
    }
  }
}

TEST_CASE("every write arrives, whatever its size around a record's") {
  TlsWorld world;
  TlsPeer server(as_server, world.server);
  TlsPeer client(as_client, world.client, "localhost", nullptr);
  converse(client, server);
  std::string sent;
  for (const unsigned size : {0U, 1U, 16'383U, 16'384U, 16'385U, 65'536U, 65'537U}) {
    const auto text = pattern(size);
    REQUIRE(client.engine.write(text) == Status::ok);
    sent += text;
  }
  converse(client, server);
  CHECK(server.received == sent);
}

TEST_CASE("one read takes as many records as are there, up to the room given") {
  TlsWorld world;
  TlsPeer server(as_server, world.server);
  TlsPeer client(as_client, world.client, "localhost", nullptr);
  converse(client, server);
  for (const char* text : {"one ", "two ", "three"})
    REQUIRE(client.engine.write(text) == Status::ok);
  feed(server, take_output(client));
  std::array<char, 64> plain;
  const auto first = server.engine.read(std::span(plain).first(6));
  CHECK(std::string_view(plain.data(), first.size) == "one tw");
  const auto rest = server.engine.read(plain);
  CHECK(std::string_view(plain.data(), rest.size) == "o three");
  CHECK(server.engine.read(plain).status == Status::want_input);
}

TEST_CASE("a session is resumed, with client certificates too, and after an abrupt end") {
  for (const int version : versions) {
    for (const bool certificates : {false, true}) {
      CAPTURE(version);
      CAPTURE(certificates);
      TlsWorld world(version);
      const auto guarded = world.server_with(world.leaf, certificates);
      SSL_CTX_use_certificate_chain_file(world.client.get(), world.leaf.certificate.c_str());
      SSL_CTX_use_PrivateKey_file(world.client.get(), world.leaf.private_key.c_str(),
                                  SSL_FILETYPE_PEM);
      SessionPtr session;
      {
        TlsPeer server(as_server, guarded);
        TlsPeer client(as_client, world.client, "localhost", nullptr);
        CHECK(client.engine.session() == nullptr);
        converse(client, server);
        REQUIRE_MESSAGE(client.engine.session(), client.engine.error());
        session = client.engine.take_session();
        CHECK(client.engine.session() == nullptr);
        client.end();  // without close_notify
        CHECK(client.status == Status::failed);
      }
      for (int round = 0; round < 3; ++round) {
        TlsPeer server(as_server, guarded);
        TlsPeer client(as_client, world.client, "localhost", session.get());
        converse(client, server);
        REQUIRE(client.established);
        CHECK(client.engine.resumed());
        CHECK(server.engine.resumed());
        if (client.engine.session()) session = client.engine.take_session();
      }
    }
  }
}

TEST_CASE("a server that does not know the session any more makes a full handshake") {
  for (const int version : versions) {
    TlsWorld world(version);
    SessionPtr session;
    {
      TlsPeer server(as_server, world.server);
      TlsPeer client(as_client, world.client, "localhost", nullptr);
      converse(client, server);
      session = client.engine.take_session();
    }
    const auto restarted = world.server_with(world.leaf);
    TlsPeer server(as_server, restarted);
    TlsPeer client(as_client, world.client, "localhost", session.get());
    converse(client, server);
    CHECK(client.established);
    CHECK_FALSE(client.engine.resumed());
  }
}

TEST_CASE("close_notify is an orderly end, and the other direction stays open") {
  for (const int version : versions) {
    TlsWorld world(version);
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, "localhost", nullptr);
    converse(client, server);
    REQUIRE(client.engine.write("last words") == Status::ok);
    client.engine.shutdown();
    client.engine.shutdown();  // once is enough
    converse(client, server);
    CHECK(server.received == "last words");
    CHECK(server.status == Status::closed);
    server.end();
    CHECK(server.status == Status::closed);  // the end of the transport changes nothing any more

    CHECK(server.engine.write("an answer") == Status::ok);
    converse(client, server);
    CHECK(client.received == "an answer");
    CHECK(client.engine.write("too late") == Status::failed);
  }
}

TEST_CASE("an end without close_notify is a failure, after what did arrive") {
  for (const int version : versions) {
    TlsWorld world(version);
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, "localhost", nullptr);
    converse(client, server);
    REQUIRE(client.engine.write("whole") == Status::ok);
    auto bytes = take_output(client);
    REQUIRE(client.engine.write("cut") == Status::ok);
    bytes += client.engine.output().substr(0, client.engine.output().size() - 1);
    feed(server, bytes);
    server.end();
    CHECK(server.received == "whole");
    CHECK(server.status == Status::failed);
    CHECK(server.engine.error().find("without close_notify") != std::string::npos);
    CHECK(server.engine.fault() != proxy::TlsFault::certificate);
    std::array<char, 8> plain;
    CHECK(server.engine.read(plain).status == Status::failed);  // and stays one
    CHECK(server.engine.write("x") == Status::failed);
    server.engine.shutdown();
    CHECK_FALSE(server.engine.has_output());
  }
}

TEST_CASE("a key update is followed and answered") {
  TlsWorld world(TLS1_3_VERSION);
  SSL_CTX_set_info_callback(world.client.get(), watch);
  TlsPeer server(as_server, world.server);
  TlsPeer client(as_client, world.client, "localhost", nullptr);
  converse(client, server);
  for (int round = 0; round < 3; ++round) {
    REQUIRE(SSL_key_update(last_seen, SSL_KEY_UPDATE_REQUESTED) == 1);
    REQUIRE(client.engine.write("there") == Status::ok);
    converse(client, server);
    REQUIRE(server.engine.write("back") == Status::ok);
    converse(client, server);
  }
  CHECK(server.received == "theretherethere");
  CHECK(client.received == "backbackback");
}

TEST_CASE("a renegotiation is refused, whoever asks for it") {
  for (const bool client_asks : {true, false}) {
    CAPTURE(client_asks);
    TlsWorld world(TLS1_2_VERSION);
    SSL_CTX* const asking = (client_asks ? world.client : world.server).get();
    SSL_CTX_clear_options(asking, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_info_callback(asking, watch);
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, "localhost", nullptr);
    converse(client, server);
    auto& asker = client_asks ? client : server;
    REQUIRE(SSL_renegotiate(last_seen) == 1);
    SSL_do_handshake(last_seen);
    REQUIRE(asker.engine.has_output());
    converse(client, server);
    asker.step();
    CHECK(asker.status == Status::failed);
    CHECK(asker.engine.error() == "TLS failed: no renegotiation");
  }
}

TEST_CASE("output stays in place until it is sent, whatever is added meanwhile") {
  TlsWorld world;
  TlsPeer server(as_server, world.server);
  TlsPeer client(as_client, world.client, "localhost", nullptr);
  converse(client, server);
  REQUIRE(client.engine.write("first") == Status::ok);
  const auto under_way = client.engine.output();
  const std::string copy(under_way);
  for (int i = 0; i < 50; ++i) REQUIRE(client.engine.write(pattern(10'000)) == Status::ok);
  CHECK(under_way == copy);  // under ASan also: still ours
  feed(server, under_way);
  client.engine.sent(under_way.size());
  converse(client, server);
  CHECK(server.received.size() == 5 + 50 * 10'000);
}

TEST_CASE("input room is small while messages are small, and a record's while they fill it") {
  TlsWorld world;
  TlsPeer server(as_server, world.server);
  TlsPeer client(as_client, world.client, "localhost", nullptr);
  converse(client, server);
  server.engine.release_buffers();
  CHECK(server.engine.input_room(1).size() == 4096);
  CHECK(server.engine.input_room(6000).size() >= 6000);
  server.engine.release_buffers();

  REQUIRE(client.engine.write(pattern(10'000)) == Status::ok);
  const auto bytes = take_output(client);
  const auto room = server.engine.input_room(1);
  REQUIRE(room.size() == 4096);
  std::copy_n(bytes.begin(), room.size(), room.begin());
  server.engine.fed(room.size());
  server.step();
  CHECK(server.engine.input_room(1).size() >= 16 * 1024 + 256 + 5);
  feed(server, bytes.substr(4096));
  server.step();
  CHECK(server.received == pattern(10'000));
  server.engine.release_buffers();
  CHECK(server.engine.input_room(1).size() == 4096);
}

TEST_CASE("input room is tiny while nothing is expected, and as ever from the first byte on") {
  TlsWorld world;
  TlsPeer server(as_server, world.server);
  TlsPeer client(as_client, world.client, "localhost", nullptr);
  converse(client, server);
  server.engine.release_buffers(true);
  REQUIRE(client.engine.write(pattern(300)) == Status::ok);
  const auto bytes = take_output(client);
  const auto room = server.engine.input_room(1);
  REQUIRE(room.size() == 64);
  std::copy_n(bytes.begin(), room.size(), room.begin());
  server.engine.fed(room.size());
  server.step();
  CHECK(server.engine.input_room(1).size() == 4096);
  feed(server, bytes.substr(64));
  server.step();
  CHECK(server.received == pattern(300));
}

TEST_CASE("a client reaches a server by name and by address") {
  TlsWorld world;
  SSL_CTX_set_info_callback(world.server.get(), watch);
  struct Case {
    const char* host;
    const char* sni;  // RFC 6066, 3: no addresses, no last dot
  };
  for (const auto& [host, sni] :
       {Case{"prefgate.test", "prefgate.test"}, Case{"prefgate.test.", "prefgate.test"},
        Case{"127.0.0.1", nullptr}, Case{"::1", nullptr}}) {
    CAPTURE(host);
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, host, nullptr);
    converse(client, server);
    CHECK_MESSAGE(client.established, client.engine.error());
    const char* const seen = SSL_get_servername(last_seen, TLSEXT_NAMETYPE_host_name);
    CHECK(std::string(seen ? seen : "none") == (sni ? sni : "none"));
  }
}

}  // namespace
