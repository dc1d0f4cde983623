#include "filters/path_alone.hpp"

#include <doctest/doctest.h>

TEST_CASE("of a path that is not governed all is told that cannot be a parameter") {
  const struct {
    std::string_view path, told;
  } cases[] = {
      {"/api/1/vehicles", "/api/1/vehicles"},
      {"", ""},
      {"/api/1/x%2fy%2", "/api/1/x%2fy%2"},
      // former bugs: these were recorded whole, the token in them too
      {"/api/1/notification_preferences;device_token=SECRET", "/api/1/notification_preferences"},
      {"/api/1/notification_preferences%3Fdevice_token=SECRET", "/api/1/notification_preferences"},
      {"/api/1/notification_preferences%3bdevice_token", "/api/1/notification_preferences"},
      {"/api/1/vehicles&token=SECRET", "/api/1/vehicles"},
      {"/api/1/vehicles/token=SECRET", "/api/1/vehicles/token"},
      {"/api/1/vehicles%253Ftoken", "/api/1/vehicles"},
      {"/api/1/vehicles%26a%23b%3dc", "/api/1/vehicles"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.path);
    CHECK((filters::path_alone(each.path) == each.told));
  }
}
