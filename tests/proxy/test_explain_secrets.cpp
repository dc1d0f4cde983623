// The report of `explain` shows no token, however it came.
#include <doctest/doctest.h>

#include "tests/support/explained.hpp"

using proxy::ReportForm;
using tests::explain;
using tests::message;

namespace {

const std::string path(tests::path);
const std::string bearer = "Authorization: Bearer very-hushed-bearer";

TEST_CASE("no token is ever shown, however it is written") {
  struct Case {
    std::string what;
    std::string request;
  };
  const auto with = [](std::string_view token, std::string_view name = "device_token") {
    return message("GET " + path + "?locale=en&" + std::string(name) + "=" + std::string(token) +
                   "&device_type=ios&platform=ios&app_version=4.17");
  };
  const auto post = [](std::string_view member, std::string_view more = "") {
    return message("POST " + path,
                   R"({"notification_preferences":{"alarm":true)" + std::string(more) +
                       R"(},"locale":"en",)" + std::string(member) +
                       R"(,"device_type":"ios","platform":"ios","app_version":"4.17"})");
  };
  const std::vector<Case> cases{
      {"plain", with("hush-hush-device")},
      {"percent-encoded", with("hush%2Ddevice")},
      {"percent-encoded whole", with("%68%75%73%68%2d%64%65%76%69%63%65")},
      {"white space around", with("+hush-hush-device%20")},
      {"misspelt", with("hush-hush-device", "device_tokem")},
      {"camel case", with("hush-hush-device", "deviceToken")},
      {"its name percent-encoded", with("hush-hush-device", "device%5Ftoken")},
      {"misspelt and not repaired", with("hush-hush-device", "my_token")},
      {"twice", with("hush-hush-device&device_token=hush-hush-device")},
      {"twice, once misspelt", with("hush-hush-device&devicetoken=hush-hush-device")},
      {"a number of wrong ones", with("hush-hush-device&device_tokens=hush-hush-device-too")},
      {"JSON", post(R"("device_token":"hush-hush-device")")},
      {"JSON, white space around", post(R"("device_token" : " hush-hush-device ")")},
      {"JSON, escaped", post(R"("device_token":"hush\u002Ddevice")")},
      {"JSON, misspelt", post(R"("devicetoken":"hush-hush-device")")},
      {"JSON, both", post(R"("devicetoken":"hush-hush-device","device_token":"hush-hush-device")")},
      {"JSON, of a wrong type", post(R"("device_token":["hush-hush-device"])")},
      {"JSON, in the map too",
       post(R"("device_token":"hush-hush-device")", R"(,"device_token":"hush-hush-device")")},
      {"JSON that is broken", post(R"("device_token":"hush-hush-device",)")},
      {"a POST with the query's",
       message("POST " + path + "?device_token=hush-hush-device", tests::good_body)},
      {"a POST with the query's alone",
       message("POST " + path + "?device_token=hush-hush-device", "{}")},
      {"a form", message("POST " + path, "device_token=hush-hush-device&platform=ios", {bearer},
                         tests::form_type)},
      {"a form that is none", message("POST " + path, "device_token=hush-hush-device&platform=%",
                                      {bearer}, tests::form_type)},
      {"a Content-Type", message("POST " + path, tests::good_body, {bearer}, "x/hush-hush-device")},
      {"another path's query", message("GET /api/1/users/keys?device_token=hush-hush-device")},
      {"another path's body",
       message("POST /api/1/users/keys", R"({"a":{"device_token":"hush-hush-device"}})")},
      {"two bearers", message("GET " + path, {}, {bearer, bearer})},
      {"two bearers elsewhere", message("GET /x", {}, {bearer, "authorization: " + bearer})},
  };
  auto lenient = tests::explain_config();
  for (auto* mode : {&lenient.filters.authenticate, &lenient.filters.repair.nearest,
                     &lenient.filters.repair.alias, &lenient.filters.validate.all})
    *mode = filters::Mode::observe;
  for (const auto& [what, request] : cases)
    for (const auto& with_config : {tests::explain_config(), lenient})
      for (const auto form : {ReportForm::plain, ReportForm::coloured, ReportForm::json}) {
        CAPTURE(what);
        CAPTURE(static_cast<int>(form));
        const auto explained = explain(request, form, with_config);
        CHECK(explained.status != 2);
        CHECK_FALSE(explained.says("hush"));
        CHECK_FALSE(explained.says("%68%75"));
        CHECK_FALSE(explained.says("very-hushed-bearer"));
      }
}

TEST_CASE("what the operator has set is named, not shown") {
  auto with = tests::explain_config();
  with.filters.rewrite.set = {{"X-Api-Key", "hush-hush-key"}};
  const auto request = message("GET " + path + "?" + std::string(tests::good_query), {},
                               {bearer, "x-api-key: hush"});
  for (const auto form : {ReportForm::plain, ReportForm::json}) {
    const auto explained = explain(request, form, with);
    CHECK(explained.status == 0);
    CHECK(explained.says("X-Api-Key: [set by the configuration]"));
    CHECK(explained.says("rewrite.headers"));
    CHECK_FALSE(explained.says("hush-"));
  }
}

}  // namespace
