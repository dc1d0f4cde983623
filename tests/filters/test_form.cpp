#include "filters/form.hpp"

#include <doctest/doctest.h>

#include <string>

#include "filters/arena.hpp"
#include "filters/journal.hpp"

using namespace filters;

namespace {

// The JSON, or "OFFSET: WHAT" of the fault.
std::string read(std::string_view form) {
  Arena arena;
  std::string_view json = "untouched";
  const auto fault = form_to_json(form, Contract::builtin().endpoints()[0], arena, json);
  if (!fault) return std::string(json);
  CHECK((json == "untouched"));
  return std::to_string(fault.offset) + ": " + std::string(fault.what);
}

}  // namespace

TEST_CASE("a form becomes one line of JSON, names and order kept") {
  const struct {
    std::string_view form, json;
  } cases[] = {
      {"", "{}"},
      {"&&", "{}"},
      {"locale=en", R"({"locale":"en"})"},
      {"locale=en&platform=ios&", R"({"locale":"en","platform":"ios"})"},
      {"locale", R"({"locale":""})"},
      {"=x", R"({"":"x"})"},
      {"a=b=c", R"({"a":"b=c"})"},
      {"app_version=4.17&x=true&y=1&z=null",
       R"({"app_version":"4.17","x":"true","y":"1","z":"null"})"},
      {"device_token=abc%3Adef+%22%5C%0A%00%7F",
       R"({"device_token":"abc:def \"\\\n\u0000\u007f"})"},
      {"x=%c3%a4\xC3\xA4&%C2%80=y", "{\"x\":\"\xC3\xA4\xC3\xA4\",\"\\u0080\":\"y\"}"},
      {"plat%66rom=ios&deviceToken=a", R"({"platfrom":"ios","deviceToken":"a"})"},
      {"notification_preferences[alarm]=true&notification_preferences%5Bkey_added%5d=0",
       R"({"notification_preferences":{"alarm":true,"key_added":false}})"},
      {"notification_preferences[b]=1&locale=en&notification_preferences[a]=false&x=y",
       R"({"notification_preferences":{"b":true,"a":false},"locale":"en","x":"y"})"},
      {"notificationPreferences[alarm]=1", R"({"notificationPreferences":{"alarm":true}})"},
      {"notification_preferences[alarm]=yes&notification_preferences[b]=True&"
       "notification_preferences[c]=&notification_preferences[d]=+1",
       R"({"notification_preferences":{"alarm":"yes","b":"True","c":"","d":" 1"}})"},
      {"notification_preferences=true", R"({"notification_preferences":"true"})"},
      // Not a map of booleans, as far as anybody knows.
      {"filter[a]=true&locale[x]=1", R"({"filter":{"a":"true"},"locale":{"x":"1"}})"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.form);
    CHECK(read(c.form) == c.json);
  }
}

TEST_CASE("what two servers could read in two ways is a fault, at its place") {
  const std::string brackets = "brackets other than name[member]";
  const struct {
    std::string_view form;
    std::string fault;
  } cases[] = {
      {"a=1&b=%zz", "6: a percent sign without two hex digits"},
      {"a=1&b=%4", "6: a percent sign without two hex digits"},
      {"a=1;b=2", "3: a semicolon, at which some servers split; write %3B"},
      {"a=1\n", "3: a space or control byte"},
      {"a=1&b=%FF", "4: text that is not UTF-8"},
      {"a=1&b=\xFF", "4: text that is not UTF-8"},
      {"a=1&x[]=2", "4: " + brackets},
      {"a=1&x[b][c]=2", "4: " + brackets},
      {"a=1&x[b]c=2", "4: " + brackets},
      {"a=1&x[b=2", "4: " + brackets},
      {"a=1&x]=2", "4: " + brackets},
      {"a=1&[x]=2", "4: " + brackets},
      {"a=1&x%5b%5d=2", "4: " + brackets},
      {"a=1&b=2&a=1", "8: a appears more than once"},
      {"a=1&b=2&%61=3&b=2&a=1", "8: a appears more than once"},
      {"x[a]=1&x[b]=1&b=1&x[a]=0", "18: x[a] appears more than once"},
      {"x=1&b=2&x[a]=1", "8: x stands with brackets and without"},
      {"x[a]=1&x[b]=1&x=2", "14: x stands with brackets and without"},
      {"a b=1", "1: a space or control byte"},
      {"a+b=1&a%20b=1", "6: (name of 3 bytes) appears more than once"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.form);
    CHECK(read(c.form) == c.fault);
  }
}

TEST_CASE("a name of a form is plain, a member of an object, or unclear") {
  CHECK((split_form_name("locale").name == "locale"));
  CHECK((split_form_name("locale").member == ""));
  CHECK((split_form_name("a[b]").name == "a"));
  CHECK((split_form_name("a[b]").member == "b"));
  CHECK((split_form_name("a[ ]").member == " "));
  CHECK(split_form_name("").clear);
  for (const auto* name : {"[", "]", "[]", "[a]", "a[]", "a[", "a]", "a[b", "a[b]c", "a[b][c]",
                           "a[[b]]", "a[b]]", "a]b[", "a][b]"}) {
    CAPTURE(name);
    CHECK_FALSE(split_form_name(name).clear);
    CHECK((split_form_name(name).name == name));
  }
}

TEST_CASE("many names, alike and in no order, take no time worth mention") {
  std::string form;
  for (int i = 20'000; i > 0; --i)
    form += "x" + std::to_string(i % 7) + "[" + std::to_string(i) + "]=1&";
  const auto json = read(form);
  CHECK(json.starts_with(R"({"x1":{"20000":"1","19993":"1",)"));
  CHECK(read(form + "x1[20000]=2").ends_with("x1[20000] appears more than once"));
}
