#include "proxy/wire_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace proxy {
namespace {

using filters::Field;
using filters::FieldId;

void append_number(std::uint64_t number, int base, Text& to) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  to.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string_view name, std::string_view value, Text& to) {
  to.append(name).append(": ").append(value).append("\r\n");
}

void append_framing(Framing framing, std::uint64_t length, Text& to) {
  if (framing == Framing::chunked) {
    to.append("Transfer-Encoding: chunked\r\n");
  } else if (framing == Framing::length) {
    to.append("Content-Length: ");
    append_number(length, 10, to);
    to.append("\r\n");
  }
}

// The names in Connection fields, other than the standard ones, are this hop's too.
bool named_in_connection(const filters::Headers& headers, const Field& field) {
  const auto other = [&](std::string_view token) {
    return !filters::equal_ignoring_case(token, field.name);
  };
  return std::ranges::any_of(headers, [&](const Field& connection) {
    return connection.id == FieldId::connection && !each_token(connection.value, other);
  });
}

bool ours_to_say(FieldId id) {
  switch (id) {
    case FieldId::host:
    case FieldId::content_length:
    case FieldId::expect:  // answered here
    case FieldId::forwarded:
    case FieldId::x_forwarded:
    case FieldId::x_request_id:
    case FieldId::x_prefgate:
      return true;
    default:
      return is_hop_by_hop(id);
  }
}

void append_forwarded(const filters::Exchange& exchange, const Via& via, Text& to) {
  const bool v6 = via.client_address.find(':') != std::string_view::npos;
  to.append("Via: 1.1 prefgate\r\nForwarded: for=");
  if (v6)
    to.append("\"[").append(via.client_address).append("]\"");
  else
    to.append(via.client_address);
  to.append(";proto=").append(via.scheme);
  if (!exchange.request.authority.empty())
    to.append(";host=\"").append(exchange.request.authority).append("\"");
  to.append("\r\n");
  append_field("X-Forwarded-For", via.client_address, to);
  append_field("X-Forwarded-Proto", via.scheme, to);
  if (!exchange.request.authority.empty())
    append_field("X-Forwarded-Host", exchange.request.authority, to);
}

}  // namespace

void write_request_head(const filters::Exchange& exchange, const Via& via, Framing framing,
                        std::uint64_t length, Text& to) {
  const auto& request = exchange.request;
  to.append(request.method_name).append(" ").append(request.path);
  const bool taken = exchange.outgoing_query.empty() && !request.query.empty();
  if (request.has_query && !taken) to.append("?").append(exchange.outgoing_query);
  to.append(" HTTP/1.1\r\n");
  append_field("Host", via.upstream_authority, to);
  const bool names_more = request.headers.find(FieldId::connection) != nullptr;
  for (const auto& field : request.headers)
    if (!ours_to_say(field.id) && !(names_more && named_in_connection(request.headers, field)))
      append_field(field.name, field.value, to);
  append_forwarded(exchange, via, to);
  append_field("x-request-id", exchange.request_id, to);
  append_framing(framing, length, to);
  to.append("\r\n");
}

void write_response_head(const filters::Response& response, const ResponseForm& form, Text& to) {
  to.append("HTTP/1.1 ");
  append_number(static_cast<std::uint64_t>(response.status), 10, to);
  to.append(" ").append(response.reason).append("\r\n");
  const bool names_more = response.headers.find(FieldId::connection) != nullptr;
  bool dated = false;
  for (const auto& field : response.headers) {
    if (is_hop_by_hop(field.id)) continue;
    // Of a body that does not follow (HEAD, 304), the upstream's length is information.
    if (field.id == FieldId::content_length &&
        (form.framing != Framing::none || response.status == 204))
      continue;
    if (names_more && named_in_connection(response.headers, field)) continue;
    dated |= field.id == FieldId::date;
    append_field(field.name, field.value, to);
  }
  if (!dated) append_field("Date", form.date, to);
  append_framing(form.framing, form.length, to);
  if (form.close)
    to.append("Connection: close\r\n");
  else if (form.say_keep_alive)
    to.append("Connection: keep-alive\r\n");
  to.append("\r\n");
}

void write_date(std::time_t time, std::span<char, 32> to) {
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::strftime(to.data(), to.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
}

void write_chunk(std::string_view data, Text& to) {
  if (data.empty()) return;
  append_number(data.size(), 16, to);
  to.append("\r\n").append(data).append("\r\n");
}

}  // namespace proxy
