#include "proxy/load_policy_file.hpp"

#include <algorithm>
#include <utility>

#include "proxy/evidence/sha256.hpp"
#include "proxy/keyed_hash.hpp"
#include "proxy/read_file.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_policy_bytes = 1024 * 1024;
constexpr std::size_t most_list_bytes = 256 * 1024 * 1024;  // three million devices
constexpr int most_tries = 8;

// One try, and the states in which it found the files.
struct Reading {
  PolicyFile loaded;
  std::vector<FileState> states;
  Sha256 all;

  FileText read(const std::filesystem::path& file, std::size_t most) {
    states.push_back(state_of(file));  // before it is read: a later change is seen
    FileText source = read_file(file, most);
    all.add(source.text);
    loaded.files.push_back(
        {file, source.fault.empty() ? "sha256:" + sha256_hex(source.text) : std::string()});
    return source;
  }

  void run(const std::filesystem::path& file, const filters::Contract& contract) {
    const FileText source = read(file, most_policy_bytes);
    loaded.fault = source.fault;
    if (!loaded.fault.empty()) return;
    const auto read_list = [this](const std::filesystem::path& list,
                                  std::string& fault) -> std::optional<std::string> {
      FileText text = read(list, most_list_bytes);
      fault = std::move(text.fault);
      return fault.empty() ? std::optional(std::move(text.text)) : std::nullopt;
    };
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    loaded.policy = filters::load_policy(source.text, file, {contract, now, read_list});
    loaded.digest = "sha256:" + to_hex(all.end());
  }

  bool of_one_moment() const {
    return std::ranges::equal(loaded.files, states, {},
                              [](const FileDigest& each) { return state_of(each.file); });
  }
};

}  // namespace

PolicyFile load_policy_file(const std::filesystem::path& file, const filters::Contract& contract) {
  for (int tries = 0; tries < most_tries; ++tries) {
    Reading reading;
    reading.run(file, contract);
    if (reading.of_one_moment()) return std::move(reading.loaded);
  }
  PolicyFile restless;
  restless.fault = "it, or a list it names, changes while it is read";
  restless.files.push_back({file, {}});
  return restless;
}

}  // namespace proxy
