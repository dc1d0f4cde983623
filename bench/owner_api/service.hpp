// Service: everything the stand-in answers, by path, whatever the transport. One for all threads;
// made by main before them, outlives them.
#pragma once

#include "bench/owner_api/admin.hpp"
#include "bench/owner_api/answer.hpp"
#include "bench/owner_api/preferences.hpp"
#include "bench/owner_api/request.hpp"

namespace owner_api {

class Service {
 public:
  Service(std::size_t most_devices, std::size_t most_logged)
      : store_(most_devices), admin_(most_logged, store_) {}

  Admin& admin() { return admin_; }
  // `sha256`: of the whole body, in hex, where wants_digest said so.
  void answer(const Request& request, std::string_view sha256, Answer& answer,
              Understood& understood);
  static bool wants_digest(const Request& request) { return request.path() == "/sink"; }

 private:
  Store store_;
  Admin admin_;
};

}  // namespace owner_api
