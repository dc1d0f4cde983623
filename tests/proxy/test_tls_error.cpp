// What is refused, and in which words. Garbage and damage too: they must end in a failure that says
// something, never in a hang, a crash or altered plaintext.
#include "proxy/tls_error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <random>
#include <vector>

#include "tests/support/tls_peers.hpp"

namespace {

using proxy::TlsEngine;
using tests::converse;
using tests::TlsPeer;
using tests::TlsWorld;
using Status = TlsEngine::Status;

constexpr TlsEngine::Server as_server;
constexpr TlsEngine::Client as_client;
constexpr std::array versions = {TLS1_2_VERSION, TLS1_3_VERSION};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST_CASE("a server whose certificate does not verify is refused, and both sides say why") {
  TlsWorld world;
  const auto& folder = world.folder.path();
  const auto other = tests::make_ca(folder, "other");
  using std::chrono::hours;
  struct Case {
    const char* host;
    tests::Certificate shown;
    const char* client;  // part of what it says
    const char* server;
  };
  const std::vector<std::string> names = {"localhost"};
  const std::array cases = {
      Case{"elsewhere.test", world.leaf, "certificate of elsewhere.test does not verify: hostname",
           "bad certificate"},
      Case{"10.0.0.1", world.leaf, "IP address mismatch (it was issued for other names)",
           "bad certificate"},
      Case{"test", world.leaf, "hostname mismatch", "bad certificate"},
      Case{"localhost", make_leaf(folder, world.ca, "old", names, {-hours(48), -hours(24)}),
           "certificate has expired", "certificate expired"},
      Case{"localhost", make_leaf(folder, world.ca, "young", names, {hours(24), hours(48)}),
           "certificate is not yet valid", "bad certificate"},
      Case{"localhost", make_leaf(folder, other, "foreign", names), "no CA that is trusted here",
           "unknown CA"},
      Case{"localhost", other, "self-signed certificate", "unknown CA"},
  };
  for (const auto& [host, shown, client_text, server_text] : cases) {
    CAPTURE(host);
    CAPTURE(client_text);
    const auto context = world.server_with(shown);
    TlsPeer server(as_server, context);
    TlsPeer client(as_client, world.client, host, nullptr);
    converse(client, server);
    CHECK_FALSE(client.established);
    CHECK(client.status == Status::failed);
    CHECK(client.engine.fault() == proxy::TlsFault::certificate);
    CHECK_MESSAGE(contains(client.engine.error(), client_text), client.engine.error());
    CHECK(server.status == Status::failed);
    CHECK(server.engine.fault() != proxy::TlsFault::certificate);
    CHECK_MESSAGE(contains(server.engine.error(), server_text), server.engine.error());
  }
}

TEST_CASE("a client without a certificate, or with a foreign one, is refused where one is needed") {
  for (const int version : versions) {
    for (const bool foreign : {false, true}) {
      TlsWorld world(version);
      const auto guarded = world.server_with(world.leaf, true);
      if (foreign) {
        const auto ca = tests::make_ca(world.folder.path(), "other");
        const auto leaf = tests::make_leaf(world.folder.path(), ca, "foreign", {"client"});
        SSL_CTX_use_certificate_chain_file(world.client.get(), leaf.certificate.c_str());
        SSL_CTX_use_PrivateKey_file(world.client.get(), leaf.private_key.c_str(), SSL_FILETYPE_PEM);
      }
      TlsPeer server(as_server, guarded);
      TlsPeer client(as_client, world.client, "localhost", nullptr);
      converse(client, server);
      CHECK_FALSE(server.established);
      CHECK(server.engine.fault() == proxy::TlsFault::certificate);
      CHECK_MESSAGE(contains(server.engine.error(),
                             foreign ? "the client's certificate does not verify: "
                                     : "the client showed no certificate, and one is required"),
                    server.engine.error());
      // With TLS 1.3 the client believes itself connected until it reads.
      CHECK(client.established == (version == TLS1_3_VERSION));
      CHECK(client.status == Status::failed);
      CHECK_MESSAGE(contains(client.engine.error(), "the peer refused with the alert `"),
                    client.engine.error());
    }
  }
}

TEST_CASE("a host no certificate can be checked for fails before anything is sent") {
  TlsWorld world;
  for (const auto& host : {std::string(), std::string("."), std::string("a\0b", 3)}) {
    TlsPeer client(as_client, world.client, host, nullptr);
    client.step();
    CHECK(client.status == Status::failed);
    CHECK_FALSE(client.engine.has_output());
    CHECK(contains(client.engine.error(), "is not a host name"));
  }
}

// Runs the first `flights` flights of a handshake as they should be (the client's are the even
// ones), hands the next to `damage`, and lets both go on from there.
struct Handshake {
  Handshake(TlsWorld& world, int flights, const std::function<std::string(std::string)>& damage)
      : server(as_server, world.server), client(as_client, world.client, "localhost", nullptr) {
    client.step();
    for (int flight = 0;; ++flight) {
      auto& from = flight % 2 == 0 ? client : server;
      auto& to = flight % 2 == 0 ? server : client;
      receiver = &to;
      const auto bytes = take_output(from);
      feed(to, flight == flights ? damage(bytes) : bytes);
      to.step();
      if (flight == flights) break;
    }
  }

