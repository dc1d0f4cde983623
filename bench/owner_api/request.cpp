#include "bench/owner_api/request.hpp"

#include <algorithm>

namespace owner_api {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      result += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

}  // namespace

bool same_name(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x | 0x20) : x) == y;
  });
}

std::string_view Request::query() const {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::string_view Request::field(std::string_view name) const {
  for (const auto& each : fields)
    if (same_name(each.name, name)) return each.value;
  return {};
}

void Request::clear() {
  fields.clear();
  body.clear();
  body_bytes = 0;
  chunked = complete = false;
}

Parser::Parser(Request& request) : request_(request) {
  request.clear();
  body_limit(boost::none);
  header_limit(64 * 1024);
}

void Parser::on_request_impl(Verb, View method, View target, int version, error_code&) {
  request_.method = method;
  request_.target = target;
  request_.version = version;
}

void Parser::on_field_impl(proxy::http::field, View name, View value, error_code&) {
  // Beast hands trailers in the same way; their views would not last.
  if (!is_header_done()) request_.fields.push_back({name, value});
}

void Parser::on_header_impl(error_code&) {
  request_.chunked = chunked();
}

std::size_t Parser::on_body_impl(View part, error_code&) {
  request_.body_bytes += part.size();
  const auto room = kept_body - request_.body.size();
  request_.body.append(part.data(), std::min<std::size_t>(part.size(), room));
  if (digest != nullptr) EVP_DigestUpdate(digest, part.data(), part.size());
  return part.size();
}

std::size_t Parser::on_chunk_body_impl(std::uint64_t, View part, error_code& error) {
  return on_body_impl(part, error);
}

void Parser::on_finish_impl(error_code&) {
  request_.complete = true;
}

std::vector<std::pair<std::string, std::string>> decode_pairs(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const auto pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(decode(pair.substr(0, equals)),
                       decode(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return pairs;
}

std::string_view find(const std::vector<std::pair<std::string, std::string>>& pairs,
                      std::string_view name) {
  for (const auto& [each, value] : pairs)
    if (each == name) return value;
  return {};
}

}  // namespace owner_api
