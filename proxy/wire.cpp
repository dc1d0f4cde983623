// The idea: Beast reads the grammar; what it is lenient about (two lengths that agree, codings it
// does not know, a name with an underscore that some servers read as another field) is refused
// here.
#include "proxy/wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "proxy/authority.hpp"

namespace proxy {
namespace {

using filters::FieldId;
using filters::Headers;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

constexpr Verdict malformed(std::string_view detail) {
  return {Reason::malformed_request, detail};
}

// Servers that hand fields to programs as CGI variables read '_' and '-' as one (RFC 3875 section
// 4.1.18): `content_length` would be a second Content-Length to them.
bool shadows_known_field(std::string_view name) {
  if (name.find('_') == std::string_view::npos) return false;
  std::array<char, 32> hyphenated{};
  if (name.size() > hyphenated.size()) return false;
  std::replace_copy(name.begin(), name.end(), hyphenated.begin(), '_', '-');
  return filters::field_id({hyphenated.data(), name.size()}) != FieldId::other;
}

// A line that ends in a bare LF, or one that is folded.
bool has_broken_line(std::string_view text) {
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', end + 1)) {
    if (end == 0 || text[end - 1] != '\r') return true;
    if (end + 1 < text.size() && (text[end + 1] == ' ' || text[end + 1] == '\t')) return true;
  }
  return false;
}

}  // namespace

bool is_hop_by_hop(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_authorization:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
      return true;
    default:
      return false;
  }
}

Verdict HeadScanner::scan(std::string_view data) {
  const auto too_large = [&] {
    return Verdict{lines_ == 0 ? Reason::target_too_long : Reason::head_too_large};
  };
  while (scanned_ < data.size()) {
    const auto end = data.find('\n', scanned_);
    if (end == std::string_view::npos) break;
    scanned_ = end + 1;
    if (scanned_ > most_bytes_) return too_large();
    const auto line = data.substr(line_, end - line_);
    if (line.find('\r') != line.size() - 1 || line.empty())
      return malformed("every line of the head must end in CR LF, and hold no other CR");
    if (line.size() == 1) {
      if (lines_ == 0) return malformed("the request line is empty");
      size_ = scanned_;
      return filters::go_on;
    }
    if (line.front() == ' ' || line.front() == '\t')
      return malformed("a folded field line is not accepted");
    if (++lines_ > most_fields_ + 1) return too_large();
    line_ = scanned_;
  }
  scanned_ = data.size();
  return data.size() >= most_bytes_ ? too_large() : filters::go_on;
}

template <bool is_request>
MessageParser<is_request>::MessageParser() {
  this->eager(false);
  this->header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadScanner's business
  this->body_limit(boost::none);                                  // the gateway's
}

template <bool is_request>
error_code MessageParser<is_request>::read_head(std::string_view head, Headers& headers) {
  headers.reserve(24);
  headers_ = &headers;
  error_code error;
  const auto used = this->put(asio::buffer(head.data(), head.size()), error);
  headers_ = nullptr;
  if (!error && (used != head.size() || !this->is_header_done())) error = http::error::bad_field;
  return error;
}

template <bool is_request>
void MessageParser<is_request>::on_field_impl(http::field, View name, View value,
                                              error_code& error) {
  if (!headers_) return;
  headers_->append(view(name), view(value));
  if (shadows_known_field(view(name))) error = http::error::bad_field;
}

template <bool is_request>
std::size_t MessageParser<is_request>::on_body_impl(View body, error_code&) {
  piece_ = view(body);
  return body.size();
}

// Beast takes any byte inside a quoted extension, a bare LF among them, where a reader before or
// behind may see the end of the line.
template <bool is_request>
void MessageParser<is_request>::on_chunk_header_impl(std::uint64_t, View extensions,
                                                     error_code& error) {
  const auto control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  };
  if (std::ranges::any_of(view(extensions), control)) error = http::error::bad_chunk_extension;
}

template <bool is_request>
std::size_t MessageParser<is_request>::on_chunk_body_impl(std::uint64_t, View body, error_code&) {
  piece_ = view(body);
  return body.size();
}

