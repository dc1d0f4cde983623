#include "proxy/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "proxy/config.hpp"

namespace proxy {
namespace {

namespace fs = std::filesystem;
using Faults = std::vector<std::string>;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// AES-128 first: as strong as the curves beside it, and the cheapest on hardware with AES.
constexpr const char* tls13_suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* tls12_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::array<unsigned char, 9> http11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
// What a listener speaks, best first.
constexpr std::array<unsigned char, 18> spoken = {8, 'h', 't', 't', 'p', '/', '1', '.', '1',
                                                  8, 'h', 't', 't', 'p', '/', '1', '.', '0'};

std::string first_reason() {
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return reason ? reason : "unknown reason";
}

void require(bool done, const char* what) {
  if (!done)
    throw std::runtime_error(std::string("OpenSSL refuses ") + what + ": " + first_reason());
}

// Opens the file, or adds to the faults why it can't be.
File open(std::string_view what, const fs::path& path, Faults& faults) {
  std::error_code ignored;
  const bool folder = fs::is_directory(path, ignored);
  File file(folder ? nullptr : std::fopen(path.c_str(), "re"));
  if (!file) {
    const auto reason = folder ? "it is a folder" : std::generic_category().message(errno);
    faults.push_back(std::string(what) + " " + path.string() + " cannot be read: " + reason);
  }
  return file;
}

// What OpenSSL found wrong in a file that should hold PEM certificates.
std::string certificate_fault(std::string_view what, const fs::path& path) {
  const auto error = ERR_peek_error();
  const bool none =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  const bool empty = ERR_GET_REASON(error) == X509_R_NO_CERTIFICATE_OR_CRL_FOUND;
  const auto reason = first_reason();
  return std::string(what) + " " + path.string() +
         (none || empty ? " holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
                        : " cannot be used: " + reason);
}

SSL_CTX* make_common(const SSL_METHOD* method) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(method);
  if (!context) throw std::bad_alloc();
  return context;
}

// Everything is set, not left to the defaults: openssl.cnf of the machine may have changed those.
void set_common(SSL_CTX* context) {
  require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "TLS 1.2");
  require(SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1, "TLS 1.3");
  SSL_CTX_set_security_level(context, 2);
  require(SSL_CTX_set_cipher_list(context, tls12_suites) == 1, "the TLS 1.2 cipher suites");
  require(SSL_CTX_set_ciphersuites(context, tls13_suites) == 1, "the TLS 1.3 cipher suites");
  require(SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1, "the key exchange groups");
  SSL_CTX_clear_options(
      context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET | SSL_OP_LEGACY_SERVER_CONNECT |
                   SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION | SSL_OP_ALLOW_CLIENT_RENEGOTIATION |
                   SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // No partial writes: the engine's output always has room, so one SSL_write takes everything.
  SSL_CTX_clear_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 0);  // what the peer sent stays in the engine's input until used
}

// RFC 7301, 3.2: a client that offers protocols, none of them ours, is refused.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, spoken.data(), spoken.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int keep_newest_session(SSL* ssl, SSL_SESSION* session) {
  auto* const newest = static_cast<SessionPtr*>(SSL_get_ex_data(ssl, newest_session_entry));
  if (!newest) return 0;
  newest->reset(session);
  return 1;  // the reference is ours now
}

// -1: there is no pass phrase. Without this OpenSSL asks for one on the terminal.
int refuse_pass_phrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

void use_private_key(SSL_CTX* context, const TlsFiles& files, Faults& faults) {
  const File file = open("the private key", files.private_key, faults);
  if (!file) return;
  bool asked = false;
  ERR_clear_error();
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_PrivateKey(file.get(), nullptr, refuse_pass_phrase, &asked));
  const auto name = "the private key " + files.private_key.string();
  X509* const certificate = SSL_CTX_get0_certificate(context);
  if (asked) {
    faults.push_back(name + " is protected by a pass phrase: store it without one, mode 0600");
  } else if (!key) {
    faults.push_back(name + " holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
  } else if (certificate && X509_check_private_key(certificate, key.get()) != 1) {
    faults.push_back(name + " does not belong to the certificate " + files.certificate.string() +
                     ": give the key the certificate was made for");
  } else if (certificate && SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    faults.push_back(name + " cannot be used: " + first_reason());
  }
  ERR_clear_error();
}

void use_certificate(SSL_CTX* context, const TlsFiles& files, Faults& faults) {
  if (!open("the certificate", files.certificate, faults)) return;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    faults.push_back(certificate_fault("the certificate", files.certificate));
  }
}

void require_client_certificate(SSL_CTX* context, const fs::path& ca, Faults& faults) {
  if (!open("the client CA", ca, faults)) return;
  ERR_clear_error();
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(ca.c_str());
  if (!names || SSL_CTX_load_verify_file(context, ca.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    faults.push_back(certificate_fault("the client CA", ca));
    return;
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

// Without this check a machine without CA certificates would fail at each handshake instead.
void trust_system(SSL_CTX* context) {
  require(SSL_CTX_set_default_verify_paths(context) == 1, "the system's CA certificates");
  const auto setting = [](const char* variable, const char* otherwise) {
    const char* const value = std::getenv(variable);
    return fs::path(value ? value : otherwise);
  };
  const auto file = setting(X509_get_default_cert_file_env(), X509_get_default_cert_file());
  const auto folder = setting(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  std::error_code ignored;
  if (fs::is_regular_file(file, ignored)) return;
  const fs::directory_iterator entries(folder, ignored);
  if (!ignored && entries != fs::directory_iterator()) return;
  throw std::runtime_error("the system has no CA certificates (looked for " + file.string() +
                           " and in " + folder.string() +
                           "): install the package ca-certificates, or name a PEM file as "
                           "`upstream.ca`");
}

void throw_if_any(const Faults& faults) {
  if (faults.empty()) return;
  std::string all;
  for (const auto& fault : faults) all += (all.empty() ? "" : "; ") + fault;
  throw std::runtime_error(all);
}

}  // namespace

TlsContext make_server_context(const TlsFiles& files) {
  TlsContext context(make_common(TLS_server_method()));
  set_common(context.get());
  // Sessions live in tickets alone: no table to lock, nothing kept for a client.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  static constexpr std::array<unsigned char, 8> name = {'p', 'r', 'e', 'f', 'g', 'a', 't', 'e'};
  require(SSL_CTX_set_session_id_context(context.get(), name.data(), name.size()) == 1,
          "the session id context");
  SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, nullptr);

  Faults faults;
  use_certificate(context.get(), files, faults);
  use_private_key(context.get(), files, faults);
  if (files.client_ca) require_client_certificate(context.get(), *files.client_ca, faults);
  throw_if_any(faults);
  return context;
}

TlsContext make_client_context(const std::optional<std::filesystem::path>& ca) {
  TlsContext context(make_common(TLS_client_method()));
  set_common(context.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), keep_newest_session);
  require(SSL_CTX_set_alpn_protos(context.get(), http11.data(), http11.size()) == 0, "ALPN");

  Faults faults;
  if (!ca) {
    trust_system(context.get());
  } else if (open("the CA", *ca, faults) &&
             SSL_CTX_load_verify_file(context.get(), ca->c_str()) != 1) {
    faults.push_back(certificate_fault("the CA", *ca));
  }
  throw_if_any(faults);
  return context;
}

std::time_t TlsContext::not_after() const {
  std::tm utc{};
  const auto* const certificate = SSL_CTX_get0_certificate(get());
  return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) == 1 ? timegm(&utc) : 0;
}

}  // namespace proxy
