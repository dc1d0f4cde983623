#include "proxy/pool.hpp"

#include <doctest/doctest.h>

#include "tests/support/pool_fixture.hpp"

namespace {

using proxy::FailureKind;
using tests::answer;
using tests::exchange;
using tests::PoolFixture;
using tests::spawn;
using tests::TlsWorld;

TEST_CASE("an upstream whose certificate proves another name is refused") {
  TlsWorld world;
  PoolFixture fixture(&world.server, &world.client);
  fixture.config.host = "127.0.0.1";
  CHECK(fixture.take_now().lease);

  const auto other = tests::make_leaf(world.folder.path(), world.ca, "other", {"other.example"});
  const auto wrong = world.server_with(other);
  PoolFixture refused(&wrong, &world.client);
  const auto taken = refused.take_now();
  CHECK_FALSE(taken.lease);
  CHECK(taken.failure.kind == FailureKind::tls_unverified);
  CHECK(refused.open() == 0);
}

TEST_CASE("a later connection resumes the session of an earlier one") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsWorld world(version);
    PoolFixture fixture(&world.server, &world.client);
    auto first = fixture.take_now();
    CHECK_FALSE(first.lease->stream.tls()->resumed());
    tests::Outcome outcome;
    spawn(fixture.context, exchange(*first.lease, outcome));
    fixture.run_until([&] { return !outcome.error.failed(); });
    first.lease.keep();
    first.lease = fixture.pool().take_idle();
    const auto second = fixture.take_now();
    CHECK(second.lease->stream.tls()->resumed());
  }
}

TEST_CASE("after other trust is given nothing that the old one vouched for is used again") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsWorld world(version);
    PoolFixture fixture(&world.server, &world.client);
    auto idle = fixture.take_now();
    auto busy = fixture.take_now();
    for (auto* taken : {&idle, &busy}) {
      tests::Outcome outcome;
      spawn(fixture.context, exchange(*taken->lease, outcome));
      fixture.run_until([&] { return !outcome.error.failed(); });
    }
    idle.lease.keep();
    CHECK(fixture.idle() == 1);

    const auto trusting = proxy::make_client_context(world.ca.certificate);
    fixture.pool().trust(tests::borrowed(&trusting));
    CHECK(fixture.idle() == 0);
    CHECK(fixture.open() == 1);
    busy.lease.keep();  // its exchange was under way, and it carries no other
    CHECK(fixture.idle() == 0);
    CHECK(fixture.open() == 0);
    CHECK_FALSE(fixture.take_now().lease->stream.tls()->resumed());
    const auto stranger = tests::make_ca(world.folder.path(), "stranger");
    const auto distrusting = proxy::make_client_context(stranger.certificate);
    fixture.pool().trust(tests::borrowed(&distrusting));
    CHECK(fixture.take_now().failure.kind == FailureKind::tls_unverified);
  }
}

// ---- Former bugs.

TEST_CASE("bytes that came behind an answer are nobody's next answer, under TLS as well") {
  for (const int version : {0, TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsWorld world(version == 0 ? TLS1_3_VERSION : version);
    const bool tls = version != 0;
    PoolFixture fixture(tls ? &world.server : nullptr, tls ? &world.client : nullptr);
    auto taken = fixture.take_now();
    tests::Outcome outcome;
    // The reader's room holds a part of what has arrived.
    spawn(fixture.context, exchange(*taken.lease, outcome, 10));
    fixture.run_until([&] { return !outcome.error.failed(); });
    CHECK(outcome.size == 10);
    taken.lease.keep();
    CHECK_FALSE(fixture.pool().take_idle());
  }
}

}  // namespace
