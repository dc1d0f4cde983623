#include "filters/yaml/tree.hpp"

#include <doctest/doctest.h>

using namespace filters;

namespace {

// "3:5 what", joined by "; ".
std::string faults_of(const std::string& text) {
  std::string result;
  for (const YamlFault& fault : parse_yaml(text).faults)
    result += (result.empty() ? "" : "; ") + std::to_string(fault.mark.line) + ":" +
              std::to_string(fault.mark.column) + " " + fault.what;
  return result;
}

// The tree in one line, each node with its place.
std::string show(const YamlNode& node) {
  const std::string at =
      "@" + std::to_string(node.mark.line) + ":" + std::to_string(node.mark.column);
  std::string inside;
  for (std::size_t i = 0; i < node.children.size(); ++i)
    inside += (i == 0 ? "" : " ") +
              (i < node.keys.size() ? show(node.keys[i]) + "=" : std::string()) +
              show(node.children[i]);
  switch (node.kind) {
    case YamlNode::Kind::nothing:
      return "-" + at;
    case YamlNode::Kind::scalar:
      return node.text + at;
    case YamlNode::Kind::list:
      return "[" + inside + "]" + at;
    case YamlNode::Kind::map:
      return "{" + inside + "}" + at;
  }
  return {};
}

}  // namespace

TEST_CASE("each node of a tree knows where it stands, from 1") {
  struct Case {
    std::string text, tree;
  };
  const Case cases[] = {
      {"a: 1\n", "{a@1:1=1@1:4}@1:1"},
      {"a:\n  b: 'x y'\n", "{a@1:1={b@2:3=x y@2:6}@2:3}@1:1"},
      {"a: [1, {b: c}]\n", "{a@1:1=[1@1:5 {b@1:9=c@1:12}@1:8]@1:4}@1:1"},
      {"- a\n- b: 1\n", "[a@1:3 {b@2:3=1@2:6}@2:3]@1:1"},
      // An empty value stands where its key does: yaml-cpp says it is at "b".
      {"a:\nb: 1\n", "{a@1:1=-@1:1 b@2:1=1@2:4}@1:1"},
      {"a: ~\n", "{a@1:1=-@1:1}@1:1"},
      // Columns count bytes, as compilers do.
      {"\"\xC3\xA4\": x\n", "{\xC3\xA4@1:1=x@1:7}@1:1"},
      // Repeated keys are all there.
      {"a: 1\na: 2\n", "{a@1:1=1@1:4 a@2:1=2@2:4}@1:1"},
      {"\xEF\xBB\xBF"
       "a: 1\r\n",
       "{a@1:1=1@1:4}@1:1"},
      {"", "-@0:0"},
      {"# nothing\n", "-@0:0"},
  };
  for (const auto& [text, tree] : cases) {
    CAPTURE(text);
    CHECK(faults_of(text).empty());
    CHECK(show(parse_yaml(text).root) == tree);
  }
}

TEST_CASE("what could surprise a reader is a fault at its place") {
  struct Case {
    std::string text, faults;
  };
  const Case cases[] = {
      {"a: &x 1\nb: *x\n",
       "1:4 anchors are not taken here: write the value out; "
       "2:4 aliases are not taken here: write the value out"},
      {"a: &x {b: 1}\nc:\n  <<: *x\n",
       "1:4 anchors are not taken here: write the value out; "
       "3:7 aliases are not taken here: write the value out"},
      {"a: !!str 5\n", "1:4 tags are not taken here"},
      {"a: !mine {b: 1}\n", "1:4 tags are not taken here"},
      {"? [x]\n: 1\n", "1:3 expected a key"},
      {"a: 1\n---\nb: 2\n", "3:1 expected the end of the file: one document only"},
      {"a: 1\n b: 2\n", "2:3 not YAML: illegal map value"},
      {"a: {\n", "2:1 not YAML: end of map flow not found"},
      {"a: @x\n", "1:4 not YAML: unknown token"},
      {"a: *nope\n", "1:4 not YAML: the referenced anchor is not defined"},
  };
  for (const auto& [text, faults] : cases) {
    CAPTURE(text);
    CHECK(faults_of(text) == faults);
  }
}

TEST_CASE("sixteen levels are taken, seventeen are not, and a million stop early") {
  CHECK(faults_of(std::string(16, '[') + std::string(16, ']')).empty());
  CHECK(faults_of(std::string(17, '[') + std::string(17, ']')) == "1:17 nested too deep");
  CHECK(faults_of(std::string(1'000'000, '[')).ends_with("nested too deep"));
}
