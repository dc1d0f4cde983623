#include "proxy/evidence/signing_key.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "proxy/evidence/merkle.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using tests::message_of;
using tests::mode_of;
using tests::read_file;

using namespace proxy;

std::filesystem::path write_private(const tests::TemporaryDirectory& folder, const char* name,
                                    const std::string& text) {
  auto file = folder.write(name, text);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  return file;
}

std::string hex_of(const SigningKey& key, std::string_view message) {
  return to_hex(key.sign(message));
}

template <std::size_t Size>
std::array<unsigned char, Size> from_hex(std::string_view text) {
  std::array<unsigned char, Size> bytes;
  for (std::size_t i = 0; i < Size; ++i)
    bytes[i] =
        static_cast<unsigned char>(std::stoul(std::string(text.substr(2 * i, 2)), nullptr, 16));
  return bytes;
}

// A private key made with OpenSSL alone: of any kind, encrypted where a passphrase is given.
std::string private_pem(EVP_PKEY* made, const char* passphrase) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  const auto* cipher = passphrase != nullptr ? EVP_aes_128_cbc() : nullptr;
  const auto size_of_it = passphrase != nullptr ? static_cast<int>(std::strlen(passphrase)) : 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(passphrase);
  REQUIRE(PEM_write_bio_PrivateKey(bio.get(), key.get(), cipher, bytes, size_of_it, nullptr,
                                   nullptr) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("signatures are those of RFC 8032") {
  const auto first = SigningKey::from_seed(
      from_hex<32>("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  CHECK(to_hex(first.public_key().bytes()) ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(
      hex_of(first, "") ==
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
      "b46bd25bf5f0595bbe24655141438e7a100b");
  const auto second = SigningKey::from_seed(
      from_hex<32>("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  CHECK(
      hex_of(second, "\x72") ==
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
      "1d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST_CASE("the public half believes what the private half signed, and nothing else") {
  const auto key = SigningKey::generate();
  const auto signature = key.sign("text");
  CHECK(key.public_key().verify("text", signature));
  CHECK_FALSE(key.public_key().verify("text ", signature));
  CHECK_FALSE(key.public_key().verify("text", std::span(signature).first(63)));
  CHECK_FALSE(key.public_key().verify("text", {}));
  CHECK_FALSE(SigningKey::generate().public_key().verify("text", signature));
}

TEST_CASE("both halves come back from PEM") {
  const auto key = SigningKey::generate();
  CHECK(SigningKey::from_pem(key.pem()).sign("text") == key.sign("text"));
  const auto& half = key.public_key();
  CHECK(PublicKey::from_pem(half.pem()).bytes() == half.bytes());
  CHECK(half.pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
  CHECK(half.name() == PublicKey::from_bytes(half.bytes()).name());
  CHECK(half.name() != SigningKey::generate().public_key().name());
}

TEST_CASE("a signing key that others may read is taken with a warning that names the file") {
  const tests::TemporaryDirectory folder;
  const auto file = write_private(folder, "key.pem", SigningKey::generate().pem());
  CHECK(load_signing_key(file).warnings.empty());
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  const auto loaded = load_signing_key(file);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(loaded.warnings[0].find(file.string()) != std::string::npos);
}

TEST_CASE("a file that cannot be a key is refused with its name and the reason, and not shown") {
  const tests::TemporaryDirectory folder;
  const auto key = SigningKey::generate();
  const auto encrypted = private_pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "passphrase");
  struct Case {
    std::filesystem::path file;
    std::string signing, verifying;
  };
  const Case cases[] = {
      {write_private(folder, "empty", ""), "has no private key in PEM", "has no public key in PEM"},
      {write_private(folder, "secret", "BEGIN sssss"), "has no private key in PEM",
       "has no public key in PEM"},
      {write_private(folder, "huge", std::string(70'000, 's')), "is too large", "is too large"},
      {write_private(folder, "encrypted", encrypted), "is encrypted", "holds a private key"},
      {write_private(folder, "public", key.public_key().pem()), "has no private key in PEM", ""},
      {write_private(folder, "private", key.pem()), "", "holds a private key: give its public"},
      {write_private(folder, "other",
                     private_pem(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), nullptr)),
       "of another kind than Ed25519", "holds a private key"},
      {folder.path() / "missing", "No such file", "No such file"},
      {folder.path(), "Is a directory", "Is a directory"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.file);
    const auto signing = message_of([&] { load_signing_key(c.file); });
    const auto verifying = message_of([&] { load_public_key(c.file); });
    CHECK(signing.empty() == c.signing.empty());
    CHECK(verifying.empty() == c.verifying.empty());
    CHECK(signing.find(c.signing) != std::string::npos);
    CHECK(verifying.find(c.verifying) != std::string::npos);
    for (const auto& message : {signing, verifying}) {
      CHECK(message.find("sssss") == std::string::npos);
      if (!message.empty()) CHECK(message.find(c.file.string()) != std::string::npos);
    }
  }
}

TEST_CASE("a signing key is made beside the audit directory once, with its public half, and kept") {
  const tests::TemporaryDirectory folder;
  const auto state = folder.path() / "state";
  const auto directory = state / "audit";
  CHECK(generated_signing_key_file(directory) == state / "audit.signing_key");
  CHECK(generated_signing_key_file(directory / "") == state / "audit.signing_key");

  const auto made = load_or_make_signing_key(directory);
  REQUIRE(made.warnings.size() == 1);
  CHECK(made.warnings[0].find((state / "audit.signing_key").string()) != std::string::npos);
  CHECK(made.warnings[0].find("keep it elsewhere") != std::string::npos);
  CHECK(made.warnings[0].find((state / "audit.public_key").string()) != std::string::npos);
  CHECK(mode_of(state / "audit.signing_key") == 0600U);
  CHECK(load_public_key(state / "audit.public_key").bytes() == made.key.public_key().bytes());

  const auto again = load_or_make_signing_key(directory);
  CHECK(again.warnings.empty());
  CHECK(again.key.sign("text") == made.key.sign("text"));
  // No temporary file stays behind.
  CHECK(std::distance(std::filesystem::directory_iterator(state), {}) == 2);

  const tests::TemporaryDirectory elsewhere;
  CHECK(load_or_make_signing_key(elsewhere.path() / "audit").key.sign("text") !=
        made.key.sign("text"));
}

TEST_CASE("a public half that is gone is made again; one of another key is said and left") {
  const tests::TemporaryDirectory folder;
  const auto directory = folder.path() / "audit";
  const auto file = folder.path() / "audit.public_key";
  (void)load_or_make_signing_key(directory);
  const auto pem = read_file(file);
  std::filesystem::remove(file);
  CHECK(load_or_make_signing_key(directory).warnings.empty());
  CHECK(read_file(file) == pem);

  const auto other = SigningKey::generate().public_key().pem();
  folder.write("audit.public_key", other);
  const auto loaded = load_or_make_signing_key(directory);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(loaded.warnings[0].find(file.string()) != std::string::npos);
  CHECK(read_file(file) == other);
}

TEST_CASE("a folder that takes no key is an error with the key's name") {
  const tests::TemporaryDirectory folder;
  folder.write("file", "");
  const auto message =
      message_of([&] { load_or_make_signing_key(folder.path() / "file" / "audit"); });
  CHECK(message.find("audit.signing_key") != std::string::npos);
}
