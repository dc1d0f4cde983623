#include "proxy/tls_context.hpp"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>

#include "proxy/config.hpp"
#include "tests/support/tls_peers.hpp"

namespace {

using proxy::make_client_context;
using proxy::make_server_context;
using proxy::TlsEngine;
using tests::converse;
using tests::TlsPeer;
using tests::TlsWorld;
using Status = TlsEngine::Status;

constexpr TlsEngine::Server as_server;
constexpr TlsEngine::Client as_client;

std::string server_fault(const proxy::TlsFiles& files) {
  try {
    make_server_context(files);
    return "none";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string client_fault(const std::optional<std::filesystem::path>& ca) {
  try {
    make_client_context(ca);
    return "none";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// A private key behind a pass phrase.
std::filesystem::path write_guarded_key(const std::filesystem::path& path) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "w"), BIO_free);
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(file.get(), key.get(), EVP_aes_256_cbc(), "phrase", 6,
                                        nullptr, nullptr) == 1);
  return path;
}

TEST_CASE("faults of the files are named, all in one go, with what to do") {
  TlsWorld world;
  const auto& folder = world.folder;
  const auto missing = folder.path() / "missing.pem";
  const auto text = folder.write("text.pem", "not a certificate\n");
  const auto broken =
      folder.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const auto guarded = write_guarded_key(folder.path() / "guarded.key");
  const auto other = make_leaf(folder.path(), world.ca, "other", {"localhost"});
  const auto& good = world.leaf;
  struct Case {
    proxy::TlsFiles files;
    std::vector<std::string> says;
  };
  const std::vector<Case> cases = {
      {{good.certificate, good.private_key, world.ca.certificate}, {"none"}},
      {{missing, good.private_key, {}},
       {"the certificate " + missing.string() + " cannot be read: No such file or directory"}},
      {{good.certificate, missing, {}},
       {"the private key " + missing.string() + " cannot be read: No such file"}},
      {{missing, missing, missing}, {"the certificate ", "; the private key ", "; the client CA "}},
      {{folder.path(), good.private_key, {}}, {"it is a folder"}},
      {{text, good.private_key, {}}, {text.string() + " holds no certificate in PEM form"}},
      {{broken, good.private_key, {}}, {broken.string() + " cannot be used: "}},
      {{good.certificate, text, {}}, {text.string() + " holds no private key in PEM form"}},
      {{good.certificate, good.certificate, {}}, {"holds no private key in PEM form"}},
      {{good.certificate, other.private_key, {}},
       {"the private key " + other.private_key.string() + " does not belong to the certificate " +
        good.certificate.string()}},
      {{good.certificate, guarded, {}}, {guarded.string() + " is protected by a pass phrase"}},
      {{good.certificate, good.private_key, text},
       {"the client CA " + text.string() + " holds no"}},
  };
  for (const auto& [files, says] : cases) {
    const auto fault = server_fault(files);
    for (const auto& part : says) {
      CHECK_MESSAGE(fault.find(part) != std::string::npos, fault, " should say ", part);
    }
    CHECK(ERR_peek_error() == 0);
  }
  CHECK(client_fault(world.ca.certificate) == "none");
  CHECK(client_fault(missing).starts_with("the CA " + missing.string() + " cannot be read: "));
  CHECK(client_fault(text).starts_with("the CA " + text.string() + " holds no certificate"));
}

// Sets an environment variable, and puts it back.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST_CASE("the system's certificates are trusted where no file is named") {
  TlsWorld world;
  const Variable file(X509_get_default_cert_file_env(), world.ca.certificate.string());
  const Variable folder(X509_get_default_cert_dir_env(), (world.folder.path() / "none").string());
  const auto system = make_client_context(std::nullopt);
  TlsPeer server(as_server, world.server);
  TlsPeer client(as_client, system, "localhost", nullptr);
  converse(client, server);
  CHECK_MESSAGE(client.established, client.engine.error());

