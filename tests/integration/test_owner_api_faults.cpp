// The stand-in upstream fails, stalls and ends as it is told.
#include <doctest/doctest.h>

#include <array>

#include "tests/support/owner_api.hpp"

using namespace tests;
using namespace std::chrono_literals;

namespace {

const std::string bearer = "Authorization: Bearer fake-token";

std::string with_orders(const std::string& orders) {
  return request("GET", "/api/1/vehicles", {bearer, "x-owner-api-do: " + orders});
}

}  // namespace

TEST_CASE("owner-api answers with each status the vendor is known to use") {
  const OwnerApi upstream;
  struct Case {
    int status;
    const char* error;
  };
  const std::array cases{
      Case{401, "invalid bearer token"},
      Case{403, "forbidden, see https://developer.tesla.com"},
      Case{408, "vehicle unavailable"},
      Case{412, "endpoint is no longer available"},
      Case{421, "user out of region, use base URL: https://"},
      Case{422, "Validation failed"},
      Case{429, "Retry in 37829 seconds"},
      Case{500, ""},
      Case{503, ""},
      Case{504, ""},
      Case{540, ""},
  };
  Client client(upstream.port());
  for (const auto& each : cases) {
    CAPTURE(each.status);
    const auto answer = client.exchange(with_orders("status=" + std::to_string(each.status)));
    CHECK(answer.status == each.status);
    CHECK(answer.body.starts_with(std::string(R"({"response":null,"error":")") + each.error));
    CHECK(answer.has("retry-after") == (each.status == 429));
  }
  CHECK(client.exchange(with_orders("status=204")).status == 204);
}

TEST_CASE("owner-api does to the next requests what its admin path was told") {
  const OwnerApi upstream;
  upstream.next("status=500", 2);
  Client client(upstream.port());
  CHECK(client.exchange(with_orders("")).status == 500);
  CHECK(client.exchange(with_orders("")).status == 500);
  CHECK(client.exchange(with_orders("")).status == 200);
  upstream.next("status=500", 9);
  upstream.reset();
  CHECK(client.exchange(with_orders("")).status == 200);
  CHECK(client.exchange(request("POST", "/_admin/next", {}, R"({"do":"cut=x"})")).status == 400);
  CHECK(client.exchange(request("POST", "/_admin/next", {}, "[]")).status == 400);
}

TEST_CASE("owner-api cuts the connection at the byte it was told") {
  const OwnerApi upstream;
  for (const bool secure : {false, true}) {
    const auto connect = [&] {
      return secure ? Client(upstream.tls_port(), Tls{}) : Client(upstream.port());
    };
    auto whole = connect();
    whole.send(with_orders("close"));
    const std::string all = whole.receive_all();
    CHECK_FALSE(whole.was_reset());
    REQUIRE(all.find("connection: close\r\n") != std::string::npos);
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{60}, all.size() - 1}) {
      CAPTURE(at);
      auto client = connect();
      client.send(with_orders("close;cut=" + std::to_string(at)));
      CHECK(client.receive_all() == all.substr(0, at));
      CHECK(client.was_reset());
    }
    auto far = connect();
    far.send(request("GET", "/bytes?n=3000000&chunked=1", {"x-owner-api-do: cut=1000000"}));
    CHECK(far.receive_all().size() == 1'000'000);
    CHECK(far.was_reset());

    auto upload = connect();
    upload.send(
        "POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        "x-owner-api-do: cut-request=10\r\n\r\n0123456789");
    CHECK(upload.receive_all().empty());
    CHECK(upload.was_reset());
  }
  const auto log = upstream.log();
  const auto& last = log["requests"][log["requests"].Size() - 1];
  CHECK_FALSE(last["complete"].GetBool());
  CHECK(last["body"].GetString() == std::string("0123456789"));
}

TEST_CASE("owner-api is slow, early, chatty or unframed when it is told to be") {
  const OwnerApi upstream;
  Client client(upstream.port());
  const auto plain = client.exchange(with_orders("")).body;

  const auto before = std::chrono::steady_clock::now();
  CHECK(client.exchange(with_orders("delay=60ms; status=503")).status == 503);
  CHECK(std::chrono::steady_clock::now() - before >= 60ms);
  CHECK(client.exchange(with_orders("slow-body=50/1ms")).body == plain);
  const auto chunked = client.exchange(with_orders("slow-body=50/1ms;chunked"));
  CHECK(chunked.field("transfer-encoding") == "chunked");
  CHECK(chunked.body == plain);

  std::vector<Answer> interim;
  client.send(with_orders("interim=103"));
  CHECK(client.receive(false, &interim).body == plain);
  REQUIRE(interim.size() == 1);
  CHECK(interim[0].status == 103);

  const std::string upload = request("POST", "/sink", {"x-owner-api-do: early"}, "0123456789");
  client.send(upload.substr(0, upload.size() - 5));
  CHECK(client.receive().status == 200);
  client.send("56789");
  CHECK(client.exchange(with_orders("")).body == plain);

  client.send(
      "POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive_head().status == 100);
  client.send("x");
  CHECK(client.receive().body.starts_with(R"({"bytes":1,)"));

  client.send(with_orders("garbage"));
  CHECK(client.receive_all() == "this is no HTTP\r\n\r\n");
}

TEST_CASE("owner-api ends a connection as told: announced, by surprise, or to end the body") {
  const OwnerApi upstream;
  for (const bool secure : {false, true}) {
    for (const auto* orders : {"close", "hang-up", "until-close"}) {
      CAPTURE(orders);
      Client client = secure ? Client(upstream.tls_port(), Tls{}) : Client(upstream.port());
      const auto answer = client.exchange(with_orders(orders));
      CHECK(answer.status == 200);
      CHECK(answer.body.ends_with("\"count\":1}"));
      CHECK(answer.has("connection") == (std::string_view(orders) != "hang-up"));
      CHECK(answer.has("content-length") == (std::string_view(orders) != "until-close"));
      CHECK(client.is_closed());
      CHECK_FALSE(client.was_reset());
    }
  }
}

TEST_CASE("owner-api asks for a client certificate where it was given an authority for them") {
  const auto folder = development_certificates();
  const OwnerApi upstream({"--client-ca", folder / "ca.pem", "--threads", "2"});
  Client known(upstream.tls_port(),
               Tls{.certificate = folder / "client.pem", .private_key = folder / "client.key"});
  CHECK(known.exchange(request("GET", "/bytes?n=1")).status == 200);
  const auto log = upstream.log();
  CHECK(std::string(log["requests"][0]["tls"]["client"].GetString()).find("prefgate client") !=
        std::string::npos);
  // In TLS 1.3 the refusal comes after the client thinks the handshake is done.
  Client unknown(upstream.tls_port(), Tls{});
  unknown.send(request("GET", "/bytes?n=1"));
  CHECK(unknown.receive_all().empty());
  CHECK(unknown.was_reset());
}

TEST_CASE("owner-api ends cleanly on SIGTERM and SIGINT, with connections open") {
  for (const int signal : {SIGTERM, SIGINT}) {
    OwnerApi upstream({"--threads", "2"});
    Client idle(upstream.port());
    CHECK(idle.exchange(request("GET", "/bytes?n=1")).status == 200);
    Client busy(upstream.tls_port(), Tls{});
    busy.send(with_orders("delay=100s"));
    upstream.process().send(signal);
    CHECK(upstream.process().wait() == 0);
    CHECK(upstream.process().errors().empty());
  }
}

TEST_CASE("owner-api says what is wrong with its options and leaves") {
  struct Case {
    std::vector<std::string> options;
    std::string part;
  };
  const std::array cases{
      Case{{}, "nothing to listen on"},
      Case{{"--listen-tls", "127.0.0.1:0"}, "--listen-tls needs"},
      Case{{"--listen", "127.0.0.1"}, "not an ADDRESS:PORT: 127.0.0.1"},
      Case{{"--listen", "203.0.113.1:0"}, "bind"},
  };
  for (const auto& each : cases) {
    auto command = each.options;
    command.insert(command.begin(), binary("owner-api"));
    const auto result = run(command);
    CHECK(result.status == 2);
    CHECK(result.errors.find(each.part) != std::string::npos);
    CHECK(result.output.empty());
  }
}
