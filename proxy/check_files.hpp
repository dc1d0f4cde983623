// check_files: opens what a configuration names, certificates, keys, folders, and says what is
// wrong with it, all in one run. For `check`, and before `serve` starts. Blocks on the disk,
// changes nothing, and never says what is in a key, nor the name given for one.
#pragma once

#include <vector>

#include "proxy/config.hpp"

namespace proxy {

// In no order. Errors: what would keep the gateway from starting or from serving anybody. Of a
// `config` that itself has faults, what could be read of it: an empty path is no file.
std::vector<Diagnostic> check_files(const Config& config);

// Of all that, whether the policy's hashes are under the records' key: for a policy that is loaded
// again by itself. Only warnings.
std::vector<Diagnostic> check_policy_keys(const Config& config);

}  // namespace proxy
