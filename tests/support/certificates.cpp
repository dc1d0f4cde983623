#include "tests/support/certificates.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace tests {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Freer<std::fclose>>;

[[noreturn]] void fail(const std::string& what) {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  throw std::runtime_error(what + (reason != nullptr ? std::string(": ") + reason : ""));
}

void check(bool good, const char* what) {
  if (!good) fail(what);
}

File open(const std::filesystem::path& path, const char* how) {
  File file(std::fopen(path.c_str(), how));
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return file;
}

void set_names(X509& certificate, const X509_NAME& issuer, const std::string& common_name) {
  X509_NAME* subject = X509_get_subject_name(&certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text,
                                   static_cast<int>(common_name.size()), -1, 0) == 1,
        "common name");
  const X509_NAME* signer = X509_NAME_entry_count(&issuer) == 0 ? subject : &issuer;
  check(X509_set_issuer_name(&certificate, signer) == 1, "issuer");
}

void set_validity(X509& certificate, Validity validity) {
  check(X509_gmtime_adj(X509_getm_notBefore(&certificate), validity.not_before.count()) != nullptr,
        "not before");
  check(X509_gmtime_adj(X509_getm_notAfter(&certificate), validity.not_after.count()) != nullptr,
        "not after");
}

void set_serial(X509& certificate) {
  unsigned char bytes[8];
  check(RAND_bytes(bytes, sizeof bytes) == 1, "serial");
  std::uint64_t serial = 0;
  for (const unsigned char byte : bytes) serial = (serial << 8) | byte;
  check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial >> 1) == 1, "serial");
}

void extend(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  check(extension != nullptr, "extension");
  check(X509_add_ext(&certificate, extension.get(), -1) == 1, "extension");
}

std::string alternative_names(const std::vector<std::string>& subjects) {
  std::string text;
  for (const std::string& subject : subjects) {
    unsigned char address[16];
    const bool numeric = inet_pton(AF_INET, subject.c_str(), address) == 1 ||
                         inet_pton(AF_INET6, subject.c_str(), address) == 1;
    text += (text.empty() ? "" : ",") + std::string(numeric ? "IP:" : "DNS:") + subject;
  }
  return text;
}

Certificate write(const std::filesystem::path& directory, const std::string& name,
                  X509& certificate, EVP_PKEY& key) {
  std::filesystem::create_directories(directory);
  Certificate files{directory / (name + ".pem"), directory / (name + ".key")};
  check(PEM_write_X509(open(files.certificate, "w").get(), &certificate) == 1, "certificate");
  check(PEM_write_PKCS8PrivateKey(open(files.private_key, "w").get(), &key, nullptr, nullptr, 0,
                                  nullptr, nullptr) == 1,
        "private key");
  std::filesystem::permissions(files.private_key, std::filesystem::perms(0600));
  return files;
}

Cert blank(EVP_PKEY& key, Validity validity) {
  Cert certificate(X509_new());
  check(certificate != nullptr, "certificate");
  check(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "version");
  set_serial(*certificate);
  set_validity(*certificate, validity);
  check(X509_set_pubkey(certificate.get(), &key) == 1, "public key");
  return certificate;
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "key");
  return key;
}

}  // namespace

Certificate make_ca(const std::filesystem::path& directory, const std::string& name,
                    Validity validity) {
  const Key key = make_key();
  const Cert certificate = blank(*key, validity);
  set_names(*certificate, *X509_get_issuer_name(certificate.get()), "prefgate test " + name);
  extend(*certificate, *certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(*certificate, *certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(*certificate, *certificate, NID_subject_key_identifier, "hash");
  check(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "signature");
  return write(directory, name, *certificate, *key);
}

Certificate make_leaf(const std::filesystem::path& directory, const Certificate& ca,
                      const std::string& name, const std::vector<std::string>& subjects,
                      Validity validity) {
  const Cert issuer(PEM_read_X509(open(ca.certificate, "r").get(), nullptr, nullptr, nullptr));
  const Key issuer_key(
      PEM_read_PrivateKey(open(ca.private_key, "r").get(), nullptr, nullptr, nullptr));
  check(issuer != nullptr && issuer_key != nullptr, "certificate authority");
  const Key key = make_key();
  const Cert certificate = blank(*key, validity);
  set_names(*certificate, *X509_get_subject_name(issuer.get()), subjects.at(0));
  extend(*certificate, *issuer, NID_basic_constraints, "critical,CA:FALSE");
  extend(*certificate, *issuer, NID_key_usage, "critical,digitalSignature");
  extend(*certificate, *issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  extend(*certificate, *issuer, NID_subject_key_identifier, "hash");
  extend(*certificate, *issuer, NID_authority_key_identifier, "keyid");
  extend(*certificate, *issuer, NID_subject_alt_name, alternative_names(subjects));
  check(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) > 0, "signature");
  return write(directory, name, *certificate, *key);
}

}  // namespace tests
