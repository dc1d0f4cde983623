// Section: one map of a YAML file, read strictly. Each read names a key and says what it
// takes; what was never asked for is unknown, and `finish` says so. Faults go into a shared list
// and reading goes on, so that one run finds them all. Lives while the file is read, on one thread.
// Never echoes the value of an environment variable.
#pragma once

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filters/journal.hpp"
#include "filters/yaml/diagnostic.hpp"
#include "filters/yaml/tree.hpp"

namespace filters {

template <class T>
struct Range {
  T least;
  T most;
};

class Section {
 public:
  using Words = std::vector<std::string_view>;

  // `path` names the map ("limits"; "" for the whole file); a node that is no map is an error.
  Section(const YamlNode& node, std::string path, Findings& findings);

  // Every read leaves `out` alone where the key is absent or its value wrong, and returns whether
  // it set it.
  bool size(std::string_view key, std::size_t& out, Range<std::size_t> range);
  bool count(std::string_view key, std::size_t& out, Range<std::size_t> range);
  bool time(std::string_view key, std::chrono::milliseconds& out,
            Range<std::chrono::milliseconds> range);
  bool text(std::string_view key, std::string& out, std::string_view expected);
  // Relative to the file's folder.
  bool path(std::string_view key, std::filesystem::path& out);
  bool mode(std::string_view key, Mode& out);
  // One of some words; `later` are words of the design that this version does not take yet.
  template <class T>
  bool choice(std::string_view key, T& out,
              std::initializer_list<std::pair<std::string_view, T>> choices,
              const Words& later = {}) {
    Words words;
    for (const auto& [word, value] : choices) words.push_back(word);
    const auto index = pick(key, words, later);
    if (index) out = (choices.begin() + *index)->second;
    return index.has_value();
  }
  // A key that takes one word only.
  void only(std::string_view key, std::string_view word, const Words& later = {}) {
    pick(key, {word}, later);
  }

  // The value of `key`, noted as known, or nullptr where absent.
  const YamlNode* find(std::string_view key);
  // The map below `key`; none where absent or no map.
  std::optional<Section> section(std::string_view key);
  // The list below `key`; empty where absent or no list.
  const std::vector<YamlNode>& list(std::string_view key, std::string_view expected);
  // An item of that list as a map.
  Section item(std::string_view key, std::size_t index) const;
  // The text of a scalar, with its environment variables filled in where Findings has some; none,
  // and a fault, otherwise.
  std::optional<std::string> expand(const YamlNode& node, std::string_view expected);

  // An error where `key` is absent, unless an unknown key is there that was meant to be it.
  void require(std::string_view key) { required_.push_back(key); }

  const YamlNode& node() const { return node_; }
  bool has(std::string_view key) const;
  Mark mark(std::string_view key) const;  // of the value; of the map where there is none
  void error(Mark mark, std::string what) { findings_.error(mark, std::move(what)); }
  void error(std::string_view key, std::string what) { error(mark(key), std::move(what)); }
  void warn(std::string_view key, std::string what);

  // Reports unknown, repeated and missing keys. The last thing to call.
  void finish();

 private:
  std::optional<std::size_t> pick(std::string_view key, const Words& words, const Words& later);
  std::string full(std::string_view key) const;
  // Returns the known key that was probably meant, or an empty one.
  std::string_view report_unknown(const YamlNode& key);

  const YamlNode& node_;
  std::string path_;
  Findings& findings_;
  Words known_;
  Words required_;
};

// An error for each key of a map that an earlier one repeats. `Section::finish` does it; for maps
// whose keys are anybody's.
void refuse_repeated_keys(const YamlNode& map, Findings& findings);

// "`64kb`", or "a list", for messages that say what was found.
std::string describe(const YamlNode& node);

}  // namespace filters
