#include "proxy/evidence/verify_log.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "proxy/evidence/audit_tree.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/every_fault.hpp"
#include "proxy/evidence/extra_files.hpp"
#include "proxy/evidence/find_fault.hpp"
#include "proxy/evidence/known_segments.hpp"
#include "proxy/evidence/retention.hpp"
#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

class Verification {
 public:
  Verification(const std::filesystem::path& directory, const PublicKey& key,
               const std::optional<Checkpoint>& kept, unsigned threads, Extent extent)
      : threads_(threads), kept_(kept), file_(directory / AuditTree::checkpoint_name) {
    text_ = read_checkpoint();
    believe_checkpoint(key);
    // After the checkpoint: a gateway may be writing, and then there are more records, not fewer.
    segments_ = list_segments(directory);
    const bool since = extent == Extent::since_kept && kept_;
    const auto unread = since ? count_known(segments_, *kept_, result_.checkpoint) : 0;
    const auto first = unread > 0 ? segments_[unread].first_seq : 0;
    tell(compare_compressed(
        {segments_.begin() + static_cast<std::ptrdiff_t>(unread), segments_.end()}));
    const StoredTree stored(directory, StoredTree::Access::read);
    believe_retention(open_retention(directory, key), stored);
    if (base_known_ && first > base_.size()) pass_known(first, stored);
    result_.segments = segments_.size();
    scan(stored);
  }

  VerifiedLog result() { return std::move(result_); }

