// MediaType: what the head of a request says of its body (RFC 9110 section 8.3), as far as this
// chain tells types apart. Pure functions of the fields. Repair asks whether the type can be a
// slip, Validate whether it is right; neither believes it before the body has been read.
#pragma once

#include <cstdint>

#include "filters/http.hpp"

namespace filters {

enum class MediaType : std::uint8_t {
  json,     // `application/json`, alone or with `charset=utf-8`
  form,     // `application/x-www-form-urlencoded`
  missing,  // no Content-Type at all
  other,    // one that a client may have set by mistake: the body can be JSON
  foreign,  // `multipart/*`, or a charset beyond UTF-8: the body is something else
  several,  // more than one is given, and each reader may believe another
};

MediaType media_type(const Headers& headers);
// True for the few types that clients name by mistake, alone or with `charset=utf-8`. Any other
// text may hold anything, a token among it, and belongs in no output.
bool is_familiar(std::string_view media_type);
// True where a Content-Encoding other than `identity` is given.
bool has_content_encoding(const Headers& headers);

}  // namespace filters
