#include "proxy/address_book.hpp"

#include <doctest/doctest.h>

#include <random>

#include "tests/support/draws.hpp"

namespace {

using namespace std::chrono_literals;
using proxy::Address;
using proxy::AddressBook;
using proxy::AddressPtr;
using proxy::AddressTime;
using proxy::blames_address;
using proxy::Endpoint;
using proxy::FailedAnswers;
using proxy::Failure;
using proxy::FailureKind;

// Addresses are told apart by their port.
struct Book {
  explicit Book(std::size_t addresses) { adopt(addresses); }

  void adopt(std::size_t addresses, std::uint16_t first = 1) {
    std::vector<Endpoint> all;
    all.reserve(addresses);
    for (std::size_t i = 0; i < addresses; ++i)
      all.push_back({"10.0.0.1", static_cast<std::uint16_t>(first + i)});
    book.adopt(all, now);
  }
  Address& at(std::uint16_t port) {
    const auto found = std::ranges::find(
        book.all(), port, [](const AddressPtr& each) { return each->endpoint.port; });
    REQUIRE(found != book.all().end());
    return **found;
  }
  // The port chosen next, which has a request more from then on; 0: none.
  int next() {
    const auto chosen = book.choose(now);
    if (chosen) book.begin(*chosen);
    return chosen ? chosen->endpoint.port : 0;
  }
  // So many failures in a row. True where the last of them ejected it.
  bool fail(std::uint16_t port, int times) {
    bool ejected = false;
    for (int i = 0; i < times; ++i) ejected = book.failed(at(port), now);
    return ejected;
  }
  std::size_t ejected() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        book.all(), [&](const AddressPtr& each) { return each->ejected(now); }));
  }

  AddressBook::Ejection settings;
  AddressBook book{settings};
  AddressTime now{1'000h};
};

TEST_CASE(
    "the address with the fewest requests in flight is next, of equals the one used longest ago") {
  Book book(3);
  CHECK(book.next() == 1);
  CHECK(book.next() == 2);
  CHECK(book.next() == 3);
  CHECK(book.next() == 1);
  book.book.end(book.at(3));
  CHECK(book.next() == 3);
  book.book.end(book.at(1));
  book.book.end(book.at(1));
  CHECK(book.next() == 1);
  CHECK(book.at(1).in_flight.get() == 1);
  CHECK(book.next() == 2);
  CHECK(book.next() == 3);
  CHECK(book.next() == 1);
}

TEST_CASE("with nothing in flight each has its turn") {
  Book book(2);
  for (const int expected : {1, 2, 1, 2}) {
    CHECK(book.next() == expected);
    book.book.end(book.at(static_cast<std::uint16_t>(expected)));
  }
}

TEST_CASE("no address, no choice; what was tried is not chosen again, not even in need") {
  Book none(0);
  CHECK(none.next() == 0);
  Book book(2);
  CHECK(book.fail(2, 5));
  std::vector<AddressPtr> tried{book.book.choose(book.now)};
  CHECK(tried[0]->endpoint.port == 1);
  tried.push_back(book.book.choose(book.now, tried));
  REQUIRE(tried[1]);
  CHECK(tried[1]->endpoint.port == 2);  // ejected, and all that is left
  CHECK_FALSE(book.book.choose(book.now, tried));
}

TEST_CASE("so many failures in a row eject an address until its time is over") {
  Book book(2);
  CHECK_FALSE(book.fail(1, 4));
  book.book.succeeded(book.at(1));
  CHECK_FALSE(book.fail(1, 4));
  CHECK(book.fail(1, 1));
  CHECK_FALSE(book.book.usable(book.at(1), book.now));
  CHECK(book.book.usable(book.at(2), book.now));
  for (int i = 0; i < 3; ++i) CHECK(book.next() == 2);
  CHECK_FALSE(book.fail(1, 10));  // what was under way does not make it longer
  book.now += 30s - 1ns;
  CHECK(book.next() == 2);
  book.now += 1ns;
  CHECK(book.book.usable(book.at(1), book.now));
  CHECK(book.next() == 1);
  CHECK_FALSE(book.fail(1, 4));  // counted anew
}

TEST_CASE(
    "each ejection lasts twice as long as the one before, to a bound, until all was well long "
    "enough") {
  Book book(2);
  const auto ejected_for = [&] {
    REQUIRE(book.fail(1, 5));
    const auto from = book.now;
    while (book.at(1).ejected(book.now)) book.now += 1s;
    return book.now - from;
  };
  for (const auto expected : {30s, 60s, 120s, 240s, 300s, 300s}) CHECK(ejected_for() == expected);
  book.now += 300s;
  CHECK(ejected_for() == 300s);
  book.now += 301s;
  CHECK(ejected_for() == 30s);
}

TEST_CASE("never is more than half of the addresses ejected, and never the only one") {
  struct Row {
    std::size_t addresses;
    std::size_t most;
  };
  for (const auto& [addresses, most] : {Row{1, 0}, {2, 1}, {3, 1}, {4, 2}, {5, 2}}) {
    CAPTURE(addresses);
    Book book(addresses);
    for (std::size_t port = 1; port <= addresses; ++port)
      CHECK(book.fail(static_cast<std::uint16_t>(port), 5) == (port <= most));
    CHECK(book.ejected() == most);
    // The next in line goes when there is room for it, by one failure more.
    if (most == 0) continue;
    book.now += 30s;
    CHECK(book.fail(static_cast<std::uint16_t>(most + 1), 1));
  }
}

