#include "filters/yaml/tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace filters {
namespace {

constexpr std::size_t max_depth = 16;

Mark from_yaml(const YAML::Mark& mark) {
  return mark.is_null() ? Mark{} : Mark{mark.line + 1, mark.column + 1};
}

// Thrown to leave yaml-cpp's parser, which offers no other way to stop it.
struct TooDeep {};

// Builds the tree bottom up: a node is moved into its parent when it is complete.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlTree& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add({.kind = YamlNode::Kind::nothing, .mark = from_yaml(mark)});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fault(mark, "aliases are not taken here: write the value out");
    add({.kind = YamlNode::Kind::nothing, .mark = from_yaml(mark)});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    add({.kind = YamlNode::Kind::scalar, .mark = from_yaml(mark), .text = value});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  void fault(const YAML::Mark& mark, std::string what) {
    tree_.faults.push_back({from_yaml(mark), std::move(what)});
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) fault(mark, "anchors are not taken here: write the value out");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    // "?" is a plain node, "!" a quoted scalar: neither was written by anybody.
    if (!tag.empty() && tag != "?" && tag != "!") fault(mark, "tags are not taken here");
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (open_.size() == max_depth) {
      fault(mark, "nested too deep");
      throw TooDeep{};
    }
    open_.push_back({.kind = kind, .mark = from_yaml(mark)});
  }
  void close() {
    YamlNode done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done));
  }
  void add(YamlNode node) {
    if (open_.empty()) {
      tree_.root = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_key =
        parent.kind == YamlNode::Kind::map && parent.keys.size() == parent.children.size();
    if (is_key && node.kind != YamlNode::Kind::scalar)
      tree_.faults.push_back({node.mark, "expected a key"});
    // An empty value has no place of its own: yaml-cpp gives it that of whatever follows.
    if (!is_key && node.kind == YamlNode::Kind::nothing && !parent.keys.empty())
      node.mark = parent.keys.back().mark;
    (is_key ? parent.keys : parent.children).push_back(std::move(node));
  }

  YamlTree& tree_;
  std::vector<YamlNode> open_;
};

}  // namespace

bool same_content(const YamlNode& a, const YamlNode& b) {
  return a.kind == b.kind && a.text == b.text && std::ranges::equal(a.keys, b.keys, same_content) &&
         std::ranges::equal(a.children, b.children, same_content);
}

YamlTree parse_yaml(const std::string& text) {
  YamlTree tree;
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    TreeBuilder builder(tree);
    if (!parser.HandleNextDocument(builder)) return tree;
    YamlTree rest;
    TreeBuilder rest_builder(rest);
    if (parser.HandleNextDocument(rest_builder))
      tree.faults.push_back({rest.root.mark, "expected the end of the file: one document only"});
  } catch (const TooDeep&) {
    return tree;  // the builder has written the fault down
  } catch (const YAML::Exception& exception) {
    tree.faults.push_back({from_yaml(exception.mark), "not YAML: " + exception.msg});
  }
  return tree;
}

}  // namespace filters
