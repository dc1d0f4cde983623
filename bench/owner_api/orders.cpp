#include "bench/owner_api/orders.hpp"

#include <algorithm>
#include <charconv>

namespace owner_api {
namespace {

using std::chrono::milliseconds;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Reads the digits at the beginning of `text` and removes them.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::uint64_t> number(std::string_view text) {
  const auto value = take_number(text);
  return text.empty() ? value : std::nullopt;
}

std::optional<milliseconds> duration(std::string_view text) {
  const auto value = take_number(text);
  if (!value || *value > 3'600'000) return std::nullopt;
  if (text == "ms") return milliseconds(*value);
  if (text == "s") return milliseconds(*value * 1000);
  return std::nullopt;
}

bool set_status(int& status, std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto value = number(text);
  if (!value || *value < least || *value > most) return false;
  status = static_cast<int>(*value);
  return true;
}

bool apply_value(Orders& orders, std::string_view word, std::string_view value) {
  if (word == "status") return set_status(orders.status, value, 200, 599);
  if (word == "interim")
    return set_status(orders.interim, value, 100, 199) && orders.interim != 101;
  if (word == "cut") return (orders.cut = number(value)).has_value();
  if (word == "cut-request") return (orders.cut_request = number(value)).has_value();
  if (word == "delay") {
    const auto delay = duration(value);
    orders.delay = delay.value_or(milliseconds{});
    return delay.has_value();
  }
  if (word == "slow-body") {
    const auto slash = std::min(value.find('/'), value.size());
    const auto piece = number(value.substr(0, slash));
    const auto pause = duration(value.substr(std::min(slash + 1, value.size())));
    if (!piece || *piece == 0 || !pause) return false;
    orders.piece = *piece;
    orders.pause = *pause;
    return true;
  }
  return false;
}

bool apply_word(Orders& orders, std::string_view word) {
  if (word == "early") return orders.early = true;
  if (word == "close") return orders.close = true;
  if (word == "hang-up") return orders.hang_up = true;
  if (word == "chunked") return orders.chunked = true;
  if (word == "until-close") return orders.until_close = true;
  if (word == "garbage") return orders.garbage = true;
  return false;
}

}  // namespace

std::optional<Orders> parse_orders(std::string_view text, std::string& fault) {
  Orders orders;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto order = trimmed(part);
    if (order.empty()) continue;
    const auto equals = order.find('=');
    const bool understood =
        equals == std::string_view::npos
            ? apply_word(orders, order)
            : apply_value(orders, order.substr(0, equals), order.substr(equals + 1));
    if (!understood) {
      fault = "order not understood: " + std::string(order);
      return std::nullopt;
    }
  }
  return orders;
}

}  // namespace owner_api
