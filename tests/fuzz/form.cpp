// Input: a form. The JSON made of it is held against its pairs, decoded by a second decoder.
#include "filters/form.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <string>

#include "filters/arena.hpp"
#include "tests/fuzz/decoded.hpp"
#include "tests/fuzz/targets.hpp"

namespace fuzz {
namespace {

using Value = rapidjson::Value;

// The value under the only member of that name.
const Value& member(const Value& object, std::string_view name) {
  require(object.IsObject(), "what has members is no object");
  const Value* found = nullptr;
  for (const auto& each : object.GetObject()) {
    if (std::string_view(each.name.GetString(), each.name.GetStringLength()) != name) continue;
    require(found == nullptr, "a name stands twice in one object");
    found = &each.value;
  }
  require(found != nullptr, "a pair's name is missing");
  return *found;
}

void check_value(const Value& value, std::string_view text) {
  if (value.IsString())
    require(std::string_view(value.GetString(), value.GetStringLength()) == text,
            "a value is not its pair's");
  else if (text == "true" || text == "1")
    require(value.IsTrue(), "true is something else");
  else
    require((text == "false" || text == "0") && value.IsFalse(), "a value is made up");
}

void check_pair(const Value& json, std::string_view pair) {
  const auto equals = std::min(pair.find('='), pair.size());
  const std::string name = decoded(pair.substr(0, equals));
  const std::string text = decoded(pair.substr(std::min(equals + 1, pair.size())));
  const auto open = name.find('[');
  if (open == name.npos) {
    require(name.find(']') == name.npos, "a bracket was taken for a letter");
    const auto& value = member(json, name);
    require(value.IsString(), "a plain value is no string");
    return check_value(value, text);
  }
  require(
      open > 0 && open + 2 < name.size() && name.find_first_of("[]", open + 1) == name.size() - 1,
      "brackets of another shape were taken");
  check_value(member(member(json, name.substr(0, open)),
                     std::string_view(name).substr(open + 1, name.size() - open - 2)),
              text);
}

std::size_t leaves(const Value& value) {
  if (!value.IsObject()) return 1;
  std::size_t count = 0;
  for (const auto& each : value.GetObject()) count += leaves(each.value);
  return count;
}

}  // namespace

void form(std::string_view input) {
  filters::Arena arena;
  std::string_view json;
  const auto fault =
      filters::form_to_json(input, filters::Contract::builtin().endpoints()[0], arena, json);
  if (fault) {
    require(fault.offset < input.size(), "a fault lies outside the form");
    (void)filters::describe_offset(input, fault.offset, arena);
    return;
  }
  filters::Document document(arena);
  require(!filters::index_json(json, arena, document), "the result cannot be read");
  require(document.repeated.empty(), "the result has a name twice");

  rapidjson::Document dom;
  dom.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  require(!dom.HasParseError(), "the result is not JSON");
  std::size_t pairs = 0;
  for (std::size_t begin = 0; begin < input.size();) {
    const auto end = std::min(input.find('&', begin), input.size());
    if (end > begin) {
      check_pair(dom, input.substr(begin, end - begin));
      ++pairs;
    }
    begin = end + 1;
  }
  require(pairs == leaves(dom), "the result has more than the pairs");
}

}  // namespace fuzz
