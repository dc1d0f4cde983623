#include "filters/verdict.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace filters;

TEST_CASE("every reason to reject has a status with a phrase, a token of its own and words") {
  std::set<std::string> tokens;
  for (auto i = 1; i <= static_cast<int>(Reason::upstream_timeout); ++i) {
    const auto& row = info(static_cast<Reason>(i));
    CAPTURE(row.token);
    CHECK(row.status >= 400);
    CHECK_FALSE(status_phrase(row.status).empty());
    CHECK_FALSE(row.message.empty());
    CHECK(tokens.insert(std::string(row.token)).second);
  }
}

TEST_CASE("going on is no rejection") {
  CHECK_FALSE(go_on.rejected());
  CHECK(Verdict{Reason::contract, "x"}.rejected());
  CHECK(info(Reason::none).status == 0);
  CHECK(status_phrase(299).empty());
}
