// load_contract: an OpenAPI 3.1 document, compiled. It understands a small part of OpenAPI and JSON
// Schema, listed in the README, and refuses every keyword outside it: a contract is never
// half-understood. Pure: reads no file. Used at load time, on one thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/contract/contract.hpp"
#include "filters/yaml/diagnostic.hpp"

namespace filters {

struct LoadedContract {
  std::optional<Contract> contract;     // none where any diagnostic is an error
  std::vector<Diagnostic> diagnostics;  // all of them, in the file's order
};

// `file` is named in diagnostics only. Never throws for what is in `text`.
LoadedContract load_contract(const std::string& text, const std::filesystem::path& file);

// The text of Contract::builtin().
std::string_view builtin_contract_text();

}  // namespace filters
