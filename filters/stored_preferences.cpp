#include "filters/stored_preferences.hpp"

#include "filters/media_type.hpp"

namespace filters {
namespace {

// Where every answer of this API has what was asked for.
constexpr std::string_view envelope = "response";

// Empty, or why the answer cannot be read.
std::string_view read_answer(Exchange& exchange) {
  const auto& response = exchange.response;
  if (response.too_long) return "not looked at: longer than limits.body";
  if (has_content_encoding(response.headers))
    return "not looked at: it has a content encoding (rewrite.headers can remove Accept-Encoding)";
  if (media_type(response.headers) != MediaType::json)
    return "not looked at: its content type is not application/json";
  if (index_json(response.body, exchange.arena, exchange.answer))
    return "not looked at: it is not JSON";
  if (!exchange.answer.repeated.empty()) return "not looked at: a name appears more than once";
  return {};
}

}  // namespace

StoredPreferences read_stored_preferences(Exchange& exchange) {
  if (exchange.response.body.empty() && !exchange.response.too_long) return {};
  if (const auto why = read_answer(exchange); !why.empty()) return {.fault = why};
  const auto& members = exchange.answer.members;
  for (std::uint32_t i = 0; i < members.size(); i = members[i].next) {
    if (members[i].name != envelope) continue;
    if (members[i].type == Type::object) return {.holder = i, .fault = {}};
    if (members[i].type == Type::null) return {};  // nothing is stored
    break;
  }
  return {.fault = "not looked at: it has no object `response`"};
}

}  // namespace filters
