#include "filters/media_type.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "filters/arena.hpp"

using namespace filters;

namespace {

MediaType type_of(const std::vector<std::string_view>& values) {
  Arena arena;
  Headers headers(arena);
  headers.append("Accept", "multipart/mixed");
  for (const auto value : values) headers.append("content-TYPE", value);
  return media_type(headers);
}

}  // namespace

TEST_CASE("a media type is JSON, a form, a slip, or something else") {
  using enum MediaType;
  const struct {
    std::string_view value;
    MediaType type;
  } cases[] = {
      {"application/json", json},
      {"Application/JSON ;Charset=\"UTF-8\"", json},
      {"application/json; charset=utf-8", json},
      {"application/x-www-form-urlencoded", form},
      {"Application/X-WWW-Form-Urlencoded ; charset=UTF-8", form},
      {"application/x-www-form-urlencoded; version=1", form},
      {"application/x-www-form-urlencoded2", other},
      {"", other},
      {"json", other},
      {"text/plain", other},
      {"text/plain;charset=US-ASCII", other},
      {"text/json", other},
      {"application/json5", other},
      {"application/json;", other},
      {"application/json; charset=us-ascii", other},
      {"application/json; charset=utf8", other},
      {"application/json; charset=utf-8; x=y", other},
      {"application/vnd.api+json", other},
      {"multipart/form-data; boundary=x", foreign},
      {"Multipart/mixed", foreign},
      {"application/json; charset=utf-16", foreign},
      {"application/json; charset=utf-8; charset=utf-16", foreign},
      {"application/json; charset", foreign},
      {"application/json; charset=", foreign},
      {"application/json; charset*=utf-8''x", foreign},
      {"application/json; Charset = \"latin1\"", foreign},
      {"text/plain; x=\"; charset=utf-16\"", foreign},
      {"application/x-www-form-urlencoded; charset=iso-8859-1", foreign},
      {"application/json, text/plain", several},
      {"application/x-www-form-urlencoded,application/json", several},
  };
  for (const auto& c : cases) {
    CAPTURE(c.value);
    CHECK(type_of({c.value}) == c.type);
  }
  CHECK(type_of({}) == missing);
  CHECK(type_of({"application/json", "application/json"}) == several);
}

TEST_CASE("only familiar types are for the journal") {
  for (const auto* value :
       {"text/plain", "Text/JSON", "text/plain;charset=UTF-8", "application/octet-stream",
        "application/x-www-form-urlencoded; charset=\"utf-8\""})
    CHECK(is_familiar(value));
  for (const auto* value : {"", "text", "text/plain2", "text/plain; a=b", "application/json;",
                            "text/plain; charset=utf-8; a=b", "token/abc"})
    CHECK_FALSE(is_familiar(value));
}

TEST_CASE("an encoding other than identity is one, in any of the fields") {
  Arena arena;
  Headers headers(arena);
  CHECK_FALSE(has_content_encoding(headers));
  headers.append("Content-Encoding", "Identity");
  CHECK_FALSE(has_content_encoding(headers));
  headers.append("content-encoding", "br");
  CHECK(has_content_encoding(headers));
}
