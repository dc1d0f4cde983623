#include "bench/load/workload.hpp"

#include <algorithm>
#include <cmath>

#include "bench/load/preference_names.hpp"

namespace load {
namespace {

constexpr std::size_t digits = 17;
constexpr std::string_view zeros = "00000000000000000";

std::string_view first_part() {
  return "bench";  // and the digits: 22 characters
}

std::string second_part() {
  return "APA91b" + std::string(134, 'x');
}

void write_number(std::uint32_t number, char* to) {
  for (std::size_t i = digits; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
}

std::string query(Flaw flaw) {
  std::string text(governed_path);
  text.append("?locale=en_GB&device_token=").append(first_part()).append(zeros).append("%3A");
  text.append(second_part());
  text.append("&device_type=").append(flaw == Flaw::invalid ? "toaster" : "android");
  text.append(flaw == Flaw::misspelt ? "&platfrom=" : "&platform=").append("android");
  text.append("&app_version=4.57.5-4357");
  if (flaw == Flaw::unknown) text.append("&colour=red");
  return text;
}

std::string body(Flaw flaw, std::size_t names, std::uint32_t variant) {
  std::string text(R"({"locale":"en_GB","device_token":")");
  text.append(first_part()).append(zeros).append(":").append(second_part());
  text.append(R"(","device_type":")").append(flaw == Flaw::invalid ? "toaster" : "android");
  text.append(flaw == Flaw::misspelt ? R"(","platfrom":")" : R"(","platform":")");
  text.append(R"(android","app_version":"4.57.5-4357","notification_preferences":{)");
  for (std::size_t i = 0; i < names; ++i) {
    text.append(i > 0 ? ",\"" : "\"").append(preference_names.at(i)).append("\":");
    text.append(Workload::is_on(i, variant) ? "true" : "false");
  }
  if (flaw == Flaw::unknown) text.append(R"(,"not_a_preference_yet":true)");
  return text + "}}";
}

// Zipf's law: the n-th device asks n^-skew as often as the first.
std::vector<double> shares_up_to(std::size_t devices, double skew) {
  std::vector<double> up_to(devices);
  double sum = 0;
  for (std::size_t i = 0; i < devices; ++i)
    up_to[i] = sum += std::pow(static_cast<double>(i + 1), -skew);
  for (auto& each : up_to) each /= sum;
  return up_to;
}

}  // namespace

Workload::Workload(const Mix& mix, const RequestHead& head, Due due)
    : mix_(mix),
      due_(std::move(due)),
      random_(mix.seed),
      up_to_(shares_up_to(mix.devices, mix.skew)),
      devices_(mix.devices) {
  make_templates(head);
}

void Workload::make_templates(const RequestHead& head) {
  for (std::size_t flaw = 0; flaw < flaw_names.size(); ++flaw)
    for (std::uint32_t variant = 0; variant < variants; ++variant) {
      const auto what = static_cast<Flaw>(flaw);
      auto& get = templates_.at(flaw)[variant];
      get.text = get_text(head, query(what));
      auto& post = templates_.at(flaw + flaw_names.size())[variant];
      post.text = post_text(head, governed_path, body(what, mix_.names, variant));
      for (auto* each : {&get, &post})
        each->device_at =
            each->text.find(std::string(first_part()) + std::string(zeros)) + first_part().size();
    }
}

double Workload::draw() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

std::uint32_t Workload::draw_device() {
  const auto found = std::ranges::upper_bound(up_to_, draw());
  const auto index = std::min<std::ptrdiff_t>(found - up_to_.begin(), std::ssize(up_to_) - 1);
  return static_cast<std::uint32_t>(index);
}

Ticket Workload::make(std::uint64_t number, std::string& out) {
  Ticket ticket{.number = number};
  double left = draw();
  while (ticket.kind + 1 < flaw_names.size() && left >= mix_.flaws.at(ticket.kind))
    left -= mix_.flaws.at(ticket.kind++);
  const bool post = draw() < mix_.posts;
  if (post) ticket.kind += flaw_names.size();
  ticket.device = draw_device();
  ticket.variant = static_cast<std::uint32_t>(random_() % variants);
  ++sent_.at(ticket.kind);
  const auto& chosen = templates_.at(ticket.kind).at(ticket.variant);
  out = chosen.text;
  write_number(ticket.device, out.data() + chosen.device_at);
  if (post) {
    auto& device = devices_[ticket.device];
    device.sure = false;
    device.overlapped = device.overlapped || device.in_flight > 0;
    ++device.in_flight;
  }
  return ticket;
}

std::string Workload::judge(const Ticket& ticket, const AnswerReader& answer) {
  const auto flaw = ticket.kind % flaw_names.size();
  if (is_post(ticket.kind)) {
    auto& device = devices_[ticket.device];
    device.sure = answered_alone(device) && answer.status() == 200 &&
                  static_cast<Flaw>(flaw) != Flaw::unknown;
    device.variant = ticket.variant;
  }
  if (answer.status() == mix_.expected.at(flaw)) return {};
  return name_of(ticket.kind) + " answered " + std::to_string(answer.status()) + ", not " +
         std::to_string(mix_.expected.at(flaw));
}

// Of two at a time nobody knows which the upstream took last.
bool Workload::answered_alone(Device& device) {
  --device.in_flight;
  const bool alone = device.in_flight == 0 && !device.overlapped && !device.lost;
  if (device.in_flight == 0) device.overlapped = false;
  return alone;
}

// It may still arrive, whenever that is.
void Workload::failed(const Ticket& ticket) {
  if (!is_post(ticket.kind)) return;
  auto& device = devices_[ticket.device];
  device.lost = true;
  answered_alone(device);
}

std::map<std::string, std::uint64_t> Workload::sent() const {
  std::map<std::string, std::uint64_t> all;
  for (std::uint32_t kind = 0; kind < sent_.size(); ++kind)
    if (sent_.at(kind) > 0) all.emplace(name_of(kind), sent_.at(kind));
  return all;
}

std::vector<Workload::Stored> Workload::stored() const {
  std::vector<Stored> all;
  for (std::uint32_t i = 0; i < devices_.size(); ++i)
    if (devices_[i].sure) all.push_back({i, devices_[i].variant});
  return all;
}

std::string Workload::device_token(std::uint32_t device) {
  std::string token(first_part());
  token.append(zeros).append(":").append(second_part());
  write_number(device, token.data() + first_part().size());
  return token;
}

std::string Workload::name_of(std::uint32_t kind) {
  return std::string(flaw_names.at(kind % flaw_names.size())) +
         (kind >= flaw_names.size() ? " POST" : " GET");
}

}  // namespace load
