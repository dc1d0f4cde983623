// The section `tests`: requests, and what has to come of each.
#include <algorithm>

#include "filters/policy/composed_exchange.hpp"
#include "filters/policy/reader.hpp"

namespace filters {
namespace {

class TestReader {
 public:
  TestReader(Section& section, PolicyReading& reading) : section_(section), reading_(reading) {}

  void run() {
    PolicyTest test;
    test.mark = section_.node().mark;
    for (const char* key : {"name", "request", "expect"}) section_.require(key);
    section_.text("name", test.name, "what is tested, in words");
    Moment at;
    if (read_moment(section_, "at", at)) test.at = at;
    if (at > latest_now)
      section_.error("at", "expected a time before 2262, got " + format_moment(at));
    if (auto client = section_.section("client")) read_client(*client, test);
    if (auto request = section_.section("request")) read_request(*request, test);
    if (auto expect = section_.section("expect")) read_expectation(*expect, test);
    section_.finish();
    const auto& tests = reading_.rules.tests;
    const auto same = std::ranges::find(tests, test.name, &PolicyTest::name);
    if (!test.name.empty() && same != tests.end())
      section_.error("name",
                     "the test on line " + std::to_string(same->mark.line) + " has this name");
    reading_.rules.tests.push_back(std::move(test));
  }

 private:
  void read_client(Section& client, PolicyTest& test) {
    if (client.text("address", test.request.address, "an address such as 10.1.2.3") &&
        !parse_address(test.request.address))
      client.error("address",
                   "expected an address such as 10.1.2.3, got `" + test.request.address + "`");
    for (const auto* node : read_texts(client, "san", "names of a certificate"))
      test.request.client_names.push_back(node->text);
    if (const auto* node = client.find("device")) test.request.device = reading_.digest(*node);
    client.finish();
  }

  void read_request(Section& request, PolicyTest& test) {
    const auto endpoints = reading_.around.contract.endpoints();
    request.choice<Method>("method", test.request.method,
                           {{"GET", Method::get}, {"POST", Method::post}});
    if (request.text("path", test.path, "a governed path") &&
        std::ranges::find(endpoints, test.path, &Endpoint::path) == endpoints.end())
      request.error("path", "the contract does not govern `" + test.path + "`");
    for (const auto& endpoint : endpoints)
      for (const auto& field : endpoint.fields())
        if (field.type == FieldType::string) read_field(request, field.name, test);
    if (auto map = request.section("preferences")) {
      for (std::size_t i = 0; i < map->node().keys.size(); ++i) {
        const auto& key = map->node().keys[i].text;
        map->find(key);
        if (const auto value = read_boolean(map->node().children[i], reading_.findings))
          test.request.preferences.emplace_back(key, *value);
      }
      map->finish();
    }
    if (endpoint_of(test, reading_.around.contract) == nullptr)
      request.error(request.node().mark, "the contract has no such request");
    request.finish();
  }

  static void read_field(Section& request, const std::string& name, PolicyTest& test) {
    const auto given = [&](const auto& field) { return field.first == name; };
    std::string text;
    if (std::ranges::none_of(test.request.fields, given) && request.has(name) &&
        request.text(name, text, "a text"))
      test.request.fields.emplace_back(name, std::move(text));
    else
      request.find(name);  // a known key, here or not
  }

  void read_expectation(Section& expect, PolicyTest& test) {
    auto& expected = test.expect;
    bool forwarded = false;
    if (expect.choice<bool>("decision", forwarded, {{"forwarded", true}, {"rejected", false}}))
      expected.forwarded = forwarded;
    std::size_t status = 0;
    if (expect.count("status", status, {400, 499})) expected.status = static_cast<int>(status);
    if (auto map = expect.section("preferences")) {
      for (std::size_t i = 0; i < map->node().keys.size(); ++i) {
        const auto& key = map->node().keys[i].text;
        const auto& value = map->node().children[i];
        map->find(key);
        if (value.kind == YamlNode::Kind::scalar && value.text == "absent")
          expected.preferences.emplace_back(key, std::nullopt);
        else if (value.kind != YamlNode::Kind::scalar ||
                 (value.text != "true" && value.text != "false"))
          expect.error(value.mark, "expected true, false or absent, got " + describe(value));
        else
          expected.preferences.emplace_back(key, value.text == "true");
      }
      map->finish();
    }
    read_expected_rules(expect, test);
    if (expect.node().keys.empty())
      expect.error(expect.node().mark, "a test that expects nothing cannot fail");
    expect.finish();
  }

  void read_expected_rules(Section& expect, PolicyTest& test) {
    if (!expect.has("rules")) return;
    auto& ids = test.expect.rules.emplace();
    const auto known = ids_of(reading_.rules.rules);
    for (const YamlNode& node : expect.list("rules", "a list of ids, or []")) {
      if (std::ranges::find(known, node.text) == known.end())
        expect.error(node.mark,
                     "no rule has the id " + describe(node) + did_you_mean(node.text, known));
      ids.push_back(node.text);
    }
  }

  Section& section_;
  PolicyReading& reading_;
};

}  // namespace

void read_tests(Section& root, PolicyReading& reading) {
  const auto& items = root.list("tests", "a list of tests");
  for (std::size_t i = 0; i < items.size(); ++i) {
    Section section = root.item("tests", i);
    if (items[i].kind == YamlNode::Kind::map) TestReader(section, reading).run();
  }
}

}  // namespace filters
