#include "proxy/address_book.hpp"

#include <algorithm>
#include <tuple>

namespace proxy {

void AddressBook::adopt(std::span<const Endpoint> addresses, AddressTime now) {
  std::vector<AddressPtr> next;
  for (const auto& endpoint : addresses) {
    const auto known = std::ranges::find(
        all_, endpoint, [](const auto& each) -> const Endpoint& { return each->endpoint; });
    next.push_back(known != all_.end() ? *known : std::make_shared<Address>(endpoint));
  }
  for (const auto& address : all_) address->listed = false;
  for (const auto& address : next) address->listed = true;
  all_.swap(next);
  // Those that have gone may have been the good half: who was to come back first does so now.
  while (ejected(now) > all_.size() / 2) {
    const auto until = [&](const AddressPtr& each) {
      return each->ejected(now) ? each->ejected_until.get() : UINT64_MAX;
    };
    (*std::ranges::min_element(all_, {}, until))->ejected_until.set(0);
  }
}

AddressPtr AddressBook::choose(AddressTime now, std::span<const AddressPtr> tried) const {
  const AddressPtr* best = nullptr;
  const auto rank = [now](const AddressPtr& each) {
    return std::tuple(each->ejected(now), each->in_flight.get(), each->turn);
  };
  for (const auto& address : all_) {
    if (std::ranges::find(tried, address) != tried.end()) continue;
    if (!best || rank(address) < rank(*best)) best = &address;
  }
  return best ? *best : nullptr;
}

bool AddressBook::usable(const Address& address, AddressTime now) const {
  return address.listed && !address.ejected(now);
}

void AddressBook::begin(Address& address) {
  address.in_flight.add();
  address.turn = ++turns_;
}

void AddressBook::end(Address& address) {
  address.in_flight.set(address.in_flight.get() - 1);
}

bool AddressBook::failed(Address& address, AddressTime now) {
  if (settings_.failures == 0 || !address.listed || address.ejected(now)) return false;
  ++address.failures;
  if (address.failures < settings_.failures || ejected(now) + 1 > all_.size() / 2) return false;
  const auto ticks = [](auto duration) {
    return static_cast<std::uint64_t>(AddressTime::duration(duration).count());
  };
  // Long well since: what was before is forgotten.
  const auto at = ticks(now.time_since_epoch());
  if (address.ejected_until.get() + ticks(settings_.most_time) < at) address.ejections = 0;
  auto time = settings_.time;
  for (unsigned i = 0; i < address.ejections && time < settings_.most_time; ++i) time *= 2;
  address.ejected_until.set(at + ticks(std::min(time, settings_.most_time)));
  ++address.ejections;
  address.failures = 0;
  return true;
}

std::size_t AddressBook::ejected(AddressTime now) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(all_, [now](const AddressPtr& each) { return each->ejected(now); }));
}

bool blames_address(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::connect_refused:
    case FailureKind::connect_timeout:
    case FailureKind::connect_failed:
    case FailureKind::tls_unverified:
    case FailureKind::tls_handshake:
    case FailureKind::write_timeout:
    case FailureKind::first_byte_timeout:
    case FailureKind::garbled:
      return true;
    case FailureKind::write_failed:
    case FailureKind::closed:
      return !failure.reused || failure.answer_begun;
    case FailureKind::none:
    case FailureKind::resolve:
    case FailureKind::pool_full:
    case FailureKind::pool_timeout:
      return false;
  }
  return false;
}

bool blames_address(int status, FailedAnswers which) {
  switch (which) {
    case FailedAnswers::none:
      return false;
    case FailedAnswers::gateway:
      return status >= 502 && status <= 504;
    case FailedAnswers::server:
      return status >= 500 && status <= 599;
  }
  return false;
}

}  // namespace proxy
