// Client: one blocking connection to a server under test, over clear text or TLS, that sends
// exactly the bytes it is given and reads answers by the rules of RFC 9112. Owned by one test, used
// from one thread. Every wait is bounded; what goes wrong is thrown. It never repeats, follows or
// repairs.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/process.hpp"

namespace tests {

struct Answer {
  int status = 0;
  std::string version;  // "HTTP/1.1"
  std::string phrase;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;  // chunks joined
  std::string head;  // as received, with the empty line

  // The field's value, names compared without case; several are joined by ", "; "" where none.
  std::string field(std::string_view name) const;
  bool has(std::string_view name) const;
};

struct Tls {
  std::filesystem::path ca = {};           // empty: the development_certificates() folder's
  std::string name = "localhost";          // sent as SNI and verified
  std::filesystem::path certificate = {};  // of the client, with its key: PEM
  std::filesystem::path private_key = {};
  std::vector<std::string> protocols = {"http/1.1"};  // ALPN; empty: none offered
};

class Client {
 public:
  explicit Client(std::uint16_t port);         // clear text, 127.0.0.1
  Client(std::uint16_t port, const Tls& tls);  // throws when the handshake or the name fails
  ~Client();                                   // closes
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  void send(std::string_view bytes, milliseconds within = patience);
  // Up to `most` bytes, empty at the end of the stream.
  std::string read_some(std::size_t most = 65'536, milliseconds within = patience);
  // One whole final answer; interim ones (1xx) go to `interim` where given and are dropped
  // otherwise. `to_head`: the request was a HEAD. Throws when the stream ends or breaks before.
  Answer receive(bool to_head = false, std::vector<Answer>* interim = nullptr,
                 milliseconds within = patience);
  // The head alone; the body is left to read_some.
  Answer receive_head(milliseconds within = patience);
  // All that comes until the peer closes (a reset counts as the end and sets was_reset).
  std::string receive_all(milliseconds within = patience);
  Answer exchange(std::string_view request, bool to_head = false);

  // True when the peer has closed or reset the connection within that time and sent nothing more.
  bool is_closed(milliseconds within = patience);
  bool was_reset() const { return reset_; }
  void finish_sending();  // half-closes (clear text), or sends close_notify
  void reset();           // RST: close with nothing said
  int descriptor() const;
  const SSL* tls() const;  // null over clear text

 private:
  struct Connection;
  void fill(milliseconds within);  // one read into buffer_; sets ended_
  Answer parse_head(milliseconds within);
  void read_body(Answer& answer, milliseconds within);
  void read_chunks(Answer& answer, milliseconds within);
  std::string take(std::size_t bytes, milliseconds within);
  std::string take_line(milliseconds within);

  std::unique_ptr<Connection> connection_;
  std::string buffer_;
  bool ended_ = false;
  bool reset_ = false;
};

// "GET /path HTTP/1.1\r\nHost: localhost\r\n..." with a Content-Length where there is a body or the
// method is POST. `fields` are lines without their line ends.
std::string request(std::string_view method, std::string_view target,
                    const std::vector<std::string>& fields = {}, std::string_view body = {});

}  // namespace tests