 private:
  std::optional<std::string> read_checkpoint() const {
    std::ifstream in(file_, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  void believe_checkpoint(const PublicKey& key) {
    if (!text_) return fault({}, "there is no checkpoint: nothing says what the records were");
    const auto opened = open_checkpoint(*text_, key);
    result_.checkpoint = opened.checkpoint;
    if (!opened.checkpoint) fault({}, "the checkpoint " + opened.fault);
  }

  // What it says is removed need not be there. But the stored tree must know it still.
  void believe_retention(const OpenedRetention& opened, const StoredTree& stored) {
    if (!opened.fault.empty()) return fault({}, "retained-from " + opened.fault);
    if (!opened.retention) return;
    const auto [first, root] = *opened.retention;
    judge_order(first);
    pass_removed(*opened.retention, stored);
    const auto range = stored_range(first, stored);
    retained_ = true;
    base_known_ = range && range->root() == root;
    base_ = base_known_ ? *range : unknown(first);
    if (base_known_)
      return note("the first " + counted(first, "record") + (first == 1 ? " was" : " were") +
                  " removed by retention, as the log's key has signed");
    fault({}, "the stored tree is damaged: of the " + counted(first, "record") +
                  " that retention has removed it does not have what was signed, and without the "
                  "records nothing can make that anew. So nothing shows that the records which "
                  "are there are those that were signed. Put the tree-* files back from a copy");
  }

  // The gateway signs a checkpoint first, and then that records which are in it are removed. (While
  // this runs it may have done both.)
  void judge_order(std::uint64_t first) {
    const auto& own = result_.checkpoint;
    if (own && own->size < first && read_checkpoint() == text_)
      fault({}, "the checkpoint and retained-from contradict each other: the one signs " +
                    counted(own->size, "record") + ", the other that the first " +
                    std::to_string(first) +
                    " were signed and then removed. The checkpoint is older, which no gateway "
                    "leaves: it was put back, and what it does not sign may be lost");
  }

  // The gateway signs what goes, and removes it then.
  void pass_removed(const Retention& retention, const StoredTree& stored) {
    auto kept = segments_.begin();
    while (kept != segments_.end() && kept + 1 != segments_.end() &&
           (kept + 1)->first_seq <= retention.first)
      ++kept;
    tell(check_removed({segments_.begin(), kept}, retention, stored));
    segments_.erase(segments_.begin(), kept);
  }

  void pass_known(std::uint64_t first, const StoredTree& stored) {
    const auto read = std::ranges::find(segments_, first, &Segment::first_seq);
    const auto unread = static_cast<std::size_t>(read - segments_.begin());
    segments_.erase(segments_.begin(), read);
    auto known = know_records(stored, *kept_, base_.size(), first, unread);
    base_known_ = known.range.has_value();
    base_ = known.range.value_or(unknown(first));
    if (base_known_)
      note(std::move(known.what));
    else
      fault({}, std::move(known.what));
  }

  // Has their number alone.
  static CompactRange unknown(std::uint64_t records) {
    return {records, [](unsigned, std::uint64_t) { return Hash{}; }};
  }

  void scan(const StoredTree& stored) {
    const auto signed_size = result_.checkpoint ? result_.checkpoint->size : 0;
    damage_.size = signed_size;
    try {
      scan_once(stored, signed_size);
    } catch (const DamagedSegment&) {  // all of them, then the rest
      damage_.segments = find_damage(segments_);
      scan_once(stored, signed_size);
    }
  }

  void scan_once(const StoredTree& stored, std::uint64_t signed_size) {
    // Of the kept one, too, the stored tree may know the beginning.
    TreeComparison comparison(stored, std::max(signed_size, kept_ ? kept_->size : 0));
    FirstScan first{segments_, stored, comparison, base_, damage_, 0, {}};
    CompactRange range = base_;
    for (const auto& checkpoint : {result_.checkpoint, kept_})
      if (checkpoint) roots_[checkpoint->size] = {};
    if (roots_.contains(range.size())) roots_[range.size()] = range.root();
    unsigned_.reset();
    const auto take = [&](const ScannedLine& line) {
      range.append(line.leaf, [&](unsigned height, std::uint64_t index, const Hash& hash) {
        comparison.compare(height, index, hash);
      });
      if (!first.misnumbered && line.seq != line.index) first.misnumbered = line;
      if (!unsigned_ && line.index >= signed_size) unsigned_ = line;
      const auto asked = roots_.find(range.size());
      if (asked != roots_.end()) asked->second = range.root();
    };
    log_ = scan_log(segments_, threads_, take, base_.size(), {damage_, stored});
    first.records = log_.lines;
    result_.records = log_.lines - base_.size() - log_.unreadable;
    name_damage();
    judge(first);
  }

  void name_damage() {
    for (const auto& [segment, why] : damage_.segments) {
      const auto& [named, file] = segments_[segment];
      const auto begin = std::max(named, log_.begins[segment]);
      const auto end = segment + 1 < log_.begins.size() ? log_.begins[segment + 1] : log_.lines;
      fault(begin, why + (begin < end ? "; " + range_of(begin, end) + " cannot be read" : ""));
      if (const auto there = log_.begins[segment]; there < named)
        fault(there, range_of(there, named) + (named - there == 1 ? " is" : " are") +
                         " missing before " + file.filename().string());
    }
    if (log_.unknown)
      fault({},
            "of records that cannot be read the stored tree does not have the hashes: so "
            "nothing shows that the others are those that were signed");
  }

  void judge(const FirstScan& first) {
    const auto& own = result_.checkpoint;
    if (log_.unknown) return;
    if (!base_known_) {
      if (kept_ && kept_->size > log_.lines) judge_kept(first);
      judge_numbers(first);
      return judge_end();
    }
    if (own && !fits(*own, first)) return judge_records(first, *own);
    if (own && log_.unreadable > 0)
      note(
          "with the hashes that the stored tree has of the records that cannot be read, all "
          "others are proven to be those that were signed");
    if (kept_ && !fits(*kept_, first)) return judge_kept(first);
    judge_numbers(first);
    if (own) judge_tree(first);
    judge_end();
  }

  bool fits(const Checkpoint& checkpoint, const FirstScan& first) const {
    const auto& own = result_.checkpoint;
    if (checkpoint.size < base_.size())  // only the tree knows those
      return own && StoredProofs(first.stored, own->size, own->root)
                        .vouches_for(checkpoint.size, checkpoint.root);
    return checkpoint.size <= log_.lines && roots_.at(checkpoint.size) == checkpoint.root;
  }

  // The records are not those that this checkpoint signs: which, and what became of them? `anew`
  // begins the first fault.
  void judge_records(const FirstScan& first, const Checkpoint& checkpoint,
                     const std::string& anew = {}) {
    const bool own = checkpoint == result_.checkpoint;
    auto faults = every_fault(first, checkpoint, !own || !closed(), threads_);
    if (!faults || faults->empty()) {
      faults = {find_fault(first, checkpoint, threads_)};
      note(
          "the stored tree does not have what was signed: beside the fault that is named there may "
          "be others");
    }
    faults->front().what.insert(0, anew);
    for (auto& each : *faults) fault(std::move(each));
    judge_torn_ends();
  }

  void judge_kept(const FirstScan& first) {
    if (kept_->size > log_.lines)
      return fault(log_.lines,
                   "records were lost from the end: the checkpoint kept elsewhere has " +
                       counted(kept_->size, "record") + ", and " + std::to_string(log_.lines) +
                       " are there");
    judge_records(first, *kept_,
                  result_.checkpoint ? "the log was rewritten and signed anew: " : "");
  }

  void judge_numbers(const FirstScan& first) {
    for (std::size_t i = 0; i < segments_.size(); ++i)
      if (log_.begins[i] != segments_[i].first_seq && !damage_.segments.contains(i))
        return fault(log_.begins[i], segments_[i].file.filename().string() +
                                         " begins with record " + std::to_string(log_.begins[i]) +
                                         ": it was renamed");
    if (first.misnumbered)
      fault(first.misnumbered->index,
            place_of(segments_, *first.misnumbered) + " should be record " +
                std::to_string(first.misnumbered->index) + ", and is " +
                (first.misnumbered->seq ? std::to_string(*first.misnumbered->seq) : "none"));
  }

  void judge_tree(const FirstScan& first) {
    for (std::size_t level = 0; level < StoredTree::levels; ++level)
      if (const auto node = first.comparison.first_different(level);
          node && *node < result_.checkpoint->size >> StoredTree::tile_height * level)
        return fault({}, "tree-" + std::to_string(level) + " is damaged at its entry " +
                             std::to_string(*node) + "; the records are those that were signed. " +
                             (!retained_ ? "Move the tree-* files away: the gateway's next "
                                           "start makes them anew"
                                         : "Leave the tree-* files where they are: of removed "
                                           "records nothing else is left"));
  }

  // A gateway that was started in the meantime has signed that it goes on.
  bool closed() const {
    return result_.checkpoint && result_.checkpoint->closed && read_checkpoint() == text_;
  }

  // What lies behind the signed records, and behind the last line end.
  void judge_end() {
    const auto& own = result_.checkpoint;
    if (unsigned_ && closed())
      fault(unsigned_->index, counted(log_.lines - unsigned_->index, "line") + " from " +
                                  place_of(segments_, *unsigned_) +
                                  " on came after the gateway had signed its last record");
    else if (own && unsigned_)
      note(counted(log_.lines - unsigned_->index, "record") + " from " +
           place_of(segments_, *unsigned_) +
           " on came after the last checkpoint: the gateway is running, or was killed; nobody "
           "vouches for them until it signs again");
    judge_torn_ends();
  }

  void judge_torn_ends() {
    for (const auto& torn : log_.torn) {
      const auto what = segments_[torn.segment].file.filename().string() + " ends in " +
                        counted(torn.bytes, "byte") + " without a line end";
      if (closed() || torn.segment + 1 < segments_.size())
        fault({}, what + ", which no gateway leaves there");
      else
        note(what + ": a record that is being written, or was when the gateway was killed");
    }
  }

  void fault(std::optional<std::uint64_t> seq, std::string what) {
    result_.faults.push_back({seq, std::move(what)});
  }
  void fault(LogFault found) { result_.faults.push_back(std::move(found)); }
  void note(std::string what) { result_.notes.push_back(std::move(what)); }
  void tell(ExtraFiles extra) {
    for (auto& what : extra.faults) fault({}, std::move(what));
    for (auto& what : extra.notes) note(std::move(what));
  }

  const unsigned threads_;
  const std::optional<Checkpoint> kept_;
  const std::filesystem::path file_;  // of the checkpoint
  std::optional<std::string> text_;   // what was in it
  std::vector<Segment> segments_;
  CompactRange base_;       // of the records before those that are read
  bool base_known_ = true;  // else it has their number alone
  bool retained_ = false;   // retention has removed records
  Damage damage_;
  std::map<std::uint64_t, Hash> roots_;  // by size, of the checkpoints'
  ScannedLog log_;
  std::optional<ScannedLine> unsigned_;  // the first line behind the signed ones
  VerifiedLog result_;
};

}  // namespace

VerifiedLog verify_log(const std::filesystem::path& directory, const PublicKey& key,
                       const std::optional<Checkpoint>& kept, unsigned threads, Extent extent) {
  return Verification(directory, key, kept, threads, extent).result();
}

}  // namespace proxy
