#include "proxy/evidence/audit_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/retention.hpp"
#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

const std::string remedy =
    ". Look with `prefgate audit verify`, keep the directory as it is, and name another one as "
    "audit.directory";

constexpr std::size_t hashes_in_memory = 64 * 1024;  // while lines are read at the start

std::optional<std::string> text_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

AuditTree::AuditTree(std::filesystem::path directory, SigningKey key, std::uint64_t records,
                     Write write)
    : directory_(std::move(directory)),
      key_(std::move(key)),
      write_(std::move(write)),
      stored_(directory_, StoredTree::Access::append, write_) {
  resume(records);
  if (const auto error = sign(false))  // from here on records may follow
    throw std::runtime_error("audit " + directory_.string() +
                             ": the evidence cannot be written: " + error.message());
}

void AuditTree::resume(std::uint64_t records) {
  const auto file = directory_ / checkpoint_name;
  const auto text = text_of(file);
  if (!text) {
    stored_.cut(0);
    read(records);
    if (records > 0)
      notice("there is no checkpoint: the evidence begins with the " + counted(records, "record") +
             " found, as they are");
    return;
  }
  const auto opened = open_checkpoint(*text, key_.public_key());
  const auto last = opened.checkpoint ? opened.checkpoint : unverified_checkpoint(*text);
  if (!last) throw std::runtime_error("audit " + file.string() + ": is no checkpoint" + remedy);
  if (last->size > records)
    throw std::runtime_error("audit " + directory_.string() + ": " + counted(last->size, "record") +
                             " were signed, and only " + std::to_string(records) + " are there" +
                             remedy);
  // Before the stored tree is cut to it: that alone knows the removed records.
  if (const auto first = unverified_retention(directory_).first; first > last->size)
    throw std::runtime_error("audit " + file.string() + ": has " + counted(last->size, "record") +
                             ", and " + Retention::file_name + " says that the first " +
                             std::to_string(first) +
                             " were signed and then removed: it is an older one" + remedy);
  take_on(*last);
  take_on_retention();
  if (!opened.checkpoint)
    notice("the last checkpoint " + opened.fault + "; from now on this one signs");
  if (records > last->size) {
    read(records);
    notice("the last " + counted(records - last->size, "record") +
           " had no checkpoint yet; signed now");
  }
}

// Does the stored tree have this root? Changes nothing.
bool AuditTree::stored_fits(const Checkpoint& last) const {
  try {
    return CompactRange(last.size, stored_.nodes()).root() == last.root;
  } catch (const std::runtime_error&) {  // too short
    return false;
  }
}

// The tree of the last checkpoint: as it is stored, or where that does not have its root, from the
// records, if they do. Else nothing is touched: what is there is evidence of what happened.
void AuditTree::take_on(const Checkpoint& last) {
  if (stored_fits(last)) return stored_.cut(last.size);
  // Of records that retention has removed there is nothing but the tree itself.
  const auto first = unverified_retention(directory_).first;
  CompactRange range;
  if (first > 0 && first <= std::min(last.size, stored_.stored()))
    range = CompactRange(first, stored_.nodes());
  const auto base = range.size();
  read_records(directory_, base, last.size,
               [&](std::string_view line) { range.append(leaf_hash(line)); });
  if (range.size() != last.size || range.root() != last.root)
    throw std::runtime_error("audit " + directory_.string() +
                             ": the records are not those that were signed" + remedy);
  stored_.cut(base);
  read(last.size);
  notice("the stored tree did not fit its checkpoint; the records do, and it was made anew");
}

// Another key signs from now on: what the one before has signed of removed records, too.
void AuditTree::take_on_retention() {
  const auto opened = open_retention(directory_, key_.public_key());
  if (opened.fault.empty()) return;
  const auto& said = opened.unverified;
  if (!said || said->first > size() || root_of(said->first, stored_.nodes()) != said->root)
    throw std::runtime_error("audit " + (directory_ / Retention::file_name).string() + ": " +
                             opened.fault + ", and does not fit the records" + remedy);
  if (const auto error =
          replace_file(directory_ / Retention::file_name, sign_retention(*said, key_), write_))
    throw std::runtime_error("audit " + directory_.string() +
                             ": the evidence cannot be written: " + error.message());
  notice(std::string(Retention::file_name) + " " + opened.fault + "; from now on this one signs");
}

// Records from where the tree ends up to `last`.
void AuditTree::read(std::uint64_t last) {
  const auto first = size();
  std::error_code error;
  const auto taken = read_records(directory_, first, last, [&](std::string_view line) {
    stored_.append(leaf_hash(line));
    if (size() % hashes_in_memory == 0 && !error) error = stored_.write();
  });
  if (error)
    throw std::runtime_error("audit " + directory_.string() +
                             ": the evidence cannot be written: " + error.message());
  if (taken != last - first)
    throw std::runtime_error("audit " + directory_.string() + ": of the records " +
                             std::to_string(first) + " to " + std::to_string(last - 1) + " only " +
                             std::to_string(taken) + " are there" + remedy);
}

void AuditTree::notice(const std::string& what) {
  notices_.push_back("audit " + directory_.string() + ": " + what);
}

void AuditTree::append(std::string_view lines) {
  for (const auto& leaf : hasher_.hash(lines)) stored_.append(leaf);
}

bool AuditTree::has_checkpoint() const {
  return ::access((directory_ / checkpoint_name).c_str(), F_OK) == 0 || errno != ENOENT;
}

std::error_code AuditTree::sign(bool closed) {
  const auto error = write();
  return error ? error : sign(checkpoint(closed));
}

Checkpoint AuditTree::checkpoint(bool closed) const {
  return {.size = size(), .root = stored_.root(), .closed = closed};
}

std::error_code AuditTree::sign(const Checkpoint& made, Keeping keeping) {
  if (keeping == Keeping::durable)
    if (const auto error = stored_.sync()) return error;
  return replace_file(directory_ / checkpoint_name, sign_checkpoint(made, key_), write_, keeping);
}

}  // namespace proxy
