#include "filters/media_type.hpp"

#include <algorithm>
#include <array>

namespace filters {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == text.npos ? std::string_view{}
                            : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool begins_with(std::string_view text, std::string_view start) {
  return equal_ignoring_case(text.substr(0, start.size()), start);
}

struct Parts {
  std::string_view type;
  bool plain = false;  // no parameter but `charset=utf-8`
};

// Any other parameter could change the meaning of the bytes for whoever reads them next.
Parts split(std::string_view value) {
  const auto semicolon = value.find(';');
  const auto type = trimmed(value.substr(0, semicolon));
  if (semicolon == value.npos) return {type, true};
  const auto parameter = trimmed(value.substr(semicolon + 1));
  return {type, equal_ignoring_case(parameter, "charset=utf-8") ||
                    equal_ignoring_case(parameter, "charset=\"utf-8\"")};
}

// UTF-8, under its names (Encoding Standard section 4.2), or ASCII, which is a part of it.
bool is_utf8(std::string_view charset) {
  constexpr std::array names{"utf-8"sv, "utf8"sv, "us-ascii"sv};
  if (charset.size() > 1 && charset.front() == '"' && charset.back() == '"')
    charset = charset.substr(1, charset.size() - 2);
  return std::ranges::any_of(names, [&](auto name) { return equal_ignoring_case(charset, name); });
}

// Splits at every ';', those in quotes too: then a charset is rather seen twice than missed.
bool has_other_charset(std::string_view value) {
  for (auto at = value.find(';'); at != value.npos; at = value.find(';')) {
    value.remove_prefix(at + 1);
    const auto parameter = trimmed(value.substr(0, value.find(';')));
    if (!begins_with(parameter, "charset")) continue;
    const auto equals = std::min(parameter.find('='), parameter.size() - 1);
    if (trimmed(parameter.substr(0, equals)).size() != "charset"sv.size() ||
        !is_utf8(trimmed(parameter.substr(equals + 1))))
      return true;
  }
  return false;
}

}  // namespace

MediaType media_type(const Headers& headers) {
  const auto* const field = headers.find(FieldId::content_type);
  if (!field) return MediaType::missing;
  if (headers.count(FieldId::content_type) > 1) return MediaType::several;
  const auto value = field->value;
  const auto [type, plain] = split(value);
  if (plain && equal_ignoring_case(type, json_type)) return MediaType::json;
  // Fields that somebody on the way has joined (RFC 9110 section 5.3).
  if (value.find(',') != value.npos) return MediaType::several;
  if (begins_with(value, "multipart/") || has_other_charset(value)) return MediaType::foreign;
  return equal_ignoring_case(type, form_type) ? MediaType::form : MediaType::other;
}

bool is_familiar(std::string_view media_type) {
  constexpr std::array types{json_type,     form_type,     "application/octet-stream"sv,
                             "text/html"sv, "text/json"sv, "text/plain"sv};
  const Parts parts = split(media_type);
  const auto same = [&](auto type) { return equal_ignoring_case(parts.type, type); };
  return parts.plain && std::ranges::any_of(types, same);
}

bool has_content_encoding(const Headers& headers) {
  return std::ranges::any_of(headers, [](const Field& field) {
    return field.id == FieldId::content_encoding && !equal_ignoring_case(field.value, "identity");
  });
}

}  // namespace filters
