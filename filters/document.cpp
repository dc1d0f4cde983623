#include "filters/document.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <numeric>

#include "filters/arena.hpp"
#include "filters/hash.hpp"
#include "filters/journal.hpp"

namespace filters {
namespace {

struct Slot {
  std::uint32_t hash;
  std::uint32_t member;  // index + 1; 0: free
};

bool same_object_and_name(const Member& a, const Member& b) {
  return a.object == b.object && a.name == b.name;
}

// The slow way, whose time no choice of names can stretch.
void find_repeated_by_order(Arena& arena, Document& document) {
  const auto& members = document.members;
  std::pmr::vector<std::uint32_t> order(members.size(), &arena);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    if (members[a].object != members[b].object) return members[a].object < members[b].object;
    const int names = members[a].name.compare(members[b].name);
    return names != 0 ? names < 0 : a < b;
  });
  document.repeated.clear();
  for (std::size_t i = 1; i < order.size(); ++i)
    if (same_object_and_name(members[order[i - 1]], members[order[i]]))
      document.repeated.push_back(order[i]);
  std::ranges::sort(document.repeated);
}

}  // namespace

// A hash table in the arena. Its hash has no secret key, so a client can choose names that collide:
// past a budget of probes that honest names never need, it sorts instead.
void find_repeated(Arena& arena, Document& document) {
  const auto& members = document.members;
  document.repeated.clear();
  if (members.size() < 2) return;
  const std::size_t size = std::bit_ceil(members.size() * 2);
  auto* const table = static_cast<Slot*>(arena.allocate(size * sizeof(Slot), alignof(Slot)));
  std::fill_n(table, size, Slot{0, 0});
  std::size_t budget = 16 * members.size() + 64;
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    const std::uint32_t hash = hash_of(members[i].name, members[i].object);
    std::size_t at = hash & (size - 1);
    while (table[at].member != 0) {
      if (--budget == 0) return find_repeated_by_order(arena, document);
      if (table[at].hash == hash &&
          same_object_and_name(members[table[at].member - 1], members[i])) {
        document.repeated.push_back(i);
        break;
      }
      at = (at + 1) & (size - 1);
    }
    if (table[at].member == 0) table[at] = {hash, i + 1};
  }
}

std::string_view to_string(Type type) {
  switch (type) {
    case Type::string:
      return "string";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::null:
      return "null";
    case Type::object:
      return "object";
    case Type::array:
      return "array";
  }
  return "";
}

bool valid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned c = byte(i);
    if (c < 0x80) {
      ++i;
    } else if (c >= 0xC2 && c <= 0xDF) {
      if (!within(i + 1, 0x80, 0xBF)) return false;
      i += 2;
    } else if (c >= 0xE0 && c <= 0xEF) {
      // E0 would be overlong below A0; ED from A0 on are the surrogates.
      if (!within(i + 1, c == 0xE0 ? 0xA0 : 0x80, c == 0xED ? 0x9F : 0xBF)) return false;
      if (!within(i + 2, 0x80, 0xBF)) return false;
      i += 3;
    } else if (c >= 0xF0 && c <= 0xF4) {
      if (!within(i + 1, c == 0xF0 ? 0x90 : 0x80, c == 0xF4 ? 0x8F : 0xBF)) return false;
      if (!within(i + 2, 0x80, 0xBF) || !within(i + 3, 0x80, 0xBF)) return false;
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

std::string_view pointer_to(const Document& document, const Member& member, Arena& arena) {
  const auto name = shown_name(member.name, arena);
  if (member.parent == Document::root) return arena.join({"/", name});
  return arena.join({pointer_to(document, document.members[member.parent], arena), "/", name});
}

std::string_view describe_offset(std::string_view source, std::uint32_t offset, Arena& arena) {
  const auto before = source.substr(0, offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto line_end = before.rfind('\n');
  const auto column = before.size() - (line_end == before.npos ? 0 : line_end + 1) + 1;
  char digits[2][20];
  const auto text = [](char(&to)[20], std::size_t value) {
    return std::string_view(to, std::to_chars(to, to + sizeof to, value).ptr);
  };
  return arena.join({"line ", text(digits[0], static_cast<std::size_t>(line)), ", column ",
                     text(digits[1], column)});
}

}  // namespace filters
