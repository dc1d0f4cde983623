// What `explain` shows of bodies that are not the client's own text any more: forms, and bodies
// that fields of the query went into.
#include "tests/support/explained.hpp"

using proxy::ReportForm;
using tests::explain;
using tests::message;
using tests::part;

namespace {

const std::string path(tests::path);
const std::string& bearer = tests::hushed_bearer;

TEST_CASE("a form is shown as the JSON it becomes") {
  const std::string form =
      "locale=en&device_token=hush-hush&device_type=ios&platfrom=ios&app_version=4&"
      "notification_preferences[alarm]=1";
  const auto explained = explain(message("POST " + path, form, {bearer}, tests::form_type));
  CHECK(explained.status == 0);
  CHECK(part(explained, "  repair") ==
        "  repair        a JSON body of 6 members\n"
        "    edit       repair.encoding [enforce] header /content-type: "
        "\"application/x-www-form-urlencoded\" replaced by \"application/json\"\n"
        "    edit       repair.encoding [enforce] body: the form became JSON\n"
        "    edit       repair.alias [enforce] body /platfrom: renamed to /platform\n"
        "  validate      all as the contract has it\n"
        "  policy        no rule applies\n"
        "  rewrite       nothing to do\n");
  const std::string json =
      R"({"locale":"en","device_token":"hush-hush","device_type":"ios","platform":"ios",)"
      R"("app_version":"4","notification_preferences":{"alarm":true}})";
  CHECK(explained.says("    Content-Type: application/json\n"));
  CHECK(explained.says("    Content-Length: " + std::to_string(json.size()) + "\n"));
  CHECK(explained.says(R"({"locale":"en","device_token":"[device token]","device_type":"ios",)"
                       R"("[-platfrom-]{+platform+}":"ios",)"));
  CHECK_FALSE(explained.says("hush"));

  const auto doubled =
      explain(message("POST " + path, form + "&locale=en", {bearer}, tests::form_type));
  CHECK(part(doubled, "  repair") ==
        "  repair        a form that cannot be read\n"
        "  validate\n"
        "    rejected   malformed form body: line 1, column 111: locale appears more than once\n"
        "  policy        not reached\n"
        "  rewrite       not reached\n");
}

TEST_CASE("fields of a POST's query are shown as they move") {
  auto moving = tests::explain_config();
  moving.filters.repair.placement = filters::Mode::enforce;
  const auto request = message("POST " + path + "?locale=en&device_token=hush-hush",
                               R"({"device_type":"ios","platform":"ios","app_version":"4",)"
                               R"("notification_preferences":{}})");
  const auto explained = explain(request, ReportForm::plain, moving);
  CHECK(explained.status == 0);
  CHECK(part(explained, "  repair") ==
        "  repair        a JSON body of 6 members, 2 query parameters\n"
        "    edit       repair.placement [enforce] query /locale: removed\n"
        "    edit       repair.placement [enforce] body /locale: added: \"en\"\n"
        "    edit       repair.placement [enforce] query /device_token: removed (its value is not "
        "shown)\n"
        "    edit       repair.placement [enforce] body /device_token: added (its value is not "
        "shown)\n"
        "  validate      all as the contract has it\n"
        "  policy        no rule applies\n"
        "  rewrite       nothing to do\n");
  CHECK(explained.says(
      R"("notification_preferences":{}{+,"locale":"en","device_token":"[device token]"+}})"));
  CHECK_FALSE(explained.says("hush"));
  const auto told = explain(request);
  CHECK(told.status == 1);
  CHECK(told.says("    warning:   repair.placement [warn] query /locale: belongs in the body"));
}

}  // namespace
