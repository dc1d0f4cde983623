#include "proxy/check_files.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "proxy/evidence/signing_key.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;
using namespace std::chrono_literals;
using tests::Certificate;
using tests::make_ca;
using tests::make_leaf;

namespace {

using tests::read_file;

// A folder with an authority, a leaf and its key, and a configuration that names them.
struct Place {
  tests::TemporaryDirectory directory;
  Certificate ca = make_ca(directory.path());
  Certificate leaf = make_leaf(directory.path(), ca, "leaf", {"localhost", "127.0.0.1"});

  // What is found for a config of these lines; the first is line 1. The folder's name and days,
  // which differ from run to run, are replaced by DIR and DAY.
  std::string found(const std::string& text) const {
    const LoadedConfig loaded = load_config(directory.write("x", text), NamedFiles::check);
    std::string lines;
    for (Diagnostic diagnostic : loaded.diagnostics) {
      diagnostic.file = "x";
      lines += (lines.empty() ? "" : "\n") + to_string(diagnostic).substr(1);
    }
    const std::string folder = directory.path().string();
    for (std::size_t at; (at = lines.find(folder)) != lines.npos;)
      lines.replace(at, folder.size(), "DIR");
    for (std::size_t at = 0; (at = lines.find(" UTC", at)) != lines.npos;)
      lines.replace(at - 16, 20, "DAY");  // "2026-11-22 18:00 UTC"
    return lines;
  }
  // The same of a TLS listener with these files.
  std::string found_tls(const std::string& certificate, const std::string& private_key,
                        const std::string& more = "") const {
    return found("listen: [{address: \"127.0.0.1:0\", tls: {\ncertificate: " + certificate +
                 ",\nprivate_key: " + private_key + more +
                 "}}]\nupstream: {url: http://127.0.0.1}\n");
  }
  std::string found_ca(const std::string& ca_file) const {
    return found("listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: https://a, ca: " + ca_file +
                 "}\n");
  }
  std::string found_audit(const std::string& audit) const {
    return found(
        "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: http://127.0.0.1}\naudit: {" +
        audit + "}\n");
  }
};

}  // namespace

TEST_CASE("files that are right are not talked about") {
  const Place place;
  CHECK(place.found_tls("leaf.pem", "leaf.key") == "");
  CHECK(place.found_tls("leaf.pem", "leaf.key", ", client_ca: ca.pem") == "");
  place.directory.write("chain.pem",
                        read_file(place.leaf.certificate) + read_file(place.ca.certificate));
  CHECK(place.found_tls("chain.pem", "leaf.key") == "");
  CHECK(place.found_ca("ca.pem") == "");
}

