#include "proxy/vitals.hpp"

#include <algorithm>
#include <utility>

namespace proxy {

void Vitals::adopt(Governing governance) {
  const std::lock_guard lock(mutex_);
  governance_.swap(governance);
}

void Vitals::adopt(const UpstreamConfig& upstream) {
  const std::scoped_lock lock(mutex_);
  authority_ = upstream.authority;
}

std::string Vitals::authority() const {
  const std::scoped_lock lock(mutex_);
  return authority_;
}

void Vitals::adopt(std::vector<ServedCertificate> certificates) {
  const std::lock_guard lock(mutex_);
  certificates_ = std::move(certificates);
}

void Vitals::reloaded(Reload reload) {
  (reload.good ? good_reloads_ : bad_reloads_).add();
  const std::lock_guard lock(mutex_);
  last_reload_ = std::move(reload);
}

Governing Vitals::governance() const {
  const std::lock_guard lock(mutex_);
  return governance_;
}

std::vector<ServedCertificate> Vitals::certificates() const {
  const std::lock_guard lock(mutex_);
  return certificates_;
}

std::optional<Reload> Vitals::last_reload() const {
  const std::lock_guard lock(mutex_);
  return last_reload_;
}

PoolCounts Vitals::pool() const {
  PoolCounts all;
  for (const auto* meter : meters) {
    const auto one = meter->pool();
    all.idle += one.idle;
    all.open += one.open;
    all.waiting += one.waiting;
  }
  return all;
}

std::vector<UsedAddress> Vitals::addresses() const {
  const auto now = std::chrono::steady_clock::now();
  std::vector<UsedAddress> all;
  for (const auto* meter : meters)
    for (const auto& address : meter->addresses()) {
      auto known = std::ranges::find(all, address->text, &UsedAddress::text);
      if (known == all.end()) known = all.insert(known, {address->text, 0, 0});
      known->in_flight += address->in_flight.get();
      if (address->ejected(now)) ++known->ejected_by;
    }
  return all;
}

std::string_view Vitals::state() const {
  constexpr std::array<std::string_view, 3> words{"starting", "ready", "draining"};
  const auto now = phase();
  return now == Phase::ready && refuses() ? "refusing" : words[static_cast<std::size_t>(now)];
}

bool Vitals::refuses() const {
  constexpr double nearly_full = 0.9;
  const auto& promised = config.audit;
  return promised.on_full != OnFull::drop && audit.failing() &&
         (promised.durability == Durability::request || audit_backlog() > nearly_full);
}

double Vitals::audit_backlog() const {
  double most = 0;
  for (const auto* ring : rings)
    most =
        std::max(most, static_cast<double>(ring->depth()) / static_cast<double>(ring->capacity()));
  return std::min(most, 1.0);  // the tail is read after the head, and may have gone on
}

}  // namespace proxy
