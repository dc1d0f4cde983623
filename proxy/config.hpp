// Config: everything the operator decides, checked and with defaults filled in. Made by
// `load_config`, then immutable; every worker reads the one of the start. Paths are absolute (made
// so from the config file's folder), but for the config file's own. It holds file names of secrets,
// never secrets.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/pipeline.hpp"
#include "filters/record_level.hpp"
#include "filters/yaml/diagnostic.hpp"
#include "proxy/addresses.hpp"
#include "proxy/audit_promises.hpp"
#include "proxy/file_watch.hpp"

namespace proxy {

using filters::Diagnostic;
using filters::Mark;
using std::chrono::milliseconds;

struct TlsFiles {
  std::filesystem::path certificate;               // PEM, the chain, leaf first
  std::filesystem::path private_key;               // PEM
  std::optional<std::filesystem::path> client_ca;  // given: clients must show a certificate

  bool operator==(const TlsFiles&) const = default;
};

struct Listen {
  std::string host;  // numeric address, without brackets
  std::uint16_t port = 0;
  std::optional<TlsFiles> tls;

  bool operator==(const Listen&) const = default;
};

// Where operators look: see proxy/admin.hpp. Clear text.
struct AdminConfig {
  std::string host = "127.0.0.1";  // numeric address, without brackets; empty: none
  std::uint16_t port = 9901;

  bool operator==(const AdminConfig&) const = default;
};

// Which answers of an address count as its failures.
enum class FailedAnswers : std::uint8_t { none, gateway, server };  // 502, 503 and 504; any 5xx

struct UpstreamConfig {
  bool tls = true;
  std::string host;  // as in the URL, without brackets
  std::uint16_t port = 443;
  std::string authority;                    // as in the URL: what goes into Host
  std::vector<Endpoint> addresses;          // to connect to; empty: those of `host`
  std::optional<Endpoint> resolver;         // that knows them; none: the system's
  std::optional<std::filesystem::path> ca;  // none: the system's
  struct Timeouts {
    milliseconds connect{2'000};
    milliseconds first_byte{10'000};
    milliseconds idle{30'000};
    milliseconds total{30'000};

    bool operator==(const Timeouts&) const = default;
  } timeouts;
  struct Pool {  // per worker
    std::size_t connections = 256;
    std::size_t idle = 64;
    milliseconds idle_timeout{25'000};
    std::size_t waiting = 1024;

    bool operator==(const Pool&) const = default;
  } pool;
  struct Ejection {            // per worker: see proxy/address_book.hpp
    std::size_t failures = 5;  // in a row; 0: no address is ever left out
    milliseconds time{30'000};
    milliseconds most_time{300'000};
    FailedAnswers answers = FailedAnswers::server;

    bool operator==(const Ejection&) const = default;
  } ejection;

  bool operator==(const UpstreamConfig&) const = default;
};

using UpstreamConfigPtr = std::shared_ptr<const UpstreamConfig>;

struct Limits {
  std::size_t head = 16 * 1024;
  std::size_t fields = 100;
  std::size_t target = 8 * 1024;
  std::size_t body = 64 * 1024;      // of a governed request
  std::size_t connections = 20'000;  // of all workers
  milliseconds handshake{5'000};
  milliseconds request{15'000};
  milliseconds answer{60'000};  // for a client to take a piece of one
  milliseconds idle{60'000};
  milliseconds queue{1'000};  // in line for the upstream
  std::size_t requests_per_connection = 100'000;

  bool operator==(const Limits&) const = default;
};

struct AuditConfig {
  std::filesystem::path directory;
  filters::LevelSettings levels;
  std::optional<std::filesystem::path> hmac_key;     // none: generated beside the directory
  std::optional<std::filesystem::path> signing_key;  // none: the same
  OnFull on_full = OnFull::reject;
  Durability durability = Durability::batch;
  std::size_t segment = 64 * 1024 * 1024;                          // bytes at most
  milliseconds segment_age = std::chrono::hours{24};               // and that long, at most
  std::optional<milliseconds> keep = std::chrono::hours{24 * 30};  // none: for ever

  bool operator==(const AuditConfig&) const = default;
};

enum class LogFormat : std::uint8_t { text, json };

struct LogConfig {
  std::string level = "info";  // spdlog's names: trace debug info warn error off
  LogFormat format = LogFormat::text;

  bool operator==(const LogConfig&) const = default;
};

struct Config {
  std::filesystem::path file;  // as it was named to `load_config`: diagnostics name it so
  std::string digest;          // "sha256:<hex>" of that file
  std::vector<Listen> listen;
  AdminConfig admin;
  std::size_t workers = 1;  // `auto` is resolved to the cores this process may use
  UpstreamConfig upstream;
  Limits limits;
  bool forward_other_paths = true;
  // Never null; the built-in one is nobody's to delete.
  std::shared_ptr<const filters::Contract> contract{std::shared_ptr<void>(),
                                                    &filters::Contract::builtin()};
  std::string contract_digest;  // "sha256:<hex>" of its text
  filters::Settings filters;
  std::optional<std::filesystem::path> policy_file;
  std::string policy_digest;             // "sha256:<hex>" of that file; empty where there is none
  std::vector<FileDigest> policy_files;  // it, and the lists it names
  AuditConfig audit;
  LogConfig log;
  // Where each value that was given stands: "audit.directory", "listen[0].tls.certificate".
  std::map<std::string, Mark> where;
};

struct LoadedConfig {
  std::optional<Config> config;         // none where any diagnostic is an error
  std::vector<Diagnostic> diagnostics;  // all of them, in the file's order
  bool unreadable = false;              // the config file itself could not be read
};

// What to do about the files that a configuration names: certificates, keys, folders.
enum class NamedFiles : std::uint8_t { leave, check };

// Reads and checks the YAML file, keys, types, units, values, and the contract and policy it names;
// with `NamedFiles::check` also the files it names, as `check_files` does, even where the
// configuration itself has faults: one run finds them all. Never throws; an unreadable file is a
// diagnostic.
LoadedConfig load_config(const std::filesystem::path& file, NamedFiles files = NamedFiles::leave);

struct PolicyDiagnostics {
  std::vector<Diagnostic> of_config;  // about the line that names the policy
  std::vector<Diagnostic> of_policy;
};

// The policy that `config` names, into it, under its contract; where any diagnostic is an error,
// only `policy_files` is another. One is that `audit.levels` names a rule that is not there, or a
// path that is not. Part of `load_config`.
PolicyDiagnostics load_policy(Config& config);

}  // namespace proxy
