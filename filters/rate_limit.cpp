#include "filters/rate_limit.hpp"

#include <algorithm>

#include "filters/policy/network.hpp"

namespace filters {
namespace {

// Who is behind an address: of IPv6 its first 64 bits, because whoever has one address there has
// all that share them (RFC 4291 section 2.5.1), and could use a fresh one for each request.
std::string_view household(std::string_view text, Arena& arena) {
  auto address = parse_address(text);
  if (!address) return text;
  constexpr Address mapped_v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (!std::equal(address->begin(), address->begin() + 12, mapped_v4.begin()))
    std::fill(address->begin() + 8, address->end(), std::uint8_t{0});
  return arena.copy({reinterpret_cast<const char*>(address->data()), address->size()});
}

// The rule, and where in the request that stands which tells one client from another.
Entry entry_for(Exchange& exchange, Per per) {
  if (per == Per::address) return {.rule = "rate_limit.address", .place = Place::connection};
  if (per == Per::token)
    return {.rule = "rate_limit.token",
            .place = Place::header,
            .pointer = "/authorization",
            .secret = true};
  const bool post = exchange.request.method == Method::post;
  const auto& field = *std::ranges::find(exchange.endpoint->fields(), true, &ContractField::secret);
  return {.rule = "rate_limit.device",
          .place = post ? Place::body : Place::query,
          .pointer = exchange.arena.join({"/", field.name}),
          .secret = true};
}

}  // namespace

RateLimit::RateLimit(const RateLimitSettings& settings)
    : settings_(settings), rate_(to_string(settings.rate)) {}

Verdict RateLimit::on_head(Exchange& exchange) const {
  if (settings_.per == Per::device) return go_on;
  return by_secret(exchange, settings_.per == Per::token ? exchange.identity.bearer_token : "");
}

Verdict RateLimit::on_body(Exchange& exchange) const {
  if (settings_.per != Per::device) return go_on;
  return by_secret(exchange, exchange.identity.device_token);
}

Verdict RateLimit::by_secret(Exchange& exchange, std::string_view secret) const {
  if (settings_.mode == Mode::off || exchange.limiter == nullptr) return go_on;
  if (!secret.empty()) return judge(exchange, settings_.per, secret);
  return judge(exchange, Per::address, household(exchange.identity.client_address, exchange.arena));
}

Verdict RateLimit::judge(Exchange& exchange, Per per, std::string_view who) const {
  const auto wait = exchange.limiter->take(per, who);
  if (wait <= std::chrono::nanoseconds::zero()) return go_on;
  auto& arena = exchange.arena;
  auto entry = entry_for(exchange, per);
  entry.mode = settings_.mode;
  entry.kind = settings_.mode == Mode::enforce ? Kind::violation : Kind::finding;
  entry.message = arena.join({"more requests of one ", to_string(per), " than ", rate_});
  exchange.journal.write(entry);
  if (settings_.mode != Mode::enforce) return go_on;
  exchange.allowance = {settings_.burst, std::chrono::ceil<std::chrono::seconds>(wait)};
  const auto seconds = static_cast<std::uint64_t>(exchange.allowance.wait.count());
  return {Reason::rate_limit, arena.join({"try again in ", arena.decimal(seconds), " s"})};
}

}  // namespace filters
