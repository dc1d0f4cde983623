#include "tests/support/client.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "tests/support/connection.hpp"

namespace tests {
namespace {

using Clock = std::chrono::steady_clock;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

template <class T>
T number(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("not a number in the answer's framing: " + std::string(text));
  return value;
}

}  // namespace

std::string Answer::field(std::string_view name) const {
  std::string joined;
  for (const auto& [each, value] : fields)
    if (same_name(each, name)) joined += (joined.empty() ? "" : ", ") + value;
  return joined;
}

bool Answer::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const auto& each) { return same_name(each.first, name); });
}

Client::Client(std::uint16_t port) : connection_(std::make_unique<Connection>(port)) {}

Client::Client(std::uint16_t port, const Tls& tls) : Client(port) {
  connection_->start_tls(tls);
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

void Client::send(std::string_view bytes, milliseconds within) {
  while (!bytes.empty()) bytes.remove_prefix(connection_->write(bytes, within));
}

void Client::fill(milliseconds within) {
  if (ended_) return;
  const auto got = connection_->read(buffer_, within);
  ended_ = got != Connection::Read::some;
  reset_ = got == Connection::Read::broken;
}

std::string Client::read_some(std::size_t most, milliseconds within) {
  if (buffer_.empty()) fill(within);
  return take(std::min(most, buffer_.size()), within);
}

std::string Client::take(std::size_t bytes, milliseconds within) {
  while (buffer_.size() < bytes) {
    if (ended_) throw std::runtime_error("the stream ended inside an answer");
    fill(within);
  }
  std::string part = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return part;
}

std::string Client::take_line(milliseconds within) {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (ended_)
      throw std::runtime_error(buffer_.empty() ? "the stream ended before an answer"
                                               : "the stream ended inside an answer");
    fill(within);
  }
  return take(end + 2, within);
}

Answer Client::parse_head(milliseconds within) {
  Answer answer;
  const auto text_of = [&](const std::string& line) {
    answer.head += line;
    return std::string_view(line).substr(0, line.size() - 2);
  };
  const std::string first = take_line(within);
  const auto start = text_of(first);
  if (start.size() < 13 || !start.starts_with("HTTP/1."))
    throw std::runtime_error("not an answer's first line: " + std::string(start));
  answer.version = start.substr(0, 8);
  answer.status = number<int>(start.substr(9, 3), 10);
  answer.phrase = start.substr(13);
  for (;;) {
    const std::string line = take_line(within);
    const auto field = text_of(line);
    if (field.empty()) return answer;
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) throw std::runtime_error("an answer field has no colon");
    auto value = field.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    answer.fields.emplace_back(field.substr(0, colon), value);
  }
}

void Client::read_chunks(Answer& answer, milliseconds within) {
  for (;;) {
    std::string line = take_line(within);
    line.resize(std::min(line.find(';'), line.size() - 2));
    const auto size = number<std::size_t>(line, 16);
    if (size == 0) break;
    answer.body += take(size, within);
    if (take(2, within) != "\r\n") throw std::runtime_error("no line end after a chunk");
  }
  while (take_line(within) != "\r\n") {  // trailers
  }
}

void Client::read_body(Answer& answer, milliseconds within) {
  if (answer.status < 200 || answer.status == 204 || answer.status == 304) return;
  if (same_name(answer.field("transfer-encoding"), "chunked")) {
    read_chunks(answer, within);
  } else if (answer.has("content-length")) {
    answer.body = take(number<std::size_t>(answer.field("content-length"), 10), within);
  } else {
    answer.body = receive_all(within);
    if (reset_) throw std::runtime_error("the stream broke inside an answer");
  }
}

Answer Client::receive_head(milliseconds within) {
  return parse_head(within);
}

Answer Client::receive(bool to_head, std::vector<Answer>* interim, milliseconds within) {
  for (;;) {
    Answer answer = parse_head(within);
    if (answer.status >= 200) {
      if (!to_head) read_body(answer, within);
      return answer;
    }
    if (interim != nullptr) interim->push_back(std::move(answer));
  }
}

std::string Client::receive_all(milliseconds within) {
  while (!ended_) fill(within);
  return std::exchange(buffer_, {});
}

Answer Client::exchange(std::string_view request, bool to_head) {
  send(request);
  return receive(to_head);
}

bool Client::is_closed(milliseconds within) {
  const auto until = Clock::now() + within;
  while (buffer_.empty() && !ended_) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
    if (left.count() <= 0) return false;
    try {
      fill(left);
    } catch (const std::runtime_error&) {
      return false;  // it is still open
    }
  }
  return buffer_.empty() && ended_;
}

void Client::finish_sending() {
  if (connection_->tls != nullptr) {
    SSL_shutdown(connection_->tls);
  } else {
    shutdown(connection_->descriptor, SHUT_WR);
  }
}

void Client::reset() {
  const linger now{1, 0};
  setsockopt(connection_->descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(std::exchange(connection_->descriptor, -1));
  ended_ = true;
}

int Client::descriptor() const {
  return connection_->descriptor;
}
const SSL* Client::tls() const {
  return connection_->tls;
}

std::string request(std::string_view method, std::string_view target,
                    const std::vector<std::string>& fields, std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  for (const auto& each : fields) text.append(each).append("\r\n");
  if (!body.empty() || method == "POST")
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

}  // namespace tests
