// load_policy: a policy file, read strictly, compiled and proved: what can never match, what
// contradicts, what is misspelt is a fault with its line and column before any request meets it.
// Pure: the host reads files and the clock for it. Used at load time, on one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/policy/rules.hpp"

namespace filters {

struct PolicySurroundings {
  const Contract& contract;
  Moment now;  // what has expired before it is a warning, and contradicts nothing
  // The text of a file that the policy names, by absolute path; none, and `fault` says why.
  std::function<std::optional<std::string>(const std::filesystem::path&, std::string& fault)> read;
};

struct LoadedPolicy {
  std::shared_ptr<const PolicyRules> rules = {};  // null where any diagnostic is an error
  std::vector<Diagnostic> diagnostics = {};       // all of them, in the file's order
};

// `file` is named in diagnostics, and what the policy names is relative to it. Never throws for
// what is in `text`.
LoadedPolicy load_policy(const std::string& text, const std::filesystem::path& file,
                         const PolicySurroundings& around);

}  // namespace filters
