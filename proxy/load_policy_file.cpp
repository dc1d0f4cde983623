#include "proxy/load_policy_file.hpp"

#include "proxy/keyed_hash.hpp"
#include "proxy/read_file.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::size_t most_list_bytes = 256 * 1024 * 1024;  // three million devices

std::optional<std::string> read_list(const std::filesystem::path& file, std::string& fault) {
  auto source = read_file(file, most_list_bytes);
  fault = std::move(source.fault);
  return fault.empty() ? std::optional(std::move(source.text)) : std::nullopt;
}

}  // namespace

PolicyFile load_policy_file(const std::filesystem::path& file, const filters::Contract& contract) {
  PolicyFile loaded;
  const FileText source = read_file(file, most_bytes);
  loaded.fault = source.fault;
  if (!loaded.fault.empty()) return loaded;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  loaded.policy = filters::load_policy(source.text, file, {contract, now, read_list});
  loaded.digest = "sha256:" + sha256_hex(source.text);
  return loaded;
}

}  // namespace proxy
