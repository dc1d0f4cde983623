// YamlTree: a YAML text as plain nodes that remember where they stand. Made by yaml-cpp's event
// parser, not its `Node`, because that one hides repeated keys and aliases and forgets what was
// written. Owned by whoever reads the configuration, on one thread; never expands anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filters/yaml/diagnostic.hpp"

namespace filters {

struct YamlNode {
  enum class Kind : std::uint8_t { nothing, scalar, list, map } kind = Kind::nothing;
  Mark mark;
  std::string text = {};            // of a scalar, as written
  std::vector<YamlNode> keys = {};  // of a map, scalars; as many as children
  std::vector<YamlNode> children = {};
};

// The same but for where it stands. Members of maps in the same order.
bool same_content(const YamlNode& a, const YamlNode& b);

struct YamlFault {
  Mark mark;
  std::string what;
};

struct YamlTree {
  YamlNode root;
  std::vector<YamlFault> faults;  // any: the tree is not whole
};

// Takes one document without anchors, aliases and tags, keys being scalars, nested at most 16 deep.
// Never throws for what is in `text`.
YamlTree parse_yaml(const std::string& text);

}  // namespace filters
