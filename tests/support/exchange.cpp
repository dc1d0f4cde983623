#include "tests/support/exchange.hpp"

#include <stdexcept>

#include "filters/contract/contract.hpp"

namespace tests {

std::string app_body(std::size_t count, bool pretty) {
  const std::string_view line = pretty ? "\n  " : "", space = pretty ? " " : "";
  std::string body = "{";
  const auto member = [&](std::string_view name, std::string_view value) {
    body.append(line).append("\"").append(name).append("\":").append(space).append(value);
    body += ',';
  };
  member("locale", "\"en_GB\"");
  member("device_token", "\"dQw4w9WgXcQdQw4w9WgXcQ:" + std::string(140, 'A') + '"');
  member("device_type", "\"android-production-firebase\"");
  member("platform", "\"android\"");
  member("app_version", "\"4.17.0-1566\"");
  member("notification_preferences", "{");
  body.pop_back();
  bool value = true;
  std::size_t left = count;
  for (const auto& name : filters::Contract::builtin().endpoints()[0].preferences().known) {
    if (left-- == 0) break;
    member(name, value ? "true" : "false");
    value = !value;
  }
  if (count > 0) body.pop_back();
  body.append(line).append("}").append(pretty ? "\n}\n" : "}");
  return body;
}

std::string page_body() {
  return "{\"locale\":\"en\",\"device_token\":\"abc\",\"device_type\":\"ios\",\"platform\":\"ios\","
         "\"app_version\":\"4.17.0\",\"notification_preferences\":{  \n"
         "\"alarm\":true,  \n\"autopark_forward_started\":true,  \n"
         "\"autopark_completed_success\":true,  \n\"autopark_unavailable_plugged_in\":true,  \n"
         "\"charging_started\":true,  \n\"charging_interrupted\":true,  \n"
         "\"charging_complete\":true,  \n\"key_added\":true,  \n\"key_removed\":true,  \n"
         "\"update_available\":true,  \n\"climate_keeper_ended_soc\":true,  \n"
         "\"car_active\":true,  \n\"refer_friend\":true,  \n\"secret_level\":true,  \n"
         "\"please_move_car\":true,  \n\"grid_fault_contactor_trip\":true,  \n"
         "\"grid_resync_success\":true\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9  \n}}";
}

std::string without(std::string_view name) {
  std::string body(good_body);
  const auto begin = body.find("\"" + std::string(name) + "\":");
  if (begin == body.npos) throw std::logic_error("no such member");
  if (const auto comma = body.find(",\"", begin); comma != body.npos)
    return body.erase(begin, comma + 1 - begin);
  return body.erase(begin - 1, body.size() - begin);
}

std::string moved(std::string_view name, std::string_view members) {
  auto body = without(name);
  return body.insert(body.size() - 1, "," + std::string(members));
}

}  // namespace tests
