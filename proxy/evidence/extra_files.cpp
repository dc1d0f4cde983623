#include "proxy/evidence/extra_files.hpp"

#include <optional>
#include <stdexcept>

#include "proxy/evidence/compare_tree.hpp"
#include "proxy/evidence/counted.hpp"
#include "proxy/evidence/segment_reader.hpp"

namespace proxy {
namespace {

// As many bytes as there are, up to a piece.
std::string_view fill(std::string& piece, SegmentFile& from) {
  std::size_t there = 0;
  while (there < piece.size())
    if (const auto got = from.read(piece.data() + there, piece.size() - there))
      there += got;
    else
      break;
  return std::string_view(piece).substr(0, there);
}

bool same(const std::filesystem::path& a, const std::filesystem::path& b) {
  constexpr std::size_t piece_bytes = 256 * 1024;
  SegmentFile first(a);
  SegmentFile second(b);
  std::string of_first(piece_bytes, '\0');
  std::string of_second(piece_bytes, '\0');
  for (;;) {
    const auto text = fill(of_first, first);
    if (text != fill(of_second, second)) return false;
    if (text.empty()) return true;
  }
}

// The lines of one segment of removed records, up to the first that is not what was signed.
class RemovedLines {
 public:
  RemovedLines(const Segment& segment, const StoredTree& stored, const StoredProofs& proofs)
      : stored_(stored), proofs_(proofs), seq_(segment.first_seq) {
    SegmentReader reader({segment});
    while (const auto block = reader.next()) {
      torn_ |= block->torn;
      for_each_line(block->text, [this](std::string_view line) { take(line); });
      if (bad_) return;
    }
  }

  std::uint64_t good() const { return lines_; }
  // The first one that is not, and whether the stored tree proves that.
  std::optional<std::uint64_t> bad() const { return bad_; }
  bool proven() const { return proven_; }

 private:
  void take(std::string_view line) {
    if (bad_) return;
    // A proof of one hash is one of all in its tile: they are what it is made of.
    constexpr std::uint64_t tile = std::uint64_t{1} << StoredTree::tile_height;
    const bool removed = seq_ < proofs_.size();
    if (removed && (lines_ == 0 || seq_ % tile == 0)) proven_ = proofs_.leaf(seq_).has_value();
    if (!removed) proven_ = true;  // that there was none
    if (torn_ || !removed || !proven_ || stored_.read(0, seq_, 1) != std::vector{leaf_hash(line)}) {
      bad_ = seq_;
      return;
    }
    ++seq_;
    ++lines_;
  }

  const StoredTree& stored_;
  const StoredProofs& proofs_;
  std::uint64_t seq_;
  std::uint64_t lines_ = 0;
  std::optional<std::uint64_t> bad_;
  bool torn_ = false;
  bool proven_ = false;
};

}  // namespace

ExtraFiles compare_compressed(const std::vector<Segment>& plain) {
  ExtraFiles extra;
  for (const auto& segment : plain) {
    auto compressed = segment.file;
    compressed += SegmentFile::compressed_end;
    if (!std::filesystem::exists(compressed)) continue;
    const auto names =
        segment.file.filename().string() + " is there, and " + compressed.filename().string();
    try {
      if (same(segment.file, compressed))
        extra.notes.push_back(names +
                              " with the same in it: it is being compressed, or was when the "
                              "gateway was killed");
      else
        extra.faults.push_back(names + ", which holds something else: no gateway leaves that");
    } catch (const DamagedSegment& damage) {
      extra.faults.push_back(names + ", which no gateway leaves so: " + damage.what());
    } catch (const std::runtime_error&) {  // a gateway that starts removes such a file
      if (std::filesystem::exists(compressed)) throw;
    }
  }
  return extra;
}

ExtraFiles check_removed(const std::vector<Segment>& removed, const Retention& retention,
                         const StoredTree& stored) {
  ExtraFiles extra;
  const StoredProofs proofs(stored, retention.first, retention.root);
  for (const auto& segment : removed) {
    const auto name = segment.file.filename().string();
    try {
      const RemovedLines lines(segment, stored, proofs);
      const auto stands = name + " stands where retention has removed the records, and ";
      if (!lines.bad())
        extra.notes.push_back(name + " is still there, with " + counted(lines.good(), "record") +
                              " that retention removes: the gateway is at it, or was killed at it, "
                              "or somebody put them back; they are what was signed");
      else if (lines.proven())
        extra.faults.push_back(stands + "its line " + std::to_string(lines.good() + 1) +
                               " is not the record " + std::to_string(*lines.bad()) +
                               " that was signed: it was put there");
      else
        extra.faults.push_back(stands +
                               "the stored tree, which is damaged, cannot tell whether they are "
                               "those that were signed");
    } catch (const DamagedSegment& damage) {
      extra.faults.push_back(name +
                             " stands where retention has removed the records: " + damage.what());
    } catch (const std::runtime_error&) {  // the gateway has removed it meanwhile
      if (std::filesystem::exists(segment.file)) throw;
    }
  }
  return extra;
}

}  // namespace proxy
