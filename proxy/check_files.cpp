#include "proxy/check_files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>

#include "proxy/evidence/signing_key.hpp"
#include "proxy/keyed_hash.hpp"
#include "proxy/read_file.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_pem_bytes =
    4 * 1024 * 1024;  // of a PEM file: the system's own has 0.2 MiB
constexpr std::size_t least_hmac_key = 32;
constexpr int soon_days = 14;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

std::string date(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown day";
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts)};
}

// OpenSSL asks for a passphrase on the terminal unless told otherwise.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

// One walk over everything a configuration names.
class FileCheck {
 public:
  explicit FileCheck(const Config& config) : config_(config) {}

  std::vector<Diagnostic> run() {
    for (std::size_t i = 0; i < config_.listen.size(); ++i)
      if (config_.listen[i].tls)
        check_tls("listen[" + std::to_string(i) + "].tls.", *config_.listen[i].tls);
    if (config_.upstream.tls && config_.upstream.ca)
      check_bundle("upstream.ca", *config_.upstream.ca);
    else if (config_.upstream.tls && !config_.upstream.host.empty())
      check_system_bundle();
    if (config_.audit.hmac_key) check_hmac_key(*config_.audit.hmac_key);
    if (config_.audit.signing_key) check_signing_key(*config_.audit.signing_key);
    if (!config_.audit.directory.empty()) check_audit_directory();
    return run_policy_keys();
  }

  // What a policy names under another key than the records' matches nobody. A key that is not there
  // yet is made at start.
  std::vector<Diagnostic> run_policy_keys() {
    if (config_.audit.hmac_key)
      compare_keys(read_file(*config_.audit.hmac_key, most_pem_bytes).text);
    else if (!config_.audit.directory.empty())
      compare_keys(
          read_file(generated_hmac_key_file(config_.audit.directory), most_pem_bytes).text);
    return std::move(diagnostics_);
  }

 private:
  void report(Diagnostic::Severity severity, const std::string& key, std::string what) {
    const auto mark = config_.where.find(key);
    diagnostics_.push_back({severity, config_.file,
                            mark == config_.where.end() ? Mark{} : mark->second, std::move(what)});
  }
  void error(const std::string& key, std::string what) {
    report(Diagnostic::Severity::error, key, std::move(what));
  }
  void warn(const std::string& key, std::string what) {
    report(Diagnostic::Severity::warning, key, std::move(what));
  }

  // The file's text; none, and an error, where it cannot be read.
  std::optional<std::string> read(const std::string& key, const std::filesystem::path& file) {
    FileText result = read_file(file, most_pem_bytes);
    if (result.fault.empty()) return std::move(result.text);
    error(key, "cannot read " + file.string() + ": " + result.fault);
    return {};
  }

