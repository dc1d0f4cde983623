#include "proxy/failure.hpp"

#include <algorithm>
#include <array>

namespace proxy {
namespace {

using filters::Reason;

constexpr auto table = std::to_array<FailureInfo>({
    {FailureKind::none, "", Reason::none},
    {FailureKind::resolve, "resolve", Reason::upstream_unreachable},
    {FailureKind::connect_refused, "connect_refused", Reason::upstream_unreachable},
    {FailureKind::connect_timeout, "connect_timeout", Reason::upstream_timeout},
    {FailureKind::connect_failed, "connect_failed", Reason::upstream_unreachable},
    {FailureKind::tls_unverified, "tls_unverified", Reason::upstream_tls},
    {FailureKind::tls_handshake, "tls_handshake", Reason::upstream_tls},
    {FailureKind::pool_full, "pool_full", Reason::overloaded},
    {FailureKind::pool_timeout, "pool_timeout", Reason::overloaded},
    {FailureKind::write_failed, "write_failed", Reason::upstream_failed},
    {FailureKind::write_timeout, "write_timeout", Reason::upstream_timeout},
    {FailureKind::closed, "closed", Reason::upstream_failed},
    {FailureKind::first_byte_timeout, "first_byte_timeout", Reason::upstream_timeout},
    {FailureKind::garbled, "garbled", Reason::upstream_garbled},
});

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].kind != static_cast<FailureKind>(i)) return false;
  return table.size() == static_cast<std::size_t>(FailureKind::garbled) + 1;
}
static_assert(in_order(), "the table's rows stand in the order of FailureKind");

}  // namespace

const FailureInfo& info(FailureKind kind) {
  return table[static_cast<std::size_t>(kind)];
}

filters::Delivery delivery(const Failure& failure) {
  return failure.bytes_sent == 0 ? filters::Delivery::no : filters::Delivery::unknown;
}

bool may_retry(const Failure& failure, std::string_view method, unsigned retries) {
  const bool stale =
      failure.reused && !failure.answer_begun &&
      (failure.kind == FailureKind::write_failed || failure.kind == FailureKind::closed);
  if (!stale || retries > 0) return false;
  constexpr auto idempotent =
      std::to_array<std::string_view>({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"});
  return failure.bytes_sent == 0 || std::ranges::find(idempotent, method) != idempotent.end();
}

}  // namespace proxy
