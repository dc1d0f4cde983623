#include <doctest/doctest.h>

#include <string>

#include "filters/contract/contract.hpp"

using namespace filters;

TEST_CASE("the path itself is governed; every spelling a server may take for it is ambiguous") {
  const auto& contract = Contract::builtin().endpoints()[0];
  CHECK(contract.match_path("/api/1/notification_preferences") == PathMatch::governed);
  using namespace std::string_literals;
  const std::string ambiguous[] = {"/api/1/notification_preferences/",
                                   "//api/1/notification_preferences",
                                   "/api//1/notification_preferences",
                                   "/api/1//notification_preferences",
                                   "/api/./1/notification_preferences",
                                   "/./api/1/notification_preferences/.",
                                   "/api/2/../1/notification_preferences",
                                   "/api/1/x/../notification_preferences",
                                   "/../api/1/notification_preferences",
                                   "/api/1/notification_preferences/x/..",
                                   "/api/%2e/1/notification_preferences",
                                   "/api/x/%2e%2e/1/notification_preferences",
                                   "/api/x/.%2E/1/notification_preferences",
                                   "/a%2Fb/../api/1/notification_preferences",
                                   "/api//../1/notification_preferences",
                                   "/b\\c/../api/1/notification_preferences",
                                   "/api/1/notification%5Fpreferences",
                                   "/api/1/notification%5fpreferences",
                                   "/%61pi/1/notification_preferences",
                                   "/api/1/notification%255Fpreferences",
                                   "/api/1/notification%25255Fpreferences",
                                   "/api/1/notification%%35Fpreferences",
                                   "/api%2F1%2Fnotification_preferences",
                                   "/api%252F1/notification_preferences",
                                   "\\api\\1\\notification_preferences",
                                   "/api\\1/notification_preferences",
                                   "/api%5C1/notification_preferences",
                                   "/API/1/notification_preferences",
                                   "/api/1/Notification_Preferences",
                                   "/api/1/notification_preferences;x=1",
                                   "/api;a=b/1;c/notification_preferences",
                                   "/api/1/notification_preferences;",
                                   "/api/1/notification_preferences%3Bx",
                                   "/api/1/notification_preferences.json",
                                   "/api/1/notification_preferences.xml",
                                   "/api/1/notification_preferences.",
                                   "/api/1/notification_preferences.json/",
                                   "/api/1/notification_preferences%2Ejson",
                                   "/api/1/notification_preferences%00",
                                   "/api/1/notification_preferences%00/x",
                                   "/api/1/notification_preferences%20",
                                   "/api/1/notification_preferences%0A",
                                   "/api/1/%20notification_preferences",
                                   "/api/1/notification_preferences%3Fx=1",
                                   "/api/1/notification_preferences%23x",
                                   "/api/1/notification_preferences#x",
                                   "/api/1/notification_preferences\0"s,
                                   "/api/1/x/..;/notification_preferences",
                                   std::string(17 * 1024, '/')};
  for (const auto& path : ambiguous) {
    CAPTURE(path);
    CHECK(contract.match_path(path) == PathMatch::ambiguous);
  }
  const std::string other[] = {"/",
                               "",
                               "*",
                               "/api",
                               "/api/1",
                               "/api/1/",
                               "/api/1/vehicles",
                               "/api/1/notification_preferences/1",
                               "/api/1/notification_preferencesx",
                               "/api/1/notification-preferences",
                               "/api/2/notification_preferences",
                               "/x/api/1/notification_preferences",
                               "/notification_preferences",
                               "/api/1/vehicles/../users",
                               "/api/1/vehicles;x",
                               "/api/1/%",
                               "/api/1/%zz",
                               "/api/1/vehicles/%2e%2e",
                               "/" + std::string(9000, 'a')};
  for (const auto& path : other) {
    CAPTURE(path);
    CHECK(contract.match_path(path) == PathMatch::other);
  }
}

TEST_CASE("a path with any one character percent-encoded is not the governed one") {
  const auto& contract = Contract::builtin().endpoints()[0];
  const std::string path(contract.path());
  for (std::size_t i = 1; i < path.size(); ++i) {
    const char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(path[i]);
    const auto encoded =
        path.substr(0, i) + '%' + digits[byte / 16] + digits[byte % 16] + path.substr(i + 1);
    CAPTURE(encoded);
    CHECK(contract.match_path(encoded) == PathMatch::ambiguous);
  }
}

TEST_CASE("former bugs") {
  // ASCII in two bytes of UTF-8, which lenient decoders take for ASCII, went past as another path.
  const auto& contract = Contract::builtin().endpoints()[0];
  for (const std::string_view path :
       {"/api/1%c0%afnotification_preferences", "/api/1/x/%C0%AE%C0%AE/notification_preferences",
        "/api/1/notification%C1%9Fpreferences", "/api/1/%25c1%25aeotification_preferences"}) {
    CAPTURE(path);
    CHECK(contract.match_path(path) == PathMatch::ambiguous);
  }
  CHECK(contract.match_path("/api/1/%c3%a4%c0") == PathMatch::other);
}
