#include "proxy/live_listeners.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "proxy/addresses.hpp"

namespace proxy {
namespace {

bool has(const LiveListeners::Places& places, std::size_t id) {
  return std::ranges::find(places, id, &LiveListeners::Place::id) != places.end();
}

std::string url_of(const LiveListeners::Place& place) {
  return (place.tls ? "https://" : "http://") + place.address;
}

}  // namespace

// For each that is open already, where. Of several with port 0 those that have TLS, or have none,
// as before come first.
std::vector<const LiveListeners::Place*> LiveListeners::find(
    const std::vector<Listen>& wanted) const {
  std::vector<const Place*> found(wanted.size());
  for (const bool same_tls : {true, false}) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto& each = wanted[i];
      const auto same = [&](const Place& place) {
        return place.host == each.host && (place.port == each.port || place.chosen == each.port) &&
               (!same_tls || place.tls == each.tls.has_value()) &&
               std::ranges::find(found, &place) == found.end();
      };
      if (found[i]) continue;
      const auto it = std::ranges::find_if(places_, same);
      if (it != places_.end()) found[i] = &*it;
    }
  }
  return found;
}

LiveListeners::Places LiveListeners::open(const std::vector<Listen>& wanted) const {
  Places next;
  const auto open = find(wanted);
  auto id = next_id_;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& each = wanted[i];
    if (const auto* const old = open[i])
      next.push_back(
          {old->id, old->host, each.port, old->chosen, each.tls.has_value(), old->address, {}});
    else
      next.push_back(open_one(each, i, id++));
  }
  return next;
}

// Port 0 is chosen once, then shared by all workers.
LiveListeners::Place LiveListeners::open_one(const Listen& wanted, std::size_t position,
                                             std::size_t id) const {
  Place place{id, wanted.host, wanted.port, 0, wanted.tls.has_value(), {}, {}};
  auto port = wanted.port;
  try {
    check_address_is_free(wanted.host, port);
    for (std::size_t i = 0; i < workers_; ++i)
      place.sockets.emplace_back(open_listening_socket(wanted.host, port));
  } catch (const std::system_error& error) {
    std::string what = error.what();
    for (const auto& own : places_)
      if (own.chosen == port && own.host != wanted.host)
        what += "; this gateway has " + own.address + " itself until another reload takes it away";
    throw ListenFault(position, what);
  }
  place.chosen = port;
  place.address = format_endpoint(wanted.host, port);
  return place;
}

void LiveListeners::take_over(Places places) {
  const auto before = std::exchange(places_, std::move(places));
  for (const auto& place : places_) {
    next_id_ = std::max(next_id_, place.id + 1);
    const auto same = [&](const Place& old) { return old.id == place.id && old.tls == place.tls; };
    if (std::ranges::none_of(before, same)) spdlog::info("listening on {}", url_of(place));
  }
  for (const auto& place : before)
    if (!has(places_, place.id))
      spdlog::info("listening no more on {}: its connections end after what they have begun",
                   url_of(place));
}

std::vector<ListenOn> LiveListeners::hand_out(std::size_t worker) {
  std::vector<ListenOn> all(places_.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& place = places_[i];
    all[i].id = place.id;
    if (worker < place.sockets.size()) all[i].socket = std::move(place.sockets[worker]);
  }
  return all;
}

}  // namespace proxy
