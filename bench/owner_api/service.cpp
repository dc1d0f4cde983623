#include "bench/owner_api/service.hpp"

#include <charconv>

namespace owner_api {
namespace {

bool has_bearer(const Request& request) {
  const auto value = request.field("authorization");
  return value.size() > 7 && same_name(value.substr(0, 7), "bearer ");
}

void answer_bytes(const Request& request, Answer& answer) {
  const auto query = decode_pairs(request.query());
  const auto text = find(query, "n");
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), answer.generated);
  if (error != std::errc{} || end != text.data() + text.size()) {
    refuse(answer, 400, "n is to be a number of bytes");
    return;
  }
  answer.is_generated = true;
  answer.chunked = find(query, "chunked") == "1";
}

// Other paths of the vendor's API: enough to see a pass-through.
void answer_other(const Request& request, Answer& answer) {
  if (request.path() == "/api/1/vehicles") {
    answer.body =
        R"({"response":[{"id":1492931337,"vin":"5YJ3E1EA7KF000001","display_name":"Stand-in",)"
        R"("state":"online"}],"count":1})";
  } else if (request.method == "GET" || request.method == "HEAD") {
    answer.body = R"({"response":[],"count":0})";
  } else {
    answer.body = R"({"response":{"result":true,"reason":""}})";
  }
}

}  // namespace

void Service::answer(const Request& request, std::string_view sha256, Answer& answer,
                     Understood& understood) {
  const auto path = request.path();
  if (Admin::owns(path)) return admin_.answer(request, answer);
  if (path == "/bytes") return answer_bytes(request, answer);
  if (path == "/sink") {
    answer.body = "{\"bytes\":" + std::to_string(request.body_bytes) + ",\"sha256\":\"";
    answer.body.append(sha256).append("\"}");
    return;
  }
  if (!path.starts_with("/api/1/")) return refuse(answer, 404, "not_found");
  if (!has_bearer(request)) return answer_with_status(answer, 401);
  if (request.body_bytes > request.body.size() && path == preferences_path)
    return answer_with_status(answer, 413);
  if (path != preferences_path) return answer_other(request, answer);
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST")
    return refuse(answer, 404, "not_found");
  answer_preferences(request, store_, answer, understood);
}

}  // namespace owner_api
