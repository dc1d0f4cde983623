#include "filters/http.hpp"

#include <doctest/doctest.h>

#include "filters/arena.hpp"

using namespace filters;

TEST_CASE("field names are known in any case, and neighbours of known names are not") {
  const struct {
    std::string_view name;
    FieldId id;
  } cases[] = {
      {"Authorization", FieldId::authorization},
      {"AUTHORIZATION", FieldId::authorization},
      {"authorizatio", FieldId::other},
      {"content-type", FieldId::content_type},
      {"content_type", FieldId::other},
      {"TE", FieldId::te},
      {"X-HTTP-Method-Override", FieldId::method_override},
      {"x-http-method", FieldId::method_override},
      {"X-Method-Override", FieldId::method_override},
      {"X-Forwarded-For", FieldId::x_forwarded},
      {"x-forwarded-", FieldId::other},
      {"X-Real-IP", FieldId::x_forwarded},
      {"X-Original-URL", FieldId::x_forwarded},
      {"x-rewrite-url", FieldId::x_forwarded},
      {"X-Prefgate-Rules", FieldId::x_prefgate},
      {"x-request-id", FieldId::x_request_id},
      {"", FieldId::other},
      {"x-a-name-longer-than-any-of-the-known-ones", FieldId::other},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(field_id(c.name) == c.id);
  }
}

TEST_CASE("headers keep their order, and set leaves exactly one") {
  Arena arena;
  Headers headers(arena);
  headers.append("Accept", "a");
  headers.append("X-One", "1");
  headers.append("accept", "b");
  CHECK(headers.count(FieldId::accept) == 2);
  CHECK(headers.find(FieldId::accept)->value == "a");
  CHECK(headers.find("x-one")->value == "1");
  CHECK(headers.find("x-two") == nullptr);
  headers.set(FieldId::accept, "Accept", "c");
  CHECK(headers.count(FieldId::accept) == 1);
  CHECK(headers.find(FieldId::accept)->value == "c");
  headers.remove("X-ONE");
  CHECK(headers.size() == 1);
  headers.remove(FieldId::accept);
  CHECK(headers.size() == 0);
}

TEST_CASE("replace gives the first field another value, where it stands") {
  Arena arena;
  Headers headers(arena);
  headers.append("Accept", "a");
  headers.append("CONTENT-type", "text/plain");
  headers.append("X-One", "1");
  headers.replace(FieldId::content_type, "application/json");
  REQUIRE(headers.size() == 3);
  CHECK((headers.begin() + 1)->name == "CONTENT-type");
  CHECK((headers.begin() + 1)->value == "application/json");
}

TEST_CASE("case is ASCII's only") {
  CHECK(equal_ignoring_case("AbC", "aBc"));
  CHECK_FALSE(equal_ignoring_case("abc", "abcd"));
  CHECK_FALSE(equal_ignoring_case("@", "`"));
  CHECK_FALSE(equal_ignoring_case("\xC4", "\xE4"));
}
