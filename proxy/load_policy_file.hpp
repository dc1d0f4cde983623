// load_policy_file: a policy from the disk, with the device lists it names, as of now. For
// start-up, reloads and commands; blocks on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "filters/policy/load_policy.hpp"
#include "proxy/file_watch.hpp"

namespace proxy {

struct PolicyFile {
  filters::LoadedPolicy policy;
  std::string digest;             // "sha256:<hex>" of all files' bytes, one behind the other
  std::string fault;              // why it could not be read; empty: it was
  std::vector<FileDigest> files;  // it, then the lists it names, readable or not
};

// All files are of one moment: where one is replaced meanwhile, they are read again.
PolicyFile load_policy_file(const std::filesystem::path& file, const filters::Contract& contract);

}  // namespace proxy