  const Variable nothing(X509_get_default_cert_file_env(), "nothing.pem");
  CHECK(client_fault(std::nullopt).starts_with("the system has no CA certificates"));
  CHECK(client_fault(std::nullopt).find("ca-certificates") != std::string::npos);
}

TEST_CASE("TLS 1.2 and 1.3 are spoken, older versions refused") {
  struct Case {
    int version;
    bool spoken;
  };
  for (const auto& [version, spoken] : {Case{TLS1_VERSION, false}, Case{TLS1_1_VERSION, false},
                                        Case{TLS1_2_VERSION, true}, Case{TLS1_3_VERSION, true}}) {
    CAPTURE(version);
    TlsWorld world(version);
    if (version < TLS1_2_VERSION) {  // a client as lax as can be
      SSL_CTX_set_security_level(world.client.get(), 0);
      REQUIRE(SSL_CTX_set_cipher_list(world.client.get(), "ALL") == 1);
    }
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, "localhost", nullptr);
    converse(client, server);
    CHECK(server.established == spoken);
    CHECK(client.established == spoken);
    if (spoken) continue;
    CHECK(server.engine.error().find("neither TLS 1.2 nor TLS 1.3") != std::string::npos);
    CHECK(client.engine.error() == "the peer refused with the alert `protocol version`");
  }
}

TEST_CASE("only suites with forward secrecy and authenticated encryption are agreed on") {
  struct Case {
    const char* offered;
    bool spoken;
  };
  for (const auto& [offered, spoken] :
       {Case{"ECDHE-ECDSA-AES128-GCM-SHA256", true}, Case{"ECDHE-ECDSA-AES256-GCM-SHA384", true},
        Case{"ECDHE-ECDSA-CHACHA20-POLY1305", true}, Case{"ECDHE-ECDSA-AES128-SHA256", false},
        Case{"ECDHE-ECDSA-AES256-SHA", false}, Case{"ECDHE-ECDSA-AES128-CCM", false},
        Case{"AES128-GCM-SHA256", false}, Case{"DHE-RSA-AES128-GCM-SHA256", false},
        Case{"AECDH-AES128-SHA", false}}) {
    CAPTURE(offered);
    TlsWorld world(TLS1_2_VERSION);
    SSL_CTX_set_security_level(world.client.get(), 0);
    REQUIRE(SSL_CTX_set_cipher_list(world.client.get(), offered) == 1);
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, "localhost", nullptr);
    converse(client, server);
    CHECK(server.established == spoken);
    CHECK(server.engine.error() == (spoken ? "" : "TLS failed: no shared cipher"));
  }
}

TEST_CASE("HTTP/1 is agreed on where offered, nothing where nothing is, and h2 alone refused") {
  struct Case {
    std::string offered;  // as on the wire
    bool spoken;
    const char* agreed;
  };
  for (const auto& [offered, spoken, agreed] :
       {Case{"\x08http/1.1", true, "http/1.1"}, Case{"\x02h2\x08http/1.1", true, "http/1.1"},
        Case{"", true, ""}, Case{"\x02h2", false, ""},
        Case{"\x08http/1.0\x02h2", true, "http/1.0"}}) {
    CAPTURE(offered);
    TlsWorld world;
    SSL_CTX_set_alpn_protos(world.client.get(),
                            reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
    TlsPeer server(as_server, world.server);
    TlsPeer client(as_client, world.client, "localhost", nullptr);
    converse(client, server);
    CHECK(server.established == spoken);
    CHECK(client.established == spoken);
    CHECK(server.engine.alpn() == agreed);
    CHECK(client.engine.alpn() == agreed);
    if (spoken) continue;
    CHECK(server.engine.error().find("no application protocol that is spoken here") !=
          std::string::npos);
    CHECK(client.engine.error() == "the peer refused with the alert `no application protocol`");
  }
}

}  // namespace
