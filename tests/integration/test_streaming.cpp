// Other paths stream: bodies of any size pass in bounded memory, and who is slow stalls only
// himself.
#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "tests/support/exchange.hpp"
#include "tests/support/owner_api.hpp"
#include "tests/support/running_gateway.hpp"
#include "tests/support/scripted_upstream.hpp"

using namespace tests;

namespace {

constexpr std::size_t mib = 1024 * 1024;
constexpr std::size_t large = 200 * mib;
constexpr std::size_t most_memory = 64 * mib;

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(std::string_view bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string hex() {
    unsigned char bytes[32];
    EVP_DigestFinal_ex(context_, bytes, nullptr);
    std::string text;
    for (const auto each : bytes) {
      text += "0123456789abcdef"[each >> 4];
      text += "0123456789abcdef"[each & 15];
    }
    return text;
  }

 private:
  EVP_MD_CTX* context_;
};

// In pieces of an odd size that no buffer has.
std::string piece(std::size_t number) {
  std::string text(99'991, static_cast<char>('a' + number % 26));
  text[0] = static_cast<char>(number);
  return text;
}

void download(Client& client, const std::string& target) {
  client.send(request("GET", target));
  const auto head = client.receive_head();
  CHECK(head.status == 200);
  REQUIRE(head.field("content-length") == std::to_string(large));
  std::size_t got = 0;
  while (got < large) {
    const auto part = client.read_some();
    if (part.empty()) break;
    got += part.size();
  }
  CHECK(got == large);
}

void upload(Client& client, bool chunked) {
  Digest digest;
  client.send(
      std::string("POST /sink HTTP/1.1\r\nHost: a\r\n") +
      (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + std::to_string(large)) +
      "\r\n\r\n");
  std::size_t sent = 0;
  for (std::size_t number = 0; sent < large; ++number) {
    auto part = piece(number);
    part.resize(std::min(part.size(), large - sent));
    sent += part.size();
    digest.add(part);
    if (chunked) {
      char size[16];
      std::snprintf(size, sizeof size, "%zx\r\n", part.size());
      part = size + part + "\r\n";
    }
    client.send(part);
  }
  if (chunked) client.send("0\r\n\r\n");
  const auto answer = client.receive();
  CHECK(answer.status == 200);
  CHECK(answer.body ==
        "{\"bytes\":" + std::to_string(large) + ",\"sha256\":\"" + digest.hex() + "\"}");
}

void check_memory(const RunningGateway& gateway) {
  const auto peak = gateway.peak_memory();
  if (sanitized)
    MESSAGE("a sanitizer's build: the bound on memory is not checked; VmHWM ", peak / mib, " MiB");
  else
    CHECK(peak < most_memory);
}

}  // namespace

TEST_CASE("200 MB pass in each direction, in clear text, in bounded memory") {
  const OwnerApi upstream;
  RunningGateway gateway("http://127.0.0.1:" + std::to_string(upstream.port()));
  {
    auto client = gateway.client();
    download(client, "/bytes?n=" + std::to_string(large));
    upload(client, false);
    upload(client, true);
  }
  check_memory(gateway);
  const auto records = gateway.records();
  REQUIRE(records.size() == 3);
  CHECK(records[0].number("http.response.body.size") == large);
  CHECK(records[1].number("http.request.body.size") == large);
  CHECK(records[2].number("http.request.body.size") == large);
}

TEST_CASE("200 MB pass in each direction, under TLS, in bounded memory") {
  const OwnerApi upstream;
  const RunningGateway gateway("https://127.0.0.1:" + std::to_string(upstream.tls_port()));
  auto client = gateway.tls_client();
  download(client, "/bytes?n=" + std::to_string(large));
  upload(client, false);
  check_memory(gateway);
}

TEST_CASE("a reader who stops stalls his own stream, and holds the upstream back") {
  constexpr std::size_t endless = 2'000 * mib;
  Gate stuck;
  std::atomic<std::size_t> sent = 0;
  ScriptedUpstream upstream([&](ScriptedUpstream::Peer& peer) {
    for (;;) {
      const auto request = peer.request();
      if (request.empty()) return;
      if (request.find("/endless") == std::string::npos) {
        peer.send(ScriptedUpstream::ok());
        continue;
      }
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(endless) + "\r\n\r\n");
      const std::string part(mib, 'x');
      while (sent < endless && peer.send(part)) sent += part.size();
      stuck.open();
      return;
    }
  });
  RunningGateway gateway(upstream.url());
  {
    auto slow = gateway.client();
    slow.send(request("GET", "/endless"));
    CHECK(slow.receive_head().status == 200);
    // Others go on meanwhile, and until the stream stands still: as much as the sockets hold.
    auto other = gateway.tls_client();
    std::size_t before = 0;
    int still = 0;
    for (int i = 0; i < 100'000 && still < 300; ++i) {
      REQUIRE(other.exchange(good_post()).status == 200);
      const std::size_t now = sent;
      still = now == before && now > 0 ? still + 1 : 0;
      before = now;
    }
    CHECK(still == 300);
    CHECK(sent < 64 * mib);
    // And it was the reader alone that kept it.
    std::size_t got = 0;
    while (got < 128 * mib) got += slow.read_some().size();
    CHECK(sent > 100 * mib);
  }
  CHECK(stuck.wait());  // the upstream notices that its reader has gone
  CHECK(sent < endless);
  check_memory(gateway);
  int aborted = 0;
  for (const auto& record : gateway.records())
    if (record.text("ending") == "client_aborted") ++aborted;
  CHECK(aborted == 1);
}

TEST_CASE("an upstream that does not read holds the uploading client back") {
  Gate read;
  ScriptedUpstream upstream([&](ScriptedUpstream::Peer& peer) {
    peer.head();
    read.wait();
    std::size_t got = 0;
    while (got < large) got += peer.read_some().size();
    peer.send(ScriptedUpstream::ok("got it"));
    peer.wait_for_end();
  });
  const RunningGateway gateway(upstream.url());
  auto client = gateway.client();
  std::atomic<std::size_t> sent = 0;
  std::thread sender([&] {
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(large) +
                "\r\n\r\n");
    const std::string part(mib, 'x');
    for (; sent < large; sent += part.size()) client.send(part);
  });
  auto other = gateway.client();
  std::size_t before = 0;
  int still = 0;
  for (int i = 0; i < 100'000 && still < 300; ++i) {
    REQUIRE(other.exchange(request("POST", path, {}, "{}")).status == 401);
    const std::size_t now = sent;
    still = now == before && now > 0 ? still + 1 : 0;
    before = now;
  }
  CHECK(still == 300);
  CHECK(sent < 64 * mib);
  read.open();
  sender.join();
  CHECK(client.receive().body == "got it");
  check_memory(gateway);
}