TEST_CASE("certificates and keys that cannot serve are errors at the value that names them") {
  const Place place;
  const std::filesystem::path& folder = place.directory.path();
  make_leaf(folder, place.ca, "other", {"localhost"});
  make_leaf(folder, place.ca, "expired", {"localhost"}, {-48h, -24h});
  make_leaf(folder, place.ca, "early", {"localhost"}, {24h, 48h});
  place.directory.write("empty", "");
  place.directory.write("noise", "this is no PEM at all\n");
  place.directory.write("broken.pem",
                        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  place.directory.write("locked.key",
                        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                        "-----END ENCRYPTED PRIVATE KEY-----\n");
  for (const char* file : {"empty", "noise", "broken.pem", "locked.key"})
    std::filesystem::permissions(folder / file, std::filesystem::perms(0600));
  make_ca(folder, "old", {-48h, -24h});
  place.directory.write("old-chain.pem",
                        read_file(place.leaf.certificate) + read_file(folder / "old.pem"));

  struct Case {
    std::string certificate, private_key, lines;
  };
  const Case cases[] = {
      {"none.pem", "leaf.key", ":2:14: cannot read DIR/none.pem: No such file or directory"},
      {".", "leaf.key", ":2:14: cannot read DIR/: Is a directory"},
      {"empty", "leaf.key", ":2:14: DIR/empty has no certificate in PEM"},
      {"noise", "leaf.key", ":2:14: DIR/noise has no certificate in PEM"},
      {"leaf.key", "leaf.key", ":2:14: DIR/leaf.key has no certificate in PEM"},
      {"leaf.pem", "none.key", ":3:14: cannot read DIR/none.key: No such file or directory"},
      {"leaf.pem", "empty", ":3:14: DIR/empty has no private key in PEM"},
      {"leaf.pem", "locked.key",
       ":3:14: DIR/locked.key is encrypted: there is nobody to ask for its passphrase"},
      {"leaf.pem", "other.key", ":3:14: the private key does not belong to the certificate"},
      {"expired.pem", "expired.key", ":2:14: the certificate expired on DAY"},
      {"early.pem", "early.key", ":2:14: the certificate is not valid before DAY"},
      {"old-chain.pem", "leaf.key", ":2:14: certificate 2 of the chain expired on DAY"},
      {"expired.pem", "other.key",
       ":2:14: the certificate expired on DAY\n"
       ":3:14: the private key does not belong to the certificate"},
      {"none.pem", "none.key",
       ":2:14: cannot read DIR/none.pem: No such file or directory\n"
       ":3:14: cannot read DIR/none.key: No such file or directory"},
  };
  for (const auto& [certificate, private_key, lines] : cases) {
    CAPTURE(certificate);
    CAPTURE(private_key);
    CHECK(place.found_tls(certificate, private_key) == lines);
  }
  // The rest of the message is OpenSSL's.
  CHECK(place.found_tls("broken.pem", "leaf.key")
            .starts_with(":2:14: DIR/broken.pem has a broken certificate: "));
}

TEST_CASE("a certificate that expires within fourteen days is a warning") {
  const Place place;
  make_leaf(place.directory.path(), place.ca, "soon", {"localhost"}, {-1h, 24h * 14 - 1h});
  make_leaf(place.directory.path(), place.ca, "later", {"localhost"}, {-1h, 24h * 14 + 1h});
  CHECK(place.found_tls("soon.pem", "soon.key") ==
        ":2:14: warning: the certificate expires soon, on DAY");
  CHECK(place.found_tls("later.pem", "later.key") == "");
}

TEST_CASE("a key that everybody can read is a warning") {
  const Place place;
  std::filesystem::permissions(place.leaf.private_key, std::filesystem::perms(0640));
  CHECK(place.found_tls("leaf.pem", "leaf.key") == "");
  std::filesystem::permissions(place.leaf.private_key, std::filesystem::perms(0644));
  CHECK(place.found_tls("leaf.pem", "leaf.key") ==
        ":3:14: warning: the key file can be read by everybody: take the rights away (chmod 600)");
}

TEST_CASE("authorities are certificates, and not all of them expired") {
  const Place place;
  make_ca(place.directory.path(), "old", {-48h, -24h});
  place.directory.write(
      "mixed.pem", read_file(place.ca.certificate) + read_file(place.directory.path() / "old.pem"));
  CHECK(place.found_ca("none.pem") == ":2:32: cannot read DIR/none.pem: No such file or directory");
  CHECK(place.found_ca("leaf.key") == ":2:32: DIR/leaf.key has no certificate in PEM");
  CHECK(place.found_ca("old.pem") == ":2:32: 1 of 1 certificates in DIR/old.pem have expired");
  CHECK(place.found_ca("mixed.pem") ==
        ":2:32: warning: 1 of 2 certificates in DIR/mixed.pem have expired");
  CHECK(place.found_tls("leaf.pem", "leaf.key", ",\nclient_ca: leaf.key") ==
        ":4:12: DIR/leaf.key has no certificate in PEM");
}

TEST_CASE("a system without authorities is an error where they are needed") {
  const Place place;
  const std::string no_file = (place.directory.path() / "none").string();
  const tests::EnvironmentVariable file("SSL_CERT_FILE", no_file.c_str());
  const tests::EnvironmentVariable folder("SSL_CERT_DIR", no_file.c_str());
  const std::string listen = "listen: [{address: \"127.0.0.1:0\"}]\n";
  const std::string what =
      "the system has no certificate authorities: install ca-certificates, or name a file as "
      "`upstream.ca`";
  CHECK(place.found(listen + "upstream: {url: https://a}\n") == ":2:17: " + what);
  CHECK(place.found(listen + "upstream: {url: https://a, ca: system}\n") == ":2:32: " + what);
  CHECK(place.found(listen + "upstream: {url: http://127.0.0.1}\n") == "");
  const tests::EnvironmentVariable there("SSL_CERT_FILE", place.ca.certificate.c_str());
  CHECK(place.found(listen + "upstream: {url: https://a}\n") == "");
}

TEST_CASE("a key for hashing has 32 bytes, and its name is never shown") {
  const Place place;
  const auto make = [&](const char* name, std::size_t size) {
    const auto file = place.directory.write(name, std::string(size, 'k'));
    std::filesystem::permissions(file, std::filesystem::perms(0600));
  };
  make("short.hmac", 31);
  make("good.hmac", 32);
  CHECK(place.found_audit("hmac_key: good.hmac") == "");
  CHECK(place.found_audit("hmac_key: short.hmac") ==
        ":3:19: the key file has 31 bytes: at least 32 are needed");
  // Someone writes the key where its file's name belongs.
  CHECK(place.found_audit("hmac_key: 0123456789abcdef") ==
        ":3:19: cannot read the key file: No such file or directory");
}

TEST_CASE("a key for signing is Ed25519 in PEM, and its name is never shown") {
  const Place place;
  const auto make = [&](const char* name, const std::string& text) {
    std::filesystem::permissions(place.directory.write(name, text), std::filesystem::perms(0600));
  };
  make("good.pem", SigningKey::generate().pem());
  make("empty.pem", "");
  CHECK(place.found_audit("signing_key: generated") == "");
  CHECK(place.found_audit("signing_key: good.pem") == "");
  CHECK(place.found_audit("signing_key: empty.pem") ==
        ":3:22: the key file has no private key in PEM");
  CHECK(place.found_audit("signing_key: leaf.key") ==
        ":3:22: the key file has a private key of another kind than Ed25519");
  CHECK(place.found_audit("signing_key: 0123456789abcdef") ==
        ":3:22: cannot read the key file: No such file or directory");
  std::filesystem::permissions(place.directory.path() / "good.pem", std::filesystem::perms(0644));
  CHECK(place.found_audit("signing_key: good.pem") ==
        ":3:22: warning: the key file can be read by everybody: take the rights away (chmod 600)");
}

TEST_CASE("the audit folder can be made, and checking does not make it") {
  const Place place;
  place.directory.write("file", "x");
  std::filesystem::create_directory(place.directory.path() / "there");
  CHECK(place.found_audit("directory: there") == "");
  CHECK(place.found_audit("directory: new/deep/audit") == "");
  CHECK_FALSE(std::filesystem::exists(place.directory.path() / "new"));
  CHECK(place.found_audit("directory: file") == ":3:20: DIR/file is not a folder");
  CHECK(place.found_audit("directory: file/audit") ==
        ":3:20: DIR/file is not a folder, needed to make DIR/file/audit");
  // A link that leads nowhere can be neither used nor replaced.
  std::filesystem::create_symlink("nowhere", place.directory.path() / "link");
  CHECK(place.found_audit("directory: link") == ":3:20: DIR/link is not a folder");
}

TEST_CASE(
    "faults of the configuration and of its files are found in one run, in the file's order") {
  const Place place;
  make_leaf(place.directory.path(), place.ca, "other", {"localhost"});
  place.directory.write("file", "x");
  CHECK(place.found(R"(listen:
  - {address: nowhere, tls: {certificate: missing.pem}}
  - {address: "127.0.0.1:0", tls: {certificate: leaf.pem, private_key: other.key}}
upstream: {url: ftp://a, ca: leaf.key}
audit: {directory: file, level: loud}
colour: red
)") == R"(:2:15: expected an address such as 127.0.0.1:8080 or "[::1]:8443", got `nowhere`
:2:29: `private_key` is missing
:2:43: cannot read DIR/missing.pem: No such file or directory
:3:72: the private key does not belong to the certificate
:4:17: expected a URL such as https://api.example or http://127.0.0.1:8080
:4:30: DIR/leaf.key has no certificate in PEM
:5:20: DIR/file is not a folder
:5:33: expected one of none, metadata, request, full, got `loud`
:6:1: unknown key `colour`)");
}

TEST_CASE("a value that could not be read is no file to look for") {
  const Place place;
  CHECK(place.found(R"(listen: [{address: "127.0.0.1:0", tls: {certificate: [], private_key: {}}}]
upstream: {url: []}
audit: {directory: [], hmac_key: {}}
)") == R"(:1:54: expected a file name, got a list
:1:71: expected a file name, got a map
:2:17: expected a URL such as https://api.example, got a list
:3:20: expected a file name, got a list
:3:34: expected generated or a file name, got a map)");
}
