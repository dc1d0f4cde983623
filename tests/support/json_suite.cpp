#include "tests/support/json_suite.hpp"

#include "tests/support/exchange.hpp"

namespace tests {
namespace {

// What the contract requires, without the braces around it.
std::string_view members() {
  return good_body.substr(1, good_body.size() - 2);
}

// Where a value stands. "?" is the value, "@" the required members.
constexpr std::pair<std::string_view, std::string_view> value_places[] = {
    {"first", R"({"x":?,@})"},
    {"last", R"({@,"x":?})"},
    {"in an array", R"({"x":[0,?],@})"},
    {"in an object in an array", R"({@,"x":[{"y":?}]})"},
};
constexpr std::pair<std::string_view, std::string_view> name_place{"as a name", R"({@,"x":{?:0}})"};

std::string filled(std::string_view place, std::string_view value) {
  std::string body;
  for (const char c : place) {
    if (c == '@')
      body += members();
    else if (c == '?')
      body += value;
    else
      body += c;
  }
  return body;
}

void put(std::vector<JsonCase>& suite, const JsonRow& row,
         const std::pair<std::string_view, std::string_view>& place) {
  suite.push_back({std::string(row.what).append(", ").append(place.first),
                   filled(place.second, row.text), row.fate, row.why});
}

std::vector<JsonCase> make_suite() {
  std::vector<JsonCase> suite;
  for (const auto* values : {&json_numbers(), &json_words(), &json_strings(), &json_bad_strings(),
                             &json_arrays(), &json_objects()})
    for (const auto& row : *values)
      for (const auto& place : value_places) put(suite, row, place);
  for (const auto* strings : {&json_strings(), &json_bad_strings()})
    for (const auto& row : *strings) put(suite, row, name_place);
  for (const auto* documents : {&json_documents(), &json_encodings(), &json_fields()})
    for (const auto& row : *documents)
      suite.push_back({std::string(row.what), filled(row.text, "?"), row.fate, row.why});
  return suite;
}

}  // namespace

const std::vector<JsonCase>& json_suite() {
  static const auto suite = make_suite();
  return suite;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (; count > 0; --count) all += text;
  return all;
}

std::string without_invisible(std::string body) {
  for (const std::string_view character :
       {"\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\x8E", "\xE2\x80\x8F",
        "\xE2\x81\xA0", "\xEF\xBB\xBF", "\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9"})
    for (auto at = body.find(character); at != body.npos; at = body.find(character, at))
      body.erase(at, character.size());
  return body;
}

}  // namespace tests
