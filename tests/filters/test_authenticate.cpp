#include "filters/authenticate.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace filters;

namespace {

struct Outcome {
  Verdict verdict;
  std::string token;
  std::size_t findings;
};

Outcome authenticate(const std::vector<std::string>& values, Mode mode = Mode::enforce) {
  Arena arena;
  Exchange exchange(arena);
  for (const auto& value : values) exchange.request.headers.append("authorization", value);
  const Verdict verdict = Authenticate(mode).on_head(exchange);
  return {verdict, std::string(exchange.identity.bearer_token), exchange.journal.findings()};
}

const std::string token = "aZ09-._~+/==";

}  // namespace

TEST_CASE("one bearer token is let through and noted") {
  for (const auto scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer   "}) {
    const auto outcome = authenticate({scheme + token});
    CHECK_FALSE(outcome.verdict.rejected());
    CHECK((outcome.token == token));
  }
}

TEST_CASE("anything else is refused, and not repeated in the refusal") {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {""},
      {"Bearer"},
      {"Bearer "},
      {"Bearer=" + token},
      {"Bearer\t" + token},
      {"Basic " + token},
      {"Bearer " + token + " x"},
      {"Bearer " + token + ","},
      {"Bearer ab=c"},
      {"Bearer ="},
      {"Bearer a\x80"},
      {"Bearer \"" + token + "\""},
      {token},
      {"Bearer " + token, "Bearer " + token},
      {"Bearer " + token, ""},
  };
  for (const auto& values : cases) {
    const auto outcome = authenticate(values);
    CHECK(outcome.verdict.reason == Reason::no_bearer_token);
    CHECK((outcome.token.empty()));
    CHECK((outcome.verdict.detail.find(token) == std::string_view::npos));
  }
}

TEST_CASE("below enforce it only writes, and off it is silent but still notes the token") {
  CHECK_FALSE(authenticate({}, Mode::observe).verdict.rejected());
  CHECK(authenticate({}, Mode::warn).findings == 1);
  CHECK(authenticate({}, Mode::off).findings == 0);
  CHECK((authenticate({"Bearer " + token}, Mode::off).token == token));
}