  TlsPeer server;
  TlsPeer client;
  TlsPeer* receiver;
};

std::string noise(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST_CASE("garbage in place of any flight is a failure with a reason") {
  std::mt19937 random(20);
  for (const int version : versions) {
    TlsWorld world(version);
    for (int flight = 0; flight < 4; ++flight) {
      const std::vector<std::string> garbage = {
          "",
          "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "HTTP/1.1 400 Bad Request\r\n\r\n",
          std::string(40'000, '\0'),
          std::string(40'000, '\xff'),
          std::string("\x16\x03\x01\x40\x00", 5) +
              std::string(20'000, 'x'),                    // a full handshake record
          std::string("\x16\x03\x03\x00\x00", 5),          // an empty one
          std::string("\x16\x03\x03\xff\xff", 5),          // one too long
          std::string("\x17\x03\x03\x00\x05hello", 10),    // data that nobody has encrypted
          std::string("\x15\x03\x03\x00\x02\x02\x28", 7),  // alert: handshake failure
          std::string("\x15\x03\x03\x00\x02\x01\x00", 7),  // alert: close_notify
          noise(random, 1),
          noise(random, 300),
          noise(random, 30'000)};
      for (const auto& bytes : garbage) {
        CAPTURE(version);
        CAPTURE(flight);
        CAPTURE(bytes.substr(0, 10));
        Handshake broken(world, flight, [&](const std::string&) { return bytes; });
        auto& receiver = *broken.receiver;
        receiver.end();
        CHECK(receiver.status == Status::failed);
        CHECK_FALSE(receiver.engine.error().empty());
        CHECK(receiver.received.empty());
        CHECK(receiver.engine.output().size() < 100'000);
      }
    }
  }
}

TEST_CASE("one damaged bit or a cut anywhere never alters what is understood") {
  std::mt19937 random(30);
  for (const int version : versions) {
    TlsWorld world(version);
    int refused = 0;
    for (int round = 0; round < 240; ++round) {
      const int flight = round % 4;
      const bool cut = round % 3 == 0;
      CAPTURE(version);
      CAPTURE(round);
      Handshake broken(world, flight, [&](std::string bytes) {
        const auto at = random() % bytes.size();
        if (cut) return bytes.substr(0, at);
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        return bytes;
      });
      converse(broken.client, broken.server);
      if (broken.client.established && broken.server.established &&
          broken.client.engine.write("intact") == Status::ok) {
        converse(broken.client, broken.server);
        CHECK((broken.server.received == "intact" || broken.server.status == Status::failed));
      }
      broken.receiver->end();
      CHECK(broken.receiver->status == Status::failed);
      if (!broken.receiver->established) ++refused;
    }
    CHECK(refused > 150);  // a few bits mean nothing (the record's version): most do
  }
}

TEST_CASE("what people meet most is told in plain words") {
  TlsWorld world;
  struct Case {
    std::string sent;
    const char* text;
  };
  for (const auto& [sent, text] :
       {Case{"GET / HTTP/1.1\r\n\r\n", "the peer speaks clear HTTP, not TLS"},
        Case{"SSH-2.0-OpenSSH_9.2\r\n", "the peer does not speak TLS"},
        Case{"", "the peer closed the connection during the TLS handshake"}}) {
    TlsPeer server(as_server, world.server);
    feed(server, sent);
    server.step();
    server.end();
    CHECK_MESSAGE(contains(server.engine.error(), text), server.engine.error());
  }
  TlsPeer client(as_client, world.client, "localhost", nullptr);
  client.step();
  feed(client, "HTTP/1.1 400 Bad Request\r\n\r\n");
  client.step();
  CHECK_MESSAGE(contains(client.engine.error(), "does not speak TLS"), client.engine.error());
}

TEST_CASE("every failure of a handshake is of one kind, by which operators count it") {
  using proxy::TlsFault;
  struct Case {
    const char* what;
    std::function<void(SSL_CTX*)> client;  // what is odd about it
    TlsFault fault;                        // of the server
  };
  const Case cases[] = {
      {"TLS 1.1",
       [](SSL_CTX* context) {
         SSL_CTX_set_cipher_list(context, "DEFAULT@SECLEVEL=0");
         SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
         SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
       },
       TlsFault::version},
      {"no AEAD",
       [](SSL_CTX* context) {
         SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
         SSL_CTX_set_cipher_list(context, "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA");
       },
       TlsFault::cipher},
      {"a group that is not offered",
       [](SSL_CTX* context) { SSL_CTX_set1_groups_list(context, "ffdhe8192"); }, TlsFault::cipher},
      {"another protocol",
       [](SSL_CTX* context) {
         const unsigned char h3[] = {2, 'h', '3'};
         SSL_CTX_set_alpn_protos(context, h3, sizeof h3);
       },
       TlsFault::protocol},
      {"another CA", [](SSL_CTX* context) { SSL_CTX_set_cert_store(context, X509_STORE_new()); },
       TlsFault::alert},
  };
  for (const auto& [what, odd, fault] : cases) {
    CAPTURE(what);
    TlsWorld world;
    odd(world.client.get());
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, "localhost", nullptr);
    converse(client, server);
    CHECK(server.status == Status::failed);
    CAPTURE(server.engine.error());
    CHECK(proxy::tls_fault_names[static_cast<std::size_t>(server.engine.fault())] ==
          proxy::tls_fault_names[static_cast<std::size_t>(fault)]);
  }
  const struct {
    std::string sent;
    TlsFault fault;
  } greetings[] = {{"GET / HTTP/1.1\r\n\r\n", TlsFault::not_tls},
                   {"CONNECT a:443 HTTP/1.1\r\n\r\n", TlsFault::not_tls},
                   {"SSH-2.0-OpenSSH_9.2\r\n", TlsFault::not_tls},
                   {std::string(100, '\0'), TlsFault::not_tls},
                   {"", TlsFault::closed},
                   {std::string("\x16\x03\x01\x00\x80\x01", 6), TlsFault::closed}};
  for (const auto& [sent, fault] : greetings) {
    CAPTURE(sent);
    TlsWorld world;
    TlsPeer server(as_server, world.server);
    feed(server, sent);
    server.step();
    server.end();
    CHECK(server.engine.fault() == fault);
  }
}

}  // namespace
