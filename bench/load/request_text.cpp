#include "bench/load/request_text.hpp"

namespace load {
namespace {

std::string begin(std::string_view method, const RequestHead& head, std::string_view target) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(head.host);
  text.append(
      "\r\nUser-Agent: com.teslamotors.tesla/4.57.5-4357/95ed25f8/android/15\r\n"
      "X-Tesla-User-Agent: TeslaApp/4.57.5-4357/95ed25f8/android/15\r\n"
      "X-TXID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427\r\n"
      "Accept: */*\r\nCache-Control: no-cache\r\nAuthorization: Bearer ");
  text.append(head.token).append(head.close ? "\r\nConnection: close\r\n" : "\r\n");
  return text;
}

}  // namespace

std::string get_text(const RequestHead& head, std::string_view target) {
  return begin("GET", head, target) + "\r\n";
}

std::string post_text(const RequestHead& head, std::string_view target, std::string_view body) {
  auto text = begin("POST", head, target);
  text.append("Content-Type: application/json\r\nContent-Length: ");
  text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return text;
}

}  // namespace load
