// Certificates for tests, made on the spot (ECDSA P-256), so that none has to be committed and none
// expires. Every function writes PEM files into the folder given and throws std::runtime_error
// where it cannot.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace tests {

struct Certificate {
  std::filesystem::path certificate;  // PEM
  std::filesystem::path private_key;  // PEM, mode 0600
};

// Both relative to the time of the call.
struct Validity {
  std::chrono::seconds not_before = -std::chrono::hours(1);
  std::chrono::seconds not_after = std::chrono::hours(24 * 365);
};

// DIRECTORY/NAME.pem and DIRECTORY/NAME.key: a self-signed certificate authority.
Certificate make_ca(const std::filesystem::path& directory, const std::string& name = "ca",
                    Validity validity = {});

// DIRECTORY/NAME.pem and .key: signed by `ca`, good for servers and clients. `subjects` become
// subject alternative names: an IP address where it is one ("127.0.0.1", "::1"), else a DNS name;
// the first is the common name too.
Certificate make_leaf(const std::filesystem::path& directory, const Certificate& ca,
                      const std::string& name, const std::vector<std::string>& subjects,
                      Validity validity = {});

}  // namespace tests
