#include "bench/owner_api/answer.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "bench/owner_api/json.hpp"

namespace owner_api {
namespace {

struct Words {
  int status;
  std::string_view error;
  std::string_view fields;
  std::string_view messages = {};
};

// As seen in public (facts about the vendor's API: one row a status).
constexpr std::array vendor{
    Words{400, "malformed request", ""},
    Words{401, "invalid bearer token", ""},
    Words{403, "forbidden, see https://developer.tesla.com/docs/fleet-api", ""},
    Words{404, "not_found", ""},
    Words{408, "vehicle unavailable", ""},
    Words{412, "endpoint is no longer available on this host", ""},
    Words{413, "request entity too large", ""},
    Words{421,
          "user out of region, use base URL: https://fleet-api.prd.eu.vn.cloud.tesla.com, see "
          "https://developer.tesla.com/docs/fleet-api",
          ""},
    Words{422, "Validation failed: Token can't be blank", "", R"({"token":["can't be blank"]})"},
    Words{429, "Retry in 37829 seconds",
          "retry-after: 37829\r\nratelimit-limit: 60\r\nratelimit-remaining: 0\r\n"
          "ratelimit-reset: 12\r\n"},
    Words{500, "internal server error", ""},
    Words{502, "upstream internal error", ""},
    Words{503, "service unavailable", ""},
    Words{504, "gateway timeout", ""},
    Words{540, "vehicle did not answer", ""},
};

struct Phrase {
  int status;
  std::string_view text;
};
constexpr std::array phrases{
    Phrase{200, "OK"},
    Phrase{204, "No Content"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{408, "Request Timeout"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{421, "Misdirected Request"},
    Phrase{422, "Unprocessable Content"},
    Phrase{429, "Too Many Requests"},
    Phrase{500, "Internal Server Error"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
};

// 32 hex digits, different each time.
std::string next_txid() {
  static std::atomic<std::uint64_t> counter{0};
  const std::uint64_t number = ++counter;
  std::string text;
  // An odd factor scatters consecutive numbers without ever joining two.
  for (const std::uint64_t half : {number * 0x9e3779b97f4a7c15, number})
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[half >> shift & 15];
  return text;
}

}  // namespace

void Answer::clear() {
  status = 200;
  fields.clear();
  body.clear();
  generated = 0;
  is_generated = chunked = until_close = false;
}

void refuse(Answer& answer, int status, std::string_view error, std::string_view messages) {
  answer.status = status;
  answer.is_generated = false;
  answer.body = R"({"response":null,"error":)";
  append_json_string(answer.body, error);
  answer.body += R"(,"error_description":"")";
  if (!messages.empty()) answer.body.append(R"(,"messages":)").append(messages);
  answer.body.append(R"(,"txid":")").append(next_txid()).append("\"}");
}

void answer_with_status(Answer& answer, int status) {
  answer.clear();
  answer.status = status;
  if (status < 400) return;
  const auto* row = std::find_if(vendor.begin(), vendor.end(),
                                 [&](const Words& each) { return each.status == status; });
  if (row == vendor.end()) {
    refuse(answer, status, "status " + std::to_string(status));
    return;
  }
  answer.fields = row->fields;
  refuse(answer, status, row->error, row->messages);
}

std::string_view generated_bytes(std::uint64_t offset, std::uint64_t most) {
  // A prime period, so that a byte lost or doubled anywhere shows.
  constexpr std::size_t period = 251;
  constexpr std::size_t length = 256 * 1024;
  static const std::string pattern = [] {
    std::string bytes(length + period, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % period);
    return bytes;
  }();
  return std::string_view(pattern).substr(offset % period, std::min<std::uint64_t>(most, length));
}

void append_head(std::string& out, const Answer& answer, bool keep_alive, int version) {
  const auto* phrase = std::find_if(phrases.begin(), phrases.end(), [&](const Phrase& each) {
    return each.status == answer.status;
  });
  out.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  if (phrase != phrases.end()) out.append(phrase->text);
  out.append("\r\nserver: owner-api\r\n");
  if (answer.is_generated) {
    out.append("content-type: application/octet-stream\r\n");
  } else if (!answer.body.empty()) {
    out.append("content-type: application/json; charset=utf-8\r\n");
  }
  out.append(answer.fields);
  if (answer.chunked) {
    out.append("transfer-encoding: chunked\r\n");
  } else if (!answer.until_close && answer.status != 204 && answer.status != 304) {
    const auto length = answer.is_generated ? answer.generated : answer.body.size();
    out.append("content-length: ").append(std::to_string(length)).append("\r\n");
  }
  if (!keep_alive) {
    out.append("connection: close\r\n");
  } else if (version == 10) {
    out.append("connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

}  // namespace owner_api