template <bool is_request>
std::string_view MessageParser<is_request>::read_framing(const Headers& headers) {
  const auto lengths = headers.count(FieldId::content_length);
  const auto codings = headers.count(FieldId::transfer_encoding);
  if (lengths + codings > 1) return "more than one field gives the length of the body";
  if (codings == 1) {
    if (minor_version_ == 0) return "Transfer-Encoding is not part of HTTP/1.0";
    if (!filters::equal_ignoring_case(headers.find(FieldId::transfer_encoding)->value, "chunked"))
      return "the only transfer coding understood is `chunked`";
    framing_ = Framing::chunked;
  } else if (lengths == 1) {
    const auto text = headers.find(FieldId::content_length)->value;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, length_);
    // from_chars takes no sign for an unsigned type, so this leaves digits alone.
    if (error != std::errc{} || stop != end || text.size() > 18)
      return "Content-Length is not one number";
    framing_ = Framing::length;
  }
  return {};
}

template <bool is_request>
void MessageParser<is_request>::read_connection(const Headers& headers) {
  bool close = false;
  bool keep = false;
  for (const auto& field : headers)
    if (field.id == FieldId::connection)
      each_token(field.value, [&](std::string_view token) {
        close |= filters::equal_ignoring_case(token, "close");
        keep |= filters::equal_ignoring_case(token, "keep-alive");
        return true;
      });
  keep_alive_ = !close && (keep || minor_version_ == 1);
}

template <bool is_request>
Piece MessageParser<is_request>::next(std::string_view input) {
  if (this->is_done()) return {0, {}, true, false};
  // Beast (1.81, asserted in parse_chunk_header) cannot take an empty body's "0 CR LF CR LF" up
  // again after its fourth byte. No chunked body is shorter than these five.
  if (framing_ == Framing::chunked && !begun_ && input.size() < last_chunk.size()) {
    // Behind the first line come data, of any bytes; behind that of the last chunk, more lines.
    const bool all_lines = input.starts_with("0\r\n");
    const auto lines = all_lines ? input : input.substr(0, input.find('\n') + 1);
    return {0, {}, false, has_broken_line(lines)};
  }
  begun_ = true;
  piece_ = {};
  error_code error;
  const auto used = this->put(asio::buffer(input.data(), input.size()), error);
  // Beast waits for a CR where a line ends without, and takes a folded trailer. Not yet used, or
  // used for the end of a chunked body, is the head of a chunk, or trailers: lines all of them.
  if (error == http::error::need_more)
    return {used, {}, false, framing_ == Framing::chunked && has_broken_line(input.substr(used))};
  const bool broken =
      framing_ == Framing::chunked && this->is_done() && has_broken_line(input.substr(0, used));
  return {used, piece_, this->is_done() && !broken, broken || error.failed()};
}

template class MessageParser<true>;
template class MessageParser<false>;

void RequestParser::on_request_impl(http::verb, boost::beast::string_view method,
                                    boost::beast::string_view target, int version, error_code&) {
  method_ = view(method);
  target_ = view(target);
  minor_version_ = static_cast<unsigned>(version % 10);
}

Verdict RequestParser::parse(std::string_view head, filters::Request& request,
                             std::size_t longest_target) {
  // Framing errors of Beast's own come as errors of read_head; ours are the stricter.
  const auto error = read_head(head, request.headers);
  if (error == http::error::bad_version)
    return malformed("only HTTP/1.0 and HTTP/1.1 are understood");
  if (error)
    return malformed(error == http::error::bad_method   ? "the method is not a token"
                     : error == http::error::bad_target ? "the request target is not valid"
                     : error == http::error::bad_value  ? "a field value is not valid"
                     : error == http::error::bad_field
                         ? "a field name is not valid"
                         : "the head is not valid HTTP, or its length is ambiguous");
  // What follows would be the tunnel's, and no request.
  if (method_ == "CONNECT") return malformed("CONNECT asks for a tunnel, and there is none here");
  request.method_name = method_;
  request.method = method_ == "GET"    ? filters::Method::get
                   : method_ == "POST" ? filters::Method::post
                                       : filters::Method::other;
  if (target_.size() > longest_target) return {Reason::target_too_long};
  if (const auto what = read_framing(request.headers); !what.empty()) return malformed(what);
  request.length_given = framing_ != Framing::none;
  request.has_body = framing_ == Framing::chunked || length_ > 0;
  read_connection(request.headers);
  if (const auto verdict = split_target(request); verdict.rejected()) return verdict;
  if (const auto verdict = check_host(request); verdict.rejected()) return verdict;
  return check_fields(request);
}

