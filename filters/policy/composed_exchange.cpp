#include "filters/policy/composed_exchange.hpp"

#include <algorithm>

#include "filters/json_text.hpp"
#include "filters/policy/rules.hpp"

namespace filters {
namespace {

void encode(std::string_view text, std::string& out) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
}

// In the contract's order.
template <class Take>
void each_field(const RequestParts& parts, const Endpoint& endpoint, Take take) {
  const bool post = parts.method == Method::post;
  for (const auto& field : endpoint.fields()) {
    if (!(post ? field.in_body : field.in_query) || field.type != FieldType::string) continue;
    const auto given =
        std::ranges::find(parts.fields, field.name, &std::pair<std::string, std::string>::first);
    if (given != parts.fields.end()) take(field.name, given->second);
  }
}

}  // namespace

ComposedExchange::ComposedExchange(const RequestParts& parts, const Endpoint& endpoint,
                                   Moment now) {
  const bool post = parts.method == Method::post;
  auto& request = exchange_.request;
  request.method = parts.method;
  request.method_name = post ? "POST" : "GET";
  request.path = endpoint.path();
  request.headers.append("Authorization", "Bearer nobody");
  if (post) {
    request.headers.append("Content-Type", "application/json");
    request.has_body = request.length_given = true;
    request.body = body_of(parts, endpoint);
  } else {
    request.query = query_of(parts, endpoint);
    request.has_query = true;
  }
  exchange_.endpoint = &endpoint;
  exchange_.now = std::min(now, latest_now);
  exchange_.identity.client_address = parts.address;
  exchange_.identity.client_names = parts.client_names;
  if (parts.device) exchange_.identity.hash = &hash_.emplace(*parts.device);
}

std::string_view ComposedExchange::query_of(const RequestParts& parts, const Endpoint& endpoint) {
  std::string query;
  each_field(parts, endpoint, [&](std::string_view name, std::string_view value) {
    query.append(query.empty() ? "" : "&").append(name) += '=';
    encode(value, query);
  });
  return arena_.copy(query);
}

std::string_view ComposedExchange::body_of(const RequestParts& parts, const Endpoint& endpoint) {
  JsonText json(arena_, 1024);
  json.begin_object();
  each_field(parts, endpoint, [&](std::string_view name, std::string_view value) {
    json.key(name);
    json.string(value);
  });
  if (const auto map = map_field(endpoint); map != Endpoint::none) {
    json.key(endpoint.fields()[map].name);
    json.begin_object();
    for (const auto& [name, value] : parts.preferences) {
      json.string_key(name, JsonText::unlimited);
      json.boolean(value);
    }
    json.end_object();
  }
  json.end_object();
  return arena_.copy(json.text());
}

bool ComposedExchange::run(const Pipeline& pipeline) {
  if (!pipeline.on_head(exchange_) || !pipeline.on_body(exchange_)) return false;
  exchange_.apply_edits();
  return true;
}

}  // namespace filters
