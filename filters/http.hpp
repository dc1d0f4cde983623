// Request, Response, Headers: one HTTP message as the filters see it, whatever version of HTTP
// brought it. Everything is a view into the host's read buffer or the exchange's arena; nothing
// here owns text, and nothing parses or writes the wire.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace filters {

// The fields that some code here looks for. Anything else is `other`.
enum class FieldId : std::uint8_t {
  other,
  accept,
  allow,
  authorization,
  connection,
  content_encoding,
  content_length,
  content_type,
  date,
  expect,
  forwarded,
  host,
  http2_settings,
  keep_alive,
  method_override,  // X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  retry_after,
  server,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  via,
  // X-Forwarded-*, X-Real-IP; X-Original-URL and X-Rewrite-URL, whose path some servers take for
  // the request's own. A proxy's to say, so nobody outside says them.
  x_forwarded,
  x_prefgate,  // x-prefgate-*
  x_request_id,
};

// Case-insensitive. O(1) for names that are none of these.
FieldId field_id(std::string_view name);
// ASCII only, as HTTP's tokens are.
bool equal_ignoring_case(std::string_view a, std::string_view b);
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

struct Field {
  FieldId id;
  std::string_view name;
  std::string_view value;  // without surrounding white space
};

class Headers {
 public:
  explicit Headers(std::pmr::memory_resource& memory) : fields_(&memory) {}

  void append(std::string_view name, std::string_view value) {
    fields_.push_back({field_id(name), name, value});
  }
  void append(FieldId id, std::string_view name, std::string_view value) {
    fields_.push_back({id, name, value});
  }
  // The first field of that id (never FieldId::other), or nullptr.
  const Field* find(FieldId id) const;
  // The first field of that name, any case, or nullptr.
  const Field* find(std::string_view name) const;
  std::size_t count(FieldId id) const;
  // Removes every field of that id and appends one.
  void set(FieldId id, std::string_view name, std::string_view value);
  // Gives the first field of that id another value, where it stands. There must be one.
  void replace(FieldId id, std::string_view value);
  void remove(FieldId id);
  void remove(std::string_view name);

  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  void reserve(std::size_t count) { fields_.reserve(count); }

 private:
  std::pmr::vector<Field> fields_;
};

enum class Method : std::uint8_t { get, post, other };

struct Request {
  explicit Request(std::pmr::memory_resource& memory) : headers(memory) {}

  Method method = Method::other;
  std::string_view method_name;
  std::string_view path;       // as it came, always begins with '/'
  std::string_view query;      // as it came, without the '?'
  bool has_query = false;      // "/x?" has one, empty
  std::string_view authority;  // of the Host field or the absolute target
  Headers headers;
  bool has_body = false;      // a length above zero, or chunked
  bool length_given = false;  // a Content-Length (0 counts) or chunked
  std::string_view body;      // of a governed exchange, whole
};

struct Response {
  explicit Response(std::pmr::memory_resource& memory) : headers(memory) {}

  int status = 0;
  std::string_view reason;
  Headers headers;
  // Of an answer the gateway makes; of an upstream's, which streams past, what the chain asked for.
  std::string_view body;
  bool too_long = false;  // asked for, and longer than the host holds: `body` is empty
};

}  // namespace filters