Verdict RequestParser::split_target(filters::Request& request) {
  if (std::ranges::any_of(target_, [](char c) { return c <= ' ' || c == '#' || c > '~'; }))
    return malformed("the request target holds a byte that must be percent-encoded");
  auto target = target_;
  if (!target.starts_with('/')) {
    const auto scheme = target.find("://");
    const auto name = target.substr(0, std::min(scheme, target.size()));
    if (!filters::equal_ignoring_case(name, "http") && !filters::equal_ignoring_case(name, "https"))
      return malformed("the request target must begin with `/`");
    target.remove_prefix(scheme + 3);
    absolute_authority_ = target.substr(0, std::min(target.find_first_of("/?"), target.size()));
    target.remove_prefix(absolute_authority_.size());
    if (absolute_authority_.empty()) return malformed("the absolute request target has no host");
    if (!target.starts_with('/')) return malformed("the absolute request target has no path");
  }
  const auto mark = target.find('?');
  request.has_query = mark != std::string_view::npos;
  request.path = target.substr(0, mark);
  if (request.has_query) request.query = target.substr(mark + 1);
  return filters::go_on;
}

Verdict RequestParser::check_host(filters::Request& request) {
  const auto hosts = request.headers.count(FieldId::host);
  if (hosts > 1) return malformed("more than one Host field");
  if (hosts == 0 && minor_version_ == 1) return malformed("the Host field is missing");
  if (hosts == 1) {
    request.authority = request.headers.find(FieldId::host)->value;
    if (!valid_authority(request.authority)) return malformed("the Host field is not a host");
  }
  if (absolute_authority_.empty()) return filters::go_on;
  if (!valid_authority(absolute_authority_) ||
      (hosts == 1 && !filters::equal_ignoring_case(absolute_authority_, request.authority)))
    return malformed("the absolute request target disagrees with the Host field");
  request.authority = absolute_authority_;
  return filters::go_on;
}

Verdict RequestParser::check_fields(filters::Request& request) {
  for (const auto& field : request.headers) {
    if (field.id == FieldId::expect) {
      if (!filters::equal_ignoring_case(field.value, "100-continue")) return {Reason::expectation};
      // A client that speaks 1.0 cannot have meant it (RFC 9110 section 10.1.1).
      expects_continue_ = minor_version_ == 1 && request.has_body;
    }
    if (field.id != FieldId::connection) continue;
    // Fields named here are dropped on the way: no one may have Authorization or Host dropped.
    const bool harmless = each_token(field.value, [](std::string_view token) {
      const auto id = filters::field_id(token);
      return id == FieldId::other || is_hop_by_hop(id);
    });
    if (!harmless) return malformed("Connection names a field that must reach the upstream");
  }
  return filters::go_on;
}

void ResponseParser::on_response_impl(int status, boost::beast::string_view reason, int version,
                                      error_code&) {
  status_ = status;
  reason_ = view(reason);
  minor_version_ = static_cast<unsigned>(version % 10);
}

std::string_view ResponseParser::parse(std::string_view head, filters::Response& response) {
  if (to_head_) skip(true);
  if (read_head(head, response.headers)) return "the head is not valid HTTP";
  if (status_ < 100) return "the status is below 100";
  response.status = status_;
  response.reason = reason_;
  if (const auto what = read_framing(response.headers); !what.empty()) return what;
  read_connection(response.headers);
  const bool bodiless = to_head_ || status_ / 100 == 1 || status_ == 204 || status_ == 304;
  if (bodiless) {
    if (status_ / 100 == 1 && framing_ != Framing::none) return "an interim response with a body";
    framing_ = Framing::none;
  } else if (framing_ == Framing::none) {
    framing_ = Framing::until_close;
    keep_alive_ = false;
  }
  return {};
}

}  // namespace proxy
