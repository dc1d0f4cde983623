// The list of the chain's rules is closed only as long as it is whole: held against the sources.
#include "filters/chain_rules.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

using filters::chain_rule;
using filters::chain_rules;

TEST_CASE("every rule that a filter writes to the journal is in the list, and nothing else is") {
  const std::regex id("\"((authenticate|repair|rate_limit|validate|policy|rewrite)\\.[a-z_]+)\"");
  std::set<std::string> written;
  for (const auto& entry : std::filesystem::directory_iterator("filters")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::sregex_iterator at(text.begin(), text.end(), id), end; at != end; ++at)
      written.insert((*at)[1]);
  }
  CHECK(written == std::set<std::string>(chain_rules.begin(), chain_rules.end()));
}

TEST_CASE("a rule's number is its place, and what is no rule of the chain has none") {
  for (std::size_t i = 0; i < chain_rules.size(); ++i) CHECK(chain_rule(chain_rules[i]) == i);
  for (const auto* other : {"", "policy.mine", "repair", "zzz", "repair.aliases"})
    CHECK(chain_rule(other) == chain_rules.size());
}
