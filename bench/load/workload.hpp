// Workload: an endless, seeded mix of this API's requests: GETs and POSTs, misspelt, invalid and
// with names unknown, of a population of devices of which some ask more often. All texts are made
// beforehand; of each request only the device's number is written in. Owned by the run, one thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench/load/request_text.hpp"
#include "bench/load/source.hpp"

namespace load {

enum class Flaw : std::uint8_t { none, misspelt, invalid, unknown };
inline constexpr std::array<std::string_view, 4> flaw_names{"good", "misspelt", "invalid",
                                                            "unknown"};

struct Mix {
  double posts = 0.5;                               // shares of all requests
  std::array<double, 4> flaws{1, 0, 0, 0};          // by Flaw; they sum up to 1
  std::array<int, 4> expected{200, 200, 422, 200};  // status, by Flaw
  std::size_t names = 17;                           // preferences of a POST
  std::size_t devices = 1000;
  double skew = 1;  // of Zipf's law: 0 has all devices ask alike
  std::uint64_t seed = 1;
};

class Workload final : public Source {
 public:
  // `due`: when a request leaves; see Source.
  using Due = std::function<std::optional<Nanoseconds>(std::uint64_t)>;
  Workload(const Mix& mix, const RequestHead& head, Due due);

  std::optional<Nanoseconds> due(std::uint64_t number) override { return due_(number); }
  Ticket make(std::uint64_t number, std::string& out) override;
  std::string judge(const Ticket& ticket, const AnswerReader& answer) override;
  void failed(const Ticket& ticket) override;

  // "misspelt POST" and how many there were.
  std::map<std::string, std::uint64_t> sent() const;

  // The device and what it was last told to store, of those where no later or simultaneous POST
  // leaves a doubt. In the devices' order.
  struct Stored {
    std::uint32_t device;
    std::uint32_t variant;
  };
  std::vector<Stored> stored() const;

  // Of 163 characters, as of an Android app; its colon is escaped in a query alone.
  static std::string device_token(std::uint32_t device);
  // Whether preference `index` is on.
  static bool is_on(std::size_t index, std::uint32_t variant) { return (index + variant) % 3 != 0; }
  static constexpr std::uint32_t variants = 3;

 private:
  struct Template {
    std::string text;
    std::size_t device_at = 0;  // where its number's digits stand
  };
  // What is known of a device's POSTs.
  struct Device {
    std::uint32_t in_flight = 0;
    std::uint32_t variant = 0;
    bool sure = false;        // the last one was alone and answered 200
    bool overlapped = false;  // of those in flight two are at a time
    bool lost = false;        // one was never answered
  };

  void make_templates(const RequestHead& head);
  double draw();  // from 0 up to, not including, 1
  std::uint32_t draw_device();
  static bool answered_alone(Device& device);
  static std::string name_of(std::uint32_t kind);
  static bool is_post(std::uint32_t kind) { return kind >= flaw_names.size(); }

  const Mix mix_;
  const Due due_;
  std::mt19937_64 random_;
  std::vector<double> up_to_;  // the share of the devices up to each
  std::array<std::array<Template, variants>, 2 * flaw_names.size()> templates_;  // by kind
  std::array<std::uint64_t, 2 * flaw_names.size()> sent_{};
  std::vector<Device> devices_;
};

}  // namespace load
