#include "filters/http.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace filters {
namespace {

struct Known {
  std::string_view name;
  FieldId id;
};
// Sorted by length, so that a look-up compares with the few names of its own length.
constexpr auto known = std::to_array<Known>({
    {"te", FieldId::te},
    {"via", FieldId::via},
    {"date", FieldId::date},
    {"host", FieldId::host},
    {"allow", FieldId::allow},
    {"accept", FieldId::accept},
    {"expect", FieldId::expect},
    {"server", FieldId::server},
    {"trailer", FieldId::trailer},
    {"upgrade", FieldId::upgrade},
    {"forwarded", FieldId::forwarded},
    {"x-real-ip", FieldId::x_forwarded},
    {"connection", FieldId::connection},
    {"keep-alive", FieldId::keep_alive},
    {"user-agent", FieldId::user_agent},
    {"retry-after", FieldId::retry_after},
    {"content-type", FieldId::content_type},
    {"x-request-id", FieldId::x_request_id},
    {"authorization", FieldId::authorization},
    {"x-http-method", FieldId::method_override},
    {"x-rewrite-url", FieldId::x_forwarded},
    {"content-length", FieldId::content_length},
    {"http2-settings", FieldId::http2_settings},
    {"x-original-url", FieldId::x_forwarded},
    {"content-encoding", FieldId::content_encoding},
    {"proxy-connection", FieldId::proxy_connection},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"x-method-override", FieldId::method_override},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"x-http-method-override", FieldId::method_override},
});
constexpr std::size_t longest = known.back().name.size();

// first[n] is the index of the first name of at least n characters.
constexpr auto first = [] {
  std::array<std::uint8_t, longest + 2> starts{};
  for (std::size_t length = 0; length < starts.size(); ++length) {
    std::uint8_t i = 0;
    while (i < known.size() && known[i].name.size() < length) ++i;
    starts[length] = i;
  }
  return starts;
}();
static_assert(std::ranges::is_sorted(known, {}, [](const Known& k) { return k.name.size(); }));

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() > prefix.size() && equal_ignoring_case(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

FieldId field_id(std::string_view name) {
  if (name.size() <= longest)
    for (std::size_t i = first[name.size()]; i < first[name.size() + 1]; ++i)
      if (equal_ignoring_case(name, known[i].name)) return known[i].id;
  if (name.size() > 2 && lower(name[0]) == 'x' && name[1] == '-') {
    if (has_prefix(name, "x-forwarded-")) return FieldId::x_forwarded;
    if (has_prefix(name, "x-prefgate-")) return FieldId::x_prefgate;
  }
  return FieldId::other;
}

const Field* Headers::find(FieldId id) const {
  const auto found = std::ranges::find(fields_, id, &Field::id);
  return found == fields_.end() ? nullptr : &*found;
}

const Field* Headers::find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields_, [&](const Field& field) { return equal_ignoring_case(field.name, name); });
  return found == fields_.end() ? nullptr : &*found;
}

std::size_t Headers::count(FieldId id) const {
  return static_cast<std::size_t>(std::ranges::count(fields_, id, &Field::id));
}

void Headers::set(FieldId id, std::string_view name, std::string_view value) {
  remove(id);
  append(id, name, value);
}

void Headers::replace(FieldId id, std::string_view value) {
  const auto found = std::ranges::find(fields_, id, &Field::id);
  assert(found != fields_.end());
  found->value = value;
}

void Headers::remove(FieldId id) {
  std::erase_if(fields_, [&](const Field& field) { return field.id == id; });
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return equal_ignoring_case(field.name, name); });
}

}  // namespace filters
