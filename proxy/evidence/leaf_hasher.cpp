#include "proxy/evidence/leaf_hasher.hpp"

#include <algorithm>

#ifdef PREFGATE_MULTI_BUFFER
#define NO_COMPAT_IMB_API_053  // the names of old, which are anybody's
#include <intel-ipsec-mb.h>
#else
struct IMB_MGR {};
#endif

namespace proxy {
namespace {

// That of an entry which has its 0x00 already.
Hash hash_alone(std::string_view entry) {
  return leaf_hash(entry.substr(1));
}

}  // namespace

LeafHasher::~LeafHasher() = default;

const std::vector<Hash>& LeafHasher::hash(std::string_view lines) {
  text_.assign(1, '\0').append(lines);
  entries_.clear();
  for (std::size_t begin = 0; begin < lines.size();) {
    const auto end = std::min(text_.find('\n', begin + 1), text_.size());
    entries_.push_back(std::string_view(text_).substr(begin, end - begin));
    text_[end] = '\0';  // where the next begins
    begin = end;
  }
  hashes_.resize(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) hash(entries_[i], hashes_[i]);
  finish();
  return hashes_;
}

#ifdef PREFGATE_MULTI_BUFFER
namespace {

// The library counts blocks of 64 bytes in 16 bits. A line that long gains nothing by company.
constexpr std::size_t most = 64 * 1024;

// One that is done; none where none is.
void take(const IMB_JOB* done) {
  if (done == nullptr || done->status == IMB_STATUS_COMPLETED) return;
  *static_cast<Hash*>(done->user_data) =
      hash_alone({reinterpret_cast<const char*>(done->src), done->msg_len_to_hash_in_bytes});
}

}  // namespace

LeafHasher::LeafHasher() : manager_(::alloc_mb_mgr(0)) {
  if (manager_) ::init_mb_mgr_auto(manager_.get(), nullptr);
}

void LeafHasher::Free::operator()(IMB_MGR* manager) const {
  ::free_mb_mgr(manager);
}

void LeafHasher::hash(std::string_view entry, Hash& to) {
  if (!manager_ || entry.size() > most) {
    to = hash_alone(entry);
    return;
  }
  auto& job = *IMB_GET_NEXT_JOB(manager_.get());
  job = {};
  job.cipher_mode = IMB_CIPHER_NULL;
  job.cipher_direction = IMB_DIR_ENCRYPT;
  job.chain_order = IMB_ORDER_HASH_CIPHER;
  job.hash_alg = IMB_AUTH_SHA_256;
  job.src = reinterpret_cast<const unsigned char*>(entry.data());
  job.msg_len_to_hash_in_bytes = entry.size();
  job.auth_tag_output = to.data();
  job.auth_tag_output_len_in_bytes = to.size();
  job.user_data = &to;
  take(IMB_SUBMIT_JOB(manager_.get()));
}

void LeafHasher::finish() {
  if (!manager_) return;
  while (const auto* done = IMB_FLUSH_JOB(manager_.get())) take(done);
}

#else  // no such library for this processor

LeafHasher::LeafHasher() = default;
void LeafHasher::Free::operator()(IMB_MGR* manager) const {
  delete manager;
}

void LeafHasher::hash(std::string_view entry, Hash& to) {
  to = hash_alone(entry);
}

void LeafHasher::finish() {}

#endif

}  // namespace proxy
