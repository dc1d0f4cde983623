#include "proxy/query/record_options.hpp"

#include <openssl/crypto.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
#include <stdexcept>

#include "filters/secret_hash.hpp"
#include "proxy/keyed_hash.hpp"

namespace proxy {
namespace {

constexpr const char* from_input = "-";

std::string check_status(const std::string& text) {
  return parse_status_range(text) ? "" : "expected a status such as 422, 4xx or 400-499, or none";
}

// Says nothing of what was given: it may be a token.
std::string check_device(const std::string& text) {
  if (text == from_input || filters::parse_secret_digest(text)) return "";
  return "expected a hash as records have it (hmac-sha256:...), or `-` to read the device token "
         "from standard input: on a command line others can see it";
}

std::string in_capitals(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

// One value each time an option is given, or several with commas: what follows is no value.
CLI::Option* add_list(CLI::App& command, const char* name, std::vector<std::string>& to,
                      const char* what) {
  return command.add_option(name, to, what)->delimiter(',')->allow_extra_args(false);
}

LoadedKey load_key(const std::string& named, const std::string& directory) {
  if (!named.empty()) return load_hmac_key(named);
  const auto generated = generated_hmac_key_file(directory);
  if (!std::filesystem::exists(generated))
    throw std::runtime_error(
        "--device: there is no HMAC key " + generated.string() +
        ": name the one that the gateway has as audit.hmac_key, with --hmac-key");
  return load_hmac_key(generated);
}

std::string hashed(std::string& token, const HmacKey& key) {
  if (token.ends_with('\r')) token.pop_back();
  if (token.empty()) throw std::runtime_error("--device: standard input has no device token");
  std::string hash(KeyedHash::text_size, '\0');
  KeyedHash(key).write(Secret::device_token, token, std::span<char, KeyedHash::text_size>(hash));
  return hash;
}

}  // namespace

void RecordOptions::add_to(CLI::App& command) {
  command.add_option("directory", directory_, "the audit directory, or a copy of it")
      ->required()
      ->type_name("DIR");
  command
      .add_option("--since", since_, "exchanges that began then or later: a date, a time, an age")
      ->check(fault_of_time_bound)
      ->type_name("TIME");
  command.add_option("--until", until_, "exchanges that began before then")
      ->check(fault_of_time_bound)
      ->type_name("TIME");
  add_list(command, "--rule", rules_, "a rule acted: its id, in which * is any characters")
      ->type_name("RULE");
  command.add_option("--decision", decision_, "forwarded or rejected")
      ->check(CLI::IsMember({"forwarded", "rejected"}));
  add_list(command, "--status", statuses_, "of the answer: 422, 4xx, 400-499, none")
      ->check(check_status)
      ->type_name("STATUS");
  add_list(command, "--method", methods_, "of the request")->type_name("METHOD");
  command
      .add_option("--device", device_,
                  "its hash, or - to read the device token from standard input")
      ->check(check_device)
      ->type_name("HASH");
  command
      .add_option("--hmac-key", hmac_key_,
                  "what that token is hashed under; else the key generated beside DIR")
      ->type_name("FILE");
  command.add_option("--format", format_, "table, json (the exact lines) or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}));
}

RecordForm RecordOptions::form() const {
  return format_ == "json"  ? RecordForm::json
         : format_ == "csv" ? RecordForm::csv
                            : RecordForm::table;
}

std::string RecordOptions::device(std::istream& in) const {
  if (device_ != from_input) return device_;
  const auto key = load_key(hmac_key_, directory_);
  std::string token;
  std::getline(in, token);
  try {
    auto hash = hashed(token, key.key);
    OPENSSL_cleanse(token.data(), token.size());
    return hash;
  } catch (const std::runtime_error&) {
    OPENSSL_cleanse(token.data(), token.size());
    throw;
  }
}

RecordCriteria RecordOptions::criteria(AuditTime now, std::istream& in) const {
  RecordCriteria criteria;
  if (!since_.empty()) criteria.since = parse_time_bound(since_, now);
  if (!until_.empty()) criteria.until = parse_time_bound(until_, now);
  if (criteria.since && criteria.until && *criteria.since >= *criteria.until)
    throw std::runtime_error("--since " + since_ + " is not before --until " + until_ +
                             ": no time is between them");
  criteria.rules = rules_;
  criteria.decision = decision_;
  for (const auto& status : statuses_) criteria.statuses.push_back(*parse_status_range(status));
  for (const auto& method : methods_) criteria.methods.push_back(in_capitals(method));
  criteria.device = device(in);
  return criteria;
}

}  // namespace proxy