  // All certificates of a PEM file; none, and an error, where there is none or one is broken.
  std::vector<Certificate> read_certificates(const std::string& key,
                                             const std::filesystem::path& file) {
    std::vector<Certificate> certificates;
    if (file.empty()) return certificates;
    const auto text = read(key, file);
    if (!text) return certificates;
    const Bio bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
    while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))
      certificates.emplace_back(next);
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_end) {
      error(key, file.string() + " has a broken certificate: " + openssl_reason());
      certificates.clear();
    } else if (certificates.empty()) {
      error(key, file.string() + " has no certificate in PEM");
    }
    ERR_clear_error();
    return certificates;
  }

  void check_tls(const std::string& prefix, const TlsFiles& tls) {
    const auto chain = read_certificates(prefix + "certificate", tls.certificate);
    for (std::size_t i = 0; i < chain.size(); ++i)
      check_validity(
          prefix + "certificate", *chain[i],
          i == 0 ? "the certificate" : "certificate " + std::to_string(i + 1) + " of the chain");
    const Key private_key = read_private_key(prefix + "private_key", tls.private_key);
    if (!chain.empty()) check_usable(prefix, *chain[0], private_key.get());
    if (tls.client_ca) check_bundle(prefix + "client_ca", *tls.client_ca);
  }

  void check_validity(const std::string& key, const X509& certificate, const std::string& which) {
    std::time_t soon = std::time(nullptr) + soon_days * 24 * 60 * 60;
    const ASN1_TIME* not_before = X509_get0_notBefore(&certificate);
    const ASN1_TIME* not_after = X509_get0_notAfter(&certificate);
    if (X509_cmp_current_time(not_before) > 0)
      error(key, which + " is not valid before " + date(not_before));
    else if (X509_cmp_current_time(not_after) < 0)
      error(key, which + " expired on " + date(not_after));
    else if (X509_cmp_time(not_after, &soon) < 0)
      warn(key, which + " expires soon, on " + date(not_after));
  }

  Key read_private_key(const std::string& key, const std::filesystem::path& file) {
    if (file.empty()) return {};
    const auto text = read(key, file);
    if (!text) return {};
    warn_if_open(key, file);
    const Bio bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
    Key private_key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    if (!private_key)
      error(key, text->find("ENCRYPTED") != std::string::npos
                     ? file.string() + " is encrypted: there is nobody to ask for its passphrase"
                     : file.string() + " has no private key in PEM");
    ERR_clear_error();
    return private_key;
  }

  // What only OpenSSL's own rules can tell: key too small, digest too weak, key of another.
  void check_usable(const std::string& prefix, X509& certificate, EVP_PKEY* key) {
    if (key != nullptr && X509_check_private_key(&certificate, key) != 1) {
      error(prefix + "private_key", "the private key does not belong to the certificate");
    } else {
      const Context context(SSL_CTX_new(TLS_server_method()));
      if (SSL_CTX_use_certificate(context.get(), &certificate) != 1)
        error(prefix + "certificate", "the certificate cannot be used: " + openssl_reason());
    }
    ERR_clear_error();
  }

  void check_bundle(const std::string& key, const std::filesystem::path& file) {
    const auto bundle = read_certificates(key, file);
    const auto expired = std::ranges::count_if(bundle, [](const Certificate& certificate) {
      return X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0;
    });
    if (expired == 0) return;
    const std::string of_all =
        std::to_string(expired) + " of " + std::to_string(bundle.size()) + " certificates";
    if (static_cast<std::size_t>(expired) == bundle.size())
      error(key, of_all + " in " + file.string() + " have expired");
    else
      warn(key, of_all + " in " + file.string() + " have expired");
  }

  void check_system_bundle() {
    const auto named = [](const char* variable, const char* otherwise) {
      const char* value = std::getenv(variable);
      return std::filesystem::path(value != nullptr ? value : otherwise);
    };
    std::error_code ignored;
    const auto file = named(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    const auto folder = named(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    if (std::filesystem::exists(file, ignored)) return;
    if (std::filesystem::directory_iterator(folder, ignored) !=
        std::filesystem::directory_iterator())
      return;
    report(Diagnostic::Severity::error,
           config_.where.contains("upstream.ca") ? "upstream.ca" : "upstream.url",
           "the system has no certificate authorities: install ca-certificates, or name a file as "
           "`upstream.ca`");
  }

  // A wrong value here may be the key itself: never named.
  void check_hmac_key(const std::filesystem::path& file) {
    const std::string key = "audit.hmac_key";
    const FileText result = read_file(file, most_pem_bytes);
    if (!result.fault.empty()) return error(key, "cannot read the key file: " + result.fault);
    warn_if_open(key, file);
    if (result.text.size() < least_hmac_key)
      error(key, "the key file has " + std::to_string(result.text.size()) + " bytes: at least " +
                     std::to_string(least_hmac_key) + " are needed");
  }

  void compare_keys(const std::string& key) {
    if (!config_.filters.policy || key.size() < least_hmac_key) return;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(key.data());
    const HmacKey ours({bytes, key.size()});
    for (const auto& id : config_.filters.policy->key_ids)
      if (id != ours.id())
        warn("filters.policy.file", "the policy has devices hashed under key " + id +
                                        ", and the records' key is " + std::string(ours.id()) +
                                        ": they never match");
  }

  void check_signing_key(const std::filesystem::path& file) {
    const std::string key = "audit.signing_key";
    const FileText result = read_file(file, most_pem_bytes);
    if (!result.fault.empty()) return error(key, "cannot read the key file: " + result.fault);
    warn_if_open(key, file);
    try {
      (void)SigningKey::from_pem(result.text);
    } catch (const std::runtime_error& fault) {
      error(key, std::string("the key file ") + fault.what());
    }
  }

  void warn_if_open(const std::string& key, const std::filesystem::path& file) {
    struct ::stat status{};
    if (::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0)
      warn(key, "the key file can be read by everybody: take the rights away (chmod 600)");
  }

  // It is made at start: here, only whether that could be done.
  void check_audit_directory() {
    const std::filesystem::path& wanted = config_.audit.directory;
    std::filesystem::path existing = wanted;
    std::error_code ignored;
    while (!std::filesystem::exists(std::filesystem::symlink_status(existing, ignored)) &&
           existing.has_relative_path())
      existing = existing.parent_path();
    const std::string made = existing == wanted ? "" : ", needed to make " + wanted.string();
    if (!std::filesystem::is_directory(existing, ignored))
      error("audit.directory", existing.string() + " is not a folder" + made);
    else if (::access(existing.c_str(), W_OK | X_OK) != 0)
      error("audit.directory",
            "cannot write to the folder " + existing.string() + made + ": " + std::strerror(errno));
  }

  const Config& config_;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace

std::vector<Diagnostic> check_files(const Config& config) {
  return FileCheck(config).run();
}

std::vector<Diagnostic> check_policy_keys(const Config& config) {
  return FileCheck(config).run_policy_keys();
}

}  // namespace proxy