TEST_CASE("no failures, no ejection: 0 switches it off") {
  Book book(2);
  book.settings.failures = 0;
  CHECK_FALSE(book.fail(1, 100));
  book.settings.failures = 1;
  CHECK(book.fail(1, 1));
}

TEST_CASE("an address that stays keeps what is known of it; one that goes is not used again") {
  Book book(4);
  const auto gone = book.book.choose(book.now);
  CHECK(gone->endpoint.port == 1);
  book.book.begin(*gone);
  book.book.begin(book.at(2));
  CHECK(book.fail(3, 5));
  book.adopt(4, 2);  // 2 to 5
  CHECK_FALSE(book.book.usable(*gone, book.now));
  CHECK_FALSE(book.book.failed(*gone, book.now));
  CHECK(book.at(2).in_flight.get() == 1);
  CHECK(book.at(3).ejected(book.now));
  CHECK(book.next() == 4);
  CHECK(book.next() == 5);
  book.book.end(*gone);
  book.adopt(1, 1);
  CHECK(book.book.all()[0] != gone);
  CHECK(book.next() == 1);
}

TEST_CASE("where the good ones go, who was to come back first is used again") {
  Book book(4);
  CHECK(book.fail(1, 5));
  book.now += 1s;
  CHECK(book.fail(2, 5));
  book.adopt(2);
  CHECK_FALSE(book.at(1).ejected(book.now));
  CHECK(book.at(2).ejected(book.now));
  book.adopt(1, 2);
  CHECK_FALSE(book.at(2).ejected(book.now));
  CHECK(book.next() == 2);
}

TEST_CASE("whatever happens, at least half can be used and the choice is one of them") {
  std::mt19937 random(7);
  for (int round = 0; round < tests::draws(50); ++round) {
    Book book(1 + random() % 6);
    std::vector<AddressPtr> busy;
    for (int step = 0; step < 200; ++step) {
      const auto chosen = book.book.choose(book.now);
      REQUIRE(chosen);
      CHECK_FALSE(chosen->ejected(book.now));
      switch (random() % 6) {
        case 0:
          book.adopt(1 + random() % 6, static_cast<std::uint16_t>(1 + random() % 3));
          break;
        case 1:
          book.now += std::chrono::seconds(random() % 40);
          break;
        case 2:
          book.book.begin(*chosen);
          busy.push_back(chosen);
          break;
        case 3:
          if (busy.empty()) break;
          book.book.end(*busy.back());
          busy.pop_back();
          break;
        default:
          book.book.failed(*book.book.all()[random() % book.book.all().size()], book.now);
      }
      CHECK(book.ejected() <= book.book.all().size() / 2);
      for (const auto& each : book.book.all())
        CHECK(each->in_flight.get() == static_cast<std::uint64_t>(std::ranges::count(busy, each)));
    }
  }
}

TEST_CASE(
    "an address is to blame for what it did, not for the pool, nor for the end of an idle "
    "connection") {
  struct Row {
    const char* what;
    Failure failure;
    bool blames;
  };
  const auto failure = [](FailureKind kind, bool reused = false, bool begun = false) {
    Failure made;
    made.kind = kind;
    made.reused = reused;
    made.answer_begun = begun;
    return made;
  };
  const Row rows[] = {
      {"none", {}, false},
      {"no address", failure(FailureKind::resolve), false},
      {"refused", failure(FailureKind::connect_refused), true},
      {"connecting timed out", failure(FailureKind::connect_timeout), true},
      {"no route", failure(FailureKind::connect_failed), true},
      {"another certificate", failure(FailureKind::tls_unverified), true},
      {"no handshake", failure(FailureKind::tls_handshake), true},
      {"the line is full", failure(FailureKind::pool_full), false},
      {"too long in line", failure(FailureKind::pool_timeout), false},
      {"a new connection broke", failure(FailureKind::write_failed), true},
      {"a used one broke", failure(FailureKind::write_failed, true), false},
      {"nothing is taken", failure(FailureKind::write_timeout), true},
      {"a new connection closed", failure(FailureKind::closed), true},
      {"a used one closed", failure(FailureKind::closed, true), false},
      {"closed amid the head", failure(FailureKind::closed, true, true), true},
      {"no first byte", failure(FailureKind::first_byte_timeout), true},
      {"the same on a used one", failure(FailureKind::first_byte_timeout, true), true},
      {"garbage", failure(FailureKind::garbled), true},
  };
  for (const auto& [what, made, blames] : rows) {
    CAPTURE(what);
    CHECK(blames_address(made) == blames);
  }
}

TEST_CASE("which answers count as failures is the operator's choice") {
  struct Row {
    int status;
    bool gateway, server;
  };
  for (const auto& [status, gateway, server] : {Row{200, false, false},
                                                {429, false, false},
                                                {499, false, false},
                                                {500, false, true},
                                                {501, false, true},
                                                {502, true, true},
                                                {503, true, true},
                                                {504, true, true},
                                                {505, false, true},
                                                {540, false, true},
                                                {599, false, true},
                                                {600, false, false}}) {
    CAPTURE(status);
    CHECK_FALSE(blames_address(status, FailedAnswers::none));
    CHECK(blames_address(status, FailedAnswers::gateway) == gateway);
    CHECK(blames_address(status, FailedAnswers::server) == server);
  }
}

}  // namespace
