// Request: one HTTP/1.1 request as it arrived, and the parser that reads it. The views point into
// the session's buffer and hold until the answer is sent. Owned by its session, on its thread.
// Unlike the gateway it is no judge: it takes whatever Beast's parser takes and tells exactly what
// came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net.hpp"

namespace owner_api {

namespace asio = boost::asio;
using proxy::error_code;

struct Field {
  std::string_view name;
  std::string_view value;
};

struct Request {
  std::string_view method;
  std::string_view target;
  std::vector<Field> fields;
  std::string body;  // its beginning, at most kept_body
  std::uint64_t body_bytes = 0;
  int version = 11;
  bool chunked = false;
  bool complete = false;

  std::string_view path() const { return target.substr(0, target.find('?')); }
  std::string_view query() const;
  // The value of the first field of that name (lower case), or nothing.
  std::string_view field(std::string_view name) const;
  void clear();
};

inline constexpr std::size_t kept_body = 1024 * 1024;

// Feeds a Request; `digest` gets every byte of the body where it is set.
class Parser final : public proxy::http::basic_parser<true> {
 public:
  explicit Parser(Request& request);

  EVP_MD_CTX* digest = nullptr;

 private:
  using View = boost::beast::string_view;
  using Verb = proxy::http::verb;
  void on_request_impl(Verb, View method, View target, int version, error_code&) override;
  void on_response_impl(int, View, int, error_code&) override {}
  void on_field_impl(proxy::http::field, View name, View value, error_code&) override;
  void on_header_impl(error_code&) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View part, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View part, error_code&) override;
  void on_finish_impl(error_code&) override;

  Request& request_;
};

bool same_name(std::string_view a, std::string_view lower);

// `name=value` pairs of a query or form, decoded, in order.
std::vector<std::pair<std::string, std::string>> decode_pairs(std::string_view text);
// The value of the first pair of that name, or nothing.
std::string_view find(const std::vector<std::pair<std::string, std::string>>& pairs,
                      std::string_view name);

}  // namespace owner_api
