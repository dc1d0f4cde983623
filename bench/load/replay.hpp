// Replay: the requests that an audit has recorded, in the order and at the distances in which they
// came, and whether each is answered as it was then. A record has a request as the policy met it:
// repaired, with the policy's own edits taken back; its device token is stood for by its keyed
// hash, so that what was one device is one again. A Source, read as it goes; one thread.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>

#include "bench/load/request_text.hpp"
#include "bench/load/source.hpp"
#include "filters/policy/recorded_request.hpp"
#include "proxy/evidence/segment_reader.hpp"
#include "proxy/query/audit_record.hpp"

namespace load {

class Replay final : public Source {
 public:
  // Records are written when their exchanges end: this many are read ahead, to be put in the order
  // in which they began.
  static constexpr std::size_t read_ahead = 10'000;

  // `speed`: 4 is four times as fast as it was. Throws std::runtime_error where the directory
  // cannot be read.
  Replay(const std::filesystem::path& directory, double speed, RequestHead head);

  // Both throw std::runtime_error naming the file where a line is no record.
  std::optional<Nanoseconds> due(std::uint64_t number) override;
  Ticket make(std::uint64_t number, std::string& out) override;
  std::string judge(const Ticket& ticket, const AnswerReader& answer) override;
  void failed(const Ticket&) override {}

  std::map<std::string, std::uint64_t> sent() const { return sent_; }
  // Records that could not be sent again, by why.
  std::map<std::string, std::uint64_t> left_out() const { return left_out_; }
  // The first record of each kind of difference.
  const std::map<std::string, std::uint64_t>& examples() const { return examples_; }

 private:
  struct Recorded {
    std::uint64_t seq = 0;
    std::uint32_t status = 0;
    bool rejected = false;
    std::string text;
  };

  void fill();
  void take(std::string_view line);
  std::string text_of(filters::RecordedRequest& request) const;

  const double speed_;
  const RequestHead head_;
  proxy::SegmentReader reader_;
  proxy::AuditRecord record_;
  filters::RecordedRequest request_;
  bool ended_ = false;
  std::multimap<proxy::AuditTime, Recorded> ahead_;
  std::optional<proxy::AuditTime> first_;
  Nanoseconds last_due_{0};
  std::vector<std::uint64_t> seqs_;  // by ticket: what was sent
  std::map<std::string, std::uint64_t> sent_, left_out_, examples_;
};

}  // namespace load
