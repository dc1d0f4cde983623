#include "proxy/query_cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <thread>

#include "filters/secret_hash.hpp"
#include "proxy/query/ending_signals.hpp"
#include "proxy/query/follow_audit.hpp"
#include "proxy/query/progress_bar.hpp"
#include "proxy/query/record_output.hpp"

namespace proxy {
namespace {

constexpr int found_some = 0, found_none = 1, unreadable = 2;
constexpr std::uint64_t most_last = 100'000;  // records that are held at once
constexpr long between_looks = 200;           // milliseconds, where new records are waited for

std::string check_whole(const std::string& text) {
  return text.find_first_not_of("0123456789") == text.npos ? "" : "expected a whole number";
}

unsigned threads() {
  return std::max(1U, std::thread::hardware_concurrency());
}

AuditTime now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

// What is hashed under another key than the records' never matches.
void warn_of_key(const RecordCriteria& asked, std::ostream& err) {
  if (const auto device = filters::parse_secret_digest(asked.device))
    err << "no such record of this device, hashed under key " << device->key_id << '\n';
}

// A wrong folder is more likely than an audit without a segment.
void warn_of_folder(const std::string& directory, std::ostream& err) {
  err << directory << ": has no segments: is it an audit directory?\n";
}

// The last ones of records that are found one by one.
class LastRecords {
 public:
  explicit LastRecords(std::size_t most) : most_(most) {}

  void take(const FoundRecords& found) {
    std::size_t begin = 0;
    for (const auto end : found.ends) {
      records_.push_back(found.text.substr(begin, end - begin));
      if (records_.size() > most_) records_.pop_front();
      begin = end;
    }
  }
  // Those that were found in an earlier segment, as many as there is room for.
  void put_before(LastRecords&& earlier) {
    records_.insert(records_.begin(), std::make_move_iterator(earlier.records_.begin()),
                    std::make_move_iterator(earlier.records_.end()));
  }
  std::size_t room() const { return most_ - records_.size(); }
  const std::deque<std::string>& records() const { return records_; }

 private:
  const std::size_t most_;
  std::deque<std::string> records_;
};

// Adds to `last` from the segments before the one that begins with `first_seq`, from the newest on.
void search_backwards(const std::string& directory, std::uint64_t first_seq,
                      const RecordQuery& query, const RecordPrinter& printer, LastRecords& last,
                      RecordOutput& output, const std::function<bool()>& ended) {
  auto segments = list_segments(directory);
  std::erase_if(segments, [&](const Segment& segment) { return segment.first_seq >= first_seq; });
  segments = segments_in_time(std::move(segments), query.criteria());
  for (; last.room() > 0 && !segments.empty(); segments.pop_back()) {
    LastRecords earlier(last.room());
    AuditSearch search({segments.back()}, query, printer, threads());
    while (const auto found = search.next()) {
      if (ended()) return;
      output.tell(found->faults);
      earlier.take(*found);
    }
    last.put_before(std::move(earlier));
  }
}

}  // namespace

QueryCli::QueryCli(CLI::App& audit)
    : query_(audit.add_subcommand("query", "print the records that are asked for")),
      tail_(audit.add_subcommand("tail", "print the last records, and follow those that come")) {
  query_options_.add_to(*query_);
  tail_options_.add_to(*tail_);
  query_->add_option("--limit", limit_, "print the first N of them, and stop")
      ->check(check_whole)
      ->type_name("N");
  tail_->add_option("-n,--lines", last_, "the last N of them; 10 where it is not given")
      ->check(check_whole)
      ->check(CLI::Range(std::uint64_t{0}, most_last))
      ->type_name("N");
  tail_->add_flag("-f,--follow", follow_, "go on with those that come, until SIGINT or SIGTERM");
}

bool QueryCli::parsed() const {
  return query_->parsed() || tail_->parsed();
}

int QueryCli::run(Streams streams) const {
  try {
    const auto& options = query_->parsed() ? query_options_ : tail_options_;
    const RecordQuery asked(options.criteria(now(), streams.in));
    const int status = query_->parsed() ? query(asked, streams) : tail(asked, streams);
    if (status == found_none) warn_of_key(asked.criteria(), streams.err);
    return status;
  } catch (const NobodyReads&) {
    return found_some;
  } catch (const std::runtime_error& fault) {
    streams.err << fault.what() << '\n';
    return unreadable;
  }
}

int QueryCli::query(const RecordQuery& asked, Streams streams) const {
  const RecordPrinter printer(query_options_.form(), streams.columns);
  auto segments = list_segments(query_options_.directory());
  if (segments.empty()) warn_of_folder(query_options_.directory(), streams.err);
  AuditSearch search(segments_in_time(std::move(segments), asked.criteria()), asked, printer,
                     threads());
  ProgressBar bar(streams.progress ? &streams.err : nullptr, search.size());
  RecordOutput output(printer, streams.out, streams.err);
  std::uint64_t printed = 0;
  while (!limit_ || printed < *limit_) {
    const auto found = search.next();
    if (!found) break;
    if (!found->faults.empty()) bar.clear();
    output.tell(found->faults);
    const auto left = limit_ ? *limit_ - printed : found->ends.size();
    const auto taken = std::min<std::uint64_t>(left, found->ends.size());
    if (taken > 0) output.write(std::string_view(found->text).substr(0, found->ends[taken - 1]));
    printed += taken;
    bar.show(found->searched, printed);
  }
  bar.clear();
  return output.had_faults() ? unreadable : printed > 0 ? found_some : found_none;
}

int QueryCli::tail(const RecordQuery& asked, Streams streams) const {
  std::optional<EndingSignals> ending;
  if (follow_) ending.emplace();
  bool over = false;
  const auto ended = [&](long within) {
    return over = over || !ending || ending->came_within(within);
  };
  const RecordPrinter printer(tail_options_.form(), streams.columns);
  const auto& directory = tail_options_.directory();
  AuditFollower follower(directory);
  RecordOutput output(printer, streams.out, streams.err);
  const auto follow = [&](const auto& take) {
    follower.poll([&](std::string_view lines, const auto& file, std::uint64_t before) {
      auto found = find_records(lines, asked, printer);
      name_faults(found, file, before);
      output.tell(found.faults);
      take(found);
    });
  };
  LastRecords last(last_);
  follow([&](const FoundRecords& found) { last.take(found); });
  if (follower.first_seq())
    search_backwards(directory, *follower.first_seq(), asked, printer, last, output,
                     [&] { return follow_ && ended(0); });
  else if (follow_)
    streams.err << directory << ": no records yet, waiting\n";
  else if (list_segments(directory).empty())  // throws where it cannot be read
    warn_of_folder(directory, streams.err);
  for (const auto& record : last.records()) output.write(record);
  while (!ended(between_looks))
    follow([&](const FoundRecords& found) { output.write(found.text); });
  if (output.had_faults()) return unreadable;
  return follow_ || !last.records().empty() ? found_some : found_none;
}

}  // namespace proxy
