#include "proxy/audit_cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <thread>

#include "proxy/evidence/base64.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/verify_log.hpp"
#include "proxy/proof_json.hpp"
#include "proxy/read_file.hpp"

namespace proxy {
namespace {

constexpr int good = 0;
constexpr int not_good = 1;
constexpr int unreadable = 2;
constexpr std::size_t most_bytes = 16 * 1024 * 1024;  // of a proof, which holds one record

std::string text_of(const std::string& file) {
  FileText result = read_file(file, most_bytes);
  if (!result.fault.empty()) throw std::runtime_error(file + ": cannot read: " + result.fault);
  return std::move(result.text);
}

Checkpoint kept_checkpoint(const std::string& file, const PublicKey& key) {
  const auto opened = open_checkpoint(text_of(file), key);
  if (opened.checkpoint) return *opened.checkpoint;
  const bool foreign = opened.fault.starts_with("is not signed by");
  throw std::runtime_error(
      file + ": " + opened.fault +
      (foreign ? "; where the log had another key then, name that one with --checkpoint-key" : ""));
}

RecordProof proof_in(const std::string& file) {
  const std::string text = text_of(file);
  try {
    return proof_from_json(text);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(file + ": " + error.what());
  }
}

void print(const VerifiedLog& verified, const std::string& directory, const PublicKey& key,
           std::ostream& out) {
  out << directory << (verified.faults.empty() ? ": good\n" : ": NOT GOOD\n");
  for (const auto& fault : verified.faults) out << "  fault: " << fault.what << '\n';
  out << "  " << counted(verified.records, "record") << " in "
      << counted(verified.segments, "segment");
  if (const auto& checkpoint = verified.checkpoint) {
    out << ", " << checkpoint->size << " signed by " << key.name()
        << (checkpoint->closed ? ", and closed" : "") << '\n'
        << "  root " << to_base64(checkpoint->root);
  }
  out << '\n';
  for (const auto& note : verified.notes) out << "  note: " << note << '\n';
}

CLI::App* add(CLI::App& to, const char* name, const char* does) {
  return to.add_subcommand(name, does);
}

// CLI11 2.1 takes "-1" for a large number.
std::string check_whole(const std::string& text) {
  return text.find_first_not_of("0123456789") == text.npos ? "" : "expected a whole number";
}

void take_key(CLI::App& command, std::string& file) {
  command.add_option("--public-key", file, "the public half of audit.signing_key, in PEM")
      ->required()
      ->type_name("FILE");
}

}  // namespace

AuditCli::AuditCli(CLI::App& app)
    : audit_(add(app, "audit", "search the audit, verify it, prove what is in it")),
      verify_(add(*audit_, "verify", "is every signed record there, unaltered and in its place?")),
      prove_(add(*audit_, "prove", "print a proof that one record is in the log")),
      verify_proof_(add(*audit_, "verify-proof", "check such a proof, without the log")),
      query_(*audit_) {
  audit_->require_subcommand(1);
  for (CLI::App* command : {verify_, prove_})
    command->add_option("directory", directory_, "the audit directory, or a copy of it")
        ->required()
        ->type_name("DIR");
  take_key(*verify_, public_key_);
  take_checkpoint();
  prove_->add_option("seq", seq_, "the record's number")
      ->required()
      ->check(check_whole)
      ->type_name("SEQ");
  prove_
      ->add_option("--to", size_,
                   "in the tree of the first SIZE records; else in that of the last checkpoint")
      ->check(check_whole)
      ->type_name("SIZE");
  verify_proof_->add_option("proof", proof_, "what `prefgate audit prove` printed")
      ->required()
      ->type_name("FILE");
  take_key(*verify_proof_, public_key_);
}

void AuditCli::take_checkpoint() {
  CLI::Option* checkpoint =
      verify_
          ->add_option("--checkpoint", checkpoint_,
                       "a checkpoint of this log that was kept elsewhere: finds a lost end, and a "
                       "log that was signed anew")
          ->type_name("FILE");
  verify_
      ->add_option("--since", since_,
                   "the same, and the segments that lie wholly before it are not read")
      ->excludes(checkpoint)
      ->type_name("FILE");
  verify_
      ->add_option("--checkpoint-key", checkpoint_key_,
                   "the public key of that checkpoint, where the log has another one by now")
      ->type_name("FILE");
  verify_->final_callback([this] {
    if (!checkpoint_key_.empty() && checkpoint_.empty() && since_.empty())
      throw CLI::RequiresError("--checkpoint-key", "--checkpoint or --since");
  });
}

bool AuditCli::parsed() const {
  return audit_->parsed();
}

int AuditCli::run(Streams streams) const {
  if (query_.parsed()) return query_.run(streams);
  try {
    if (verify_->parsed()) return verify(streams);
    if (prove_->parsed()) return prove(streams);
    return verify_proof(streams);
  } catch (const std::runtime_error& error) {
    streams.err << error.what() << '\n';
    return unreadable;
  }
}

int AuditCli::verify(Streams streams) const {
  const PublicKey key = load_public_key(public_key_);
  std::optional<Checkpoint> kept;
  if (const auto& file = since_.empty() ? checkpoint_ : since_; !file.empty())
    kept = kept_checkpoint(file, checkpoint_key_.empty() ? key : load_public_key(checkpoint_key_));
  const auto threads = std::max(1U, std::thread::hardware_concurrency());
  const VerifiedLog verified = verify_log(directory_, key, kept, threads,
                                          since_.empty() ? Extent::everything : Extent::since_kept);
  print(verified, directory_, key, streams.out);
  return verified.faults.empty() ? good : not_good;
}

int AuditCli::prove(Streams streams) const {
  if (!std::filesystem::is_directory(directory_))
    throw std::runtime_error(directory_ + ": is no folder that can be read");
  try {
    streams.out << to_json(prove_record(directory_, seq_, size_));
  } catch (const std::runtime_error& error) {
    streams.err << error.what() << '\n';
    return not_good;
  }
  return good;
}

int AuditCli::verify_proof(Streams streams) const {
  const PublicKey key = load_public_key(public_key_);
  const RecordProof proof = proof_in(proof_);
  const auto checked = check_proof(proof, key);
  if (!checked.checkpoint) {
    streams.out << proof_ << ": NOT GOOD: " << checked.fault << '\n';
    return not_good;
  }
  streams.out << proof_ << ": good\n  record " << proof.seq << " is one of the first "
              << counted(proof.size, "record") << ", whose root is " << to_base64(proof.root);
  if (proof.size != checked.checkpoint->size)
    streams.out << "\n  these are the beginning of " << checked.checkpoint->size
                << ", whose root is " << to_base64(checked.checkpoint->root);
  streams.out << "\n  signed by " << key.name() << "\n  " << proof.record << '\n';
  return good;
}

}  // namespace proxy
