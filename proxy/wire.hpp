// Wire: HTTP/1.1 messages, read strictly and written. `HeadScanner` finds the end of a head in
// bytes as they come, and refuses what no careful reader would let pass; `RequestParser` and
// `ResponseParser` (Beast's parser, RFC 9112) then read it in place and hand out the body piece by
// piece. Framing is decided here, once, and nowhere else: a message has exactly one length or it is
// refused. No I/O; one object per message.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "filters/exchange.hpp"
#include "proxy/config.hpp"
#include "proxy/net.hpp"

namespace proxy {

using filters::Reason;
using filters::Verdict;

// Looks for the end of a message's head: an empty line. Every line must end in CR LF; a line that
// begins with white space (folding, obsolete since RFC 7230) is refused.
class HeadScanner {
 public:
  HeadScanner(std::size_t most_bytes, std::size_t most_fields)
      : most_bytes_(most_bytes), most_fields_(most_fields) {}

  // `data` is everything received of the message so far, each time with more at its end.
  // Reason::none and size() == 0: more is needed.
  Verdict scan(std::string_view data);
  std::size_t size() const { return size_; }  // of the head, its last CR LF included
  std::size_t most() const { return most_bytes_; }

 private:
  std::size_t most_bytes_;
  std::size_t most_fields_;
  std::size_t line_ = 0;     // where the current line begins
  std::size_t scanned_ = 0;  // no line end before here
  std::size_t lines_ = 0;
  std::size_t size_ = 0;
};

enum class Framing : std::uint8_t { none, length, chunked, until_close };

// The end of a chunked body without trailers.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// A body on its way through: what one step of a parser found.
struct Piece {
  std::size_t consumed = 0;  // bytes of the input that are used up
  std::string_view data;     // of the body, within the input
  bool last = false;         // the message is complete
  bool bad = false;          // the framing is broken: nothing after this can be trusted
};

// What the two parsers share: Beast's parser, driven over bytes that stay where they are.
template <bool is_request>
class MessageParser : public http::basic_parser<is_request> {
 public:
  Framing framing() const { return framing_; }
  std::uint64_t length() const { return length_; }  // where framing() is `length`
  bool keep_alive() const { return keep_alive_; }
  unsigned minor_version() const { return minor_version_; }
  // The body's next piece from `input`, which begins where the head or the last piece ended.
  Piece next(std::string_view input);

 protected:
  MessageParser();
  // Parses the head into fields; Beast's own words where it is not one.
  error_code read_head(std::string_view head, filters::Headers& headers);
  // Decides on Content-Length and Transfer-Encoding (RFC 9112 section 6.3, without its leniency);
  // empty: fine, and framing_ is `none` where neither is there.
  std::string_view read_framing(const filters::Headers& headers);
  void read_connection(const filters::Headers& headers);

  Framing framing_ = Framing::none;
  std::uint64_t length_ = 0;
  bool keep_alive_ = true;
  unsigned minor_version_ = 1;

 private:
  using View = boost::beast::string_view;

  void on_request_impl(http::verb, View, View, int, error_code&) override {}
  void on_response_impl(int, View, int, error_code&) override {}
  void on_field_impl(http::field, View name, View value, error_code&) final;
  void on_header_impl(error_code&) final {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) final {}
  std::size_t on_body_impl(View body, error_code&) final;
  void on_chunk_header_impl(std::uint64_t, View extensions, error_code& error) final;
  std::size_t on_chunk_body_impl(std::uint64_t, View body, error_code&) final;
  void on_finish_impl(error_code&) final {}

  bool begun_ = false;                   // the body
  filters::Headers* headers_ = nullptr;  // while the head is read; trailers are dropped
  std::string_view piece_;
};

// Reads one request. The head given must stay where it is for as long as the request is in use.
class RequestParser final : public MessageParser<true> {
 public:
  // Fills `request` with views into `head` (whole, from HeadScanner). Refuses whatever RFC 9112
  // calls an error, and what two readers could take for two different messages.
  Verdict parse(std::string_view head, filters::Request& request, std::size_t longest_target);

  bool expects_continue() const { return expects_continue_; }

 private:
  Verdict check_fields(filters::Request& request);
  Verdict check_host(filters::Request& request);
  Verdict split_target(filters::Request& request);

  void on_request_impl(http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code&) override;

  std::string_view method_;
  std::string_view target_;
  std::string_view absolute_authority_;
  bool expects_continue_ = false;
};

// Reads one response, likewise.
class ResponseParser final : public MessageParser<false> {
 public:
  // `to_head`: it answers a HEAD request and so has no body.
  explicit ResponseParser(bool to_head) : to_head_(to_head) {}
  // Empty: it can be passed on. Else why not.
  std::string_view parse(std::string_view head, filters::Response& response);

 private:
  void on_response_impl(int status, boost::beast::string_view reason, int version,
                        error_code&) override;

  int status_ = 0;
  std::string_view reason_;
  bool to_head_;
};

// Calls `visit(token)` for each element of a comma-separated list; false as soon as one says so.
template <class Visit>
bool each_token(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto token = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!token.empty() && (token.front() == ' ' || token.front() == '\t'))
      token.remove_prefix(1);
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t')) token.remove_suffix(1);
    if (!token.empty() && !visit(token)) return false;
  }
  return true;
}

// True for fields that are about this connection and go no further (RFC 9110 section 7.6.1).
bool is_hop_by_hop(filters::FieldId id);

}  // namespace proxy
