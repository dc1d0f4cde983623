// The endpoint of the API page, /api/1/notification_preferences, and what it remembers. One store
// for all threads, behind a mutex held for a look-up and a copy. Refuses what the vendor is known
// to refuse and, like the vendor, silently ignores what it doesn't know: a misspelt `platfrom` too.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/owner_api/answer.hpp"
#include "bench/owner_api/request.hpp"

namespace owner_api {

inline constexpr std::string_view preferences_path = "/api/1/notification_preferences";

// What the endpoint made of a request: what the log shows, so that a repair can be seen to matter.
struct Understood {
  std::string locale;
  std::string device_token;
  std::string device_type;
  std::string platform;
  std::string app_version;
  std::string preferences;  // of a POST: a compact JSON object of its booleans; empty where none

  std::string to_json() const;
};

// The preferences of each device token, as the last POST gave them. Bounded: the device that was
// new longest ago is forgotten first.
class Store {
 public:
  explicit Store(std::size_t most_devices) : most_(most_devices) {}

  void put(const std::string& device, std::string preferences);
  // Appends the device's preferences, or what is in force for an unknown one: all that are
  // documented, on.
  void append(std::string& out, const std::string& device) const;
  void clear();

 private:
  struct Device {
    std::string preferences;
    std::list<const std::string*>::iterator age;
  };
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Device> devices_;
  std::list<const std::string*> by_age_;  // points to the keys of devices_, oldest first
};

void answer_preferences(const Request& request, Store& store, Answer& answer,
                        Understood& understood);

}  // namespace owner_api
