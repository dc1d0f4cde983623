// The signing key's files: see signing_key.hpp.
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "proxy/evidence/durable_file.hpp"
#include "proxy/evidence/signing_key.hpp"

namespace proxy {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;  // more is some other file

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& file,
                       const std::string& reason) {
  throw std::runtime_error(what + " " + file.string() + ": " + reason);
}

std::string read(const std::string& what, const std::filesystem::path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (std::filesystem::is_directory(file)) errno = EISDIR;
  if (!in || errno == EISDIR)
    fail(what, file, "cannot be read: " + std::generic_category().message(errno ? errno : EIO));
  std::string text(most_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most_bytes) fail(what, file, "is too large for a key");
  return text;
}

std::filesystem::path beside(std::filesystem::path audit_directory, const char* suffix) {
  audit_directory = std::filesystem::absolute(audit_directory).lexically_normal();
  if (!audit_directory.has_filename()) audit_directory = audit_directory.parent_path();
  return audit_directory += suffix;
}

const std::string signing = "signing key";

}  // namespace

LoadedSigningKey load_signing_key(const std::filesystem::path& file) {
  std::string pem = read(signing, file);
  const auto loaded = [&]() -> LoadedSigningKey {
    try {
      return {SigningKey::from_pem(pem), {}};
    } catch (const std::runtime_error& error) {
      fail(signing, file, error.what());
    }
  };
  struct Wipe {
    std::string& text;
    ~Wipe() { OPENSSL_cleanse(text.data(), text.size()); }
  } const wipe{pem};
  LoadedSigningKey result = loaded();
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    result.warnings.push_back(signing + " " + file.string() +
                              ": others than its owner have access to it; its mode should be 0600");
  return result;
}

PublicKey load_public_key(const std::filesystem::path& file) {
  const std::string what = "public key";
  const std::string pem = read(what, file);
  try {
    return PublicKey::from_pem(pem);
  } catch (const std::runtime_error& error) {
    const bool is_private = pem.find("PRIVATE KEY") != std::string::npos;
    fail(what, file, is_private ? "holds a private key: give its public half" : error.what());
  }
}

std::filesystem::path generated_signing_key_file(std::filesystem::path audit_directory) {
  return beside(std::move(audit_directory), ".signing_key");
}

LoadedSigningKey load_or_make_signing_key(const std::filesystem::path& audit_directory) {
  const auto file = generated_signing_key_file(audit_directory);
  const auto public_file = beside(audit_directory, ".public_key");
  std::error_code error;
  const bool there = std::filesystem::exists(file, error);
  if (!there) {
    std::filesystem::create_directories(file.parent_path(), error);
    auto pem = SigningKey::generate().pem();
    error = create_file(file, pem);
    OPENSSL_cleanse(pem.data(), pem.size());
    // Another process may have been quicker: then its key stands.
    if (error && error != std::errc::file_exists)
      fail(signing, file, "cannot be made: " + error.message());
  }
  auto loaded = load_signing_key(file);
  const auto pem = loaded.key.public_key().pem();
  if (const auto failed = create_file(public_file, pem); failed && failed != std::errc::file_exists)
    fail("public key", public_file, "cannot be made: " + failed.message());
  if (read("public key", public_file) != pem)
    loaded.warnings.push_back("public key " + public_file.string() + ": is not that of " +
                              file.string() + "; remove it, and it is made anew at the next start");
  if (!there)
    loaded.warnings.push_back(
        signing + " " + file.string() +
        ": generated; keep it elsewhere than beside the records it signs, and name it as "
        "audit.signing_key; give auditors " +
        public_file.string());
  return loaded;
}

}  // namespace proxy
