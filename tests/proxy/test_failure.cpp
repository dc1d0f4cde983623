#include "proxy/failure.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace {

using filters::Delivery;
using filters::Reason;
using proxy::Failure;
using proxy::FailureKind;

constexpr auto kinds = static_cast<int>(FailureKind::garbled) + 1;

struct Row {
  FailureKind kind;
  const char* token;
  int status;
};

TEST_CASE("each kind of failure has its token and its status") {
  const Row rows[] = {
      {FailureKind::resolve, "resolve", 502},
      {FailureKind::connect_refused, "connect_refused", 502},
      {FailureKind::connect_timeout, "connect_timeout", 504},
      {FailureKind::connect_failed, "connect_failed", 502},
      {FailureKind::tls_unverified, "tls_unverified", 502},
      {FailureKind::tls_handshake, "tls_handshake", 502},
      {FailureKind::pool_full, "pool_full", 503},
      {FailureKind::pool_timeout, "pool_timeout", 503},
      {FailureKind::write_failed, "write_failed", 502},
      {FailureKind::write_timeout, "write_timeout", 504},
      {FailureKind::closed, "closed", 502},
      {FailureKind::first_byte_timeout, "first_byte_timeout", 504},
      {FailureKind::garbled, "garbled", 502},
  };
  CHECK(std::size(rows) == kinds - 1);
  std::set<std::string> tokens;
  for (const auto& [kind, token, status] : rows) {
    const auto& row = proxy::info(kind);
    CHECK(row.kind == kind);
    CHECK(row.token == token);
    CHECK(filters::info(row.reason).status == status);
    CHECK(tokens.insert(token).second);
  }
  CHECK_FALSE(Failure{});
  CHECK(proxy::info(FailureKind::none).reason == Reason::none);
}

TEST_CASE("delivery is `no` only where no byte of the request was sent") {
  for (int kind = 1; kind < kinds; ++kind) {
    Failure failure;
    failure.kind = static_cast<FailureKind>(kind);
    CHECK(failure);
    CHECK(proxy::delivery(failure) == Delivery::no);
    failure.bytes_sent = 1;
    CHECK(proxy::delivery(failure) == Delivery::unknown);
  }
}

// The rule of gateway.md section 8, said once more and in other words.
bool expected(const Failure& failure, std::string_view method, unsigned retries) {
  const bool on_the_wire =
      failure.kind == FailureKind::write_failed || failure.kind == FailureKind::closed;
  if (retries != 0 || !failure.reused || failure.answer_begun || !on_the_wire) return false;
  if (failure.bytes_sent == 0) return true;
  const std::set<std::string_view> idempotent{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};
  return idempotent.contains(method);
}

TEST_CASE("a request is repeated by the rule, over every combination") {
  int allowed = 0;
  for (int kind = 0; kind < kinds; ++kind)
    for (const bool reused : {false, true})
      for (const bool begun : {false, true})
        for (const std::size_t sent : {0U, 1U, 4000U})
          for (const unsigned retries : {0U, 1U, 2U})
            for (const char* method :
                 {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH", "get", "LOCK"}) {
              Failure failure;
              failure.kind = static_cast<FailureKind>(kind);
              failure.reused = reused;
              failure.answer_begun = begun;
              failure.bytes_sent = sent;
              const bool may = proxy::may_retry(failure, method, retries);
              allowed += may;
              CAPTURE(kind);
              CAPTURE(method);
              REQUIRE(may == expected(failure, method, retries));
            }
  CHECK(allowed == 2 * (9 + 2 * 5));  // two kinds; 0 bytes: all methods, else the idempotent ones
}

TEST_CASE("a POST whose bytes may have arrived is never repeated") {
  Failure failure;
  failure.kind = FailureKind::closed;
  failure.reused = true;
  failure.bytes_sent = 1;
  CHECK(proxy::may_retry(failure, "GET", 0));
  CHECK_FALSE(proxy::may_retry(failure, "POST", 0));
  failure.bytes_sent = 0;
  CHECK(proxy::may_retry(failure, "POST", 0));
  CHECK_FALSE(proxy::may_retry(failure, "POST", 1));
}

}  // namespace
