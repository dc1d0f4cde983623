// Pairs that belong together are found by sorting: a form holds as many names as its sender likes.
#include "filters/form.hpp"

#include <algorithm>
#include <memory_resource>
#include <numeric>
#include <tuple>
#include <vector>

#include "filters/arena.hpp"
#include "filters/field_names.hpp"
#include "filters/journal.hpp"
#include "filters/json_text.hpp"

namespace filters {
namespace {

constexpr std::uint32_t nobody = 0xFFFFFFFF;

struct Pair {
  FormName name;
  std::string_view text;
  std::uint32_t offset;
  std::uint32_t next = nobody;  // of the same object, in the order of the form
  bool first = true;            // of its object
};

class Form {
 public:
  Form(const Document& document, Arena& arena)
      : arena_(arena), pairs_(&arena), order_(document.members.size(), &arena) {
    pairs_.reserve(document.members.size());
    for (const auto& member : document.members)
      pairs_.push_back({split_form_name(member.name), member.text, member.span.begin});
    std::iota(order_.begin(), order_.end(), 0U);
  }

  // Something in the form that has two readings.
  Fault fault() {
    const auto odd = std::ranges::find(pairs_, false, [](const Pair& p) { return p.name.clear; });
    if (odd != pairs_.end()) return {odd->offset, "brackets other than name[member]"};
    std::ranges::sort(order_, {}, [&](std::uint32_t i) {
      return std::tuple(pairs_[i].name.name, pairs_[i].name.member, i);
    });
    Fault first;
    for (std::size_t i = 1; i < order_.size(); ++i) {
      const auto& before = pairs_[order_[i - 1]];
      const auto& pair = pairs_[order_[i]];
      if (before.name.name != pair.name.name) continue;
      const bool twice = before.name.member == pair.name.member;
      if (!twice && !before.name.member.empty()) continue;  // two members of one object
      const auto offset = std::max(before.offset, pair.offset);
      if (first && first.offset < offset) continue;
      first = {offset, twice ? arena_.join({shown(pair.name), " appears more than once"})
                             : arena_.join({shown_name(pair.name.name, arena_),
                                            " stands with brackets and without"})};
    }
    return first;
  }

  std::string_view json(const Endpoint& endpoint, std::size_t expected) {
    link();
    JsonText json(arena_, expected);
    json.begin_object();
    for (const auto& pair : pairs_) {
      if (!pair.first) continue;
      json.string_key(pair.name.name, JsonText::unlimited);
      if (pair.name.member.empty())
        json.string(pair.text);
      else
        write_object(json, pair, holds_booleans(endpoint, pair.name.name));
    }
    json.end_object();
    return json.text();
  }

 private:
  std::string_view shown(const FormName& name) const {
    const auto object = shown_name(name.name, arena_);
    if (name.member.empty()) return object;
    return arena_.join({object, "[", shown_name(name.member, arena_), "]"});
  }

  void link() {
    std::ranges::sort(order_, {},
                      [&](std::uint32_t i) { return std::tuple(pairs_[i].name.name, i); });
    for (std::size_t i = 1; i < order_.size(); ++i) {
      auto& before = pairs_[order_[i - 1]];
      auto& pair = pairs_[order_[i]];
      if (before.name.name != pair.name.name) continue;
      before.next = order_[i];
      pair.first = false;
    }
  }

  static bool holds_booleans(const Endpoint& endpoint, std::string_view name) {
    const auto field = field_meant(endpoint, name);
    return field != Endpoint::none &&
           endpoint.fields()[field].type == FieldType::object_of_booleans;
  }

  void write_object(JsonText& json, const Pair& first, bool booleans) const {
    json.begin_object();
    for (const Pair* pair = &first;; pair = &pairs_[pair->next]) {
      json.string_key(pair->name.member, JsonText::unlimited);
      const auto boolean = booleans ? boolean_of_form(pair->text) : std::string_view{};
      if (boolean.empty())
        json.string(pair->text);
      else
        json.boolean(boolean == "true");
      if (pair->next == nobody) break;
    }
    json.end_object();
  }

  Arena& arena_;
  std::pmr::vector<Pair> pairs_;
  std::pmr::vector<std::uint32_t> order_;
};

}  // namespace

FormName split_form_name(std::string_view decoded) {
  const auto open = decoded.find_first_of("[]");
  if (open == decoded.npos) return {decoded, {}};
  const auto close = decoded.size() - 1;
  if (open == 0 || decoded[open] != '[' || decoded.find_first_of("[]", open + 1) != close ||
      decoded[close] != ']' || close == open + 1)
    return {decoded, {}, false};
  return {decoded.substr(0, open), decoded.substr(open + 1, close - open - 1)};
}

std::string_view boolean_of_form(std::string_view text) {
  if (text == "true" || text == "1") return "true";
  if (text == "false" || text == "0") return "false";
  return {};
}

Fault form_to_json(std::string_view form, const Endpoint& endpoint, Arena& arena,
                   std::string_view& json) {
  Document document(arena);
  if (const Fault fault = index_query(form, arena, document)) return fault;
  Form pairs(document, arena);
  if (const Fault fault = pairs.fault()) return fault;
  constexpr std::size_t syntax = 6;  // quotes, colon and comma of a pair, less '=' and '&'
  json = pairs.json(endpoint, form.size() + syntax * document.members.size() + 2);
  return {};
}

}  // namespace filters
