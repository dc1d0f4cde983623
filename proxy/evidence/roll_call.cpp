// The lines come as runs: an untouched log is one, and each misdeed adds two or three.
// The runs in order are found as the heaviest row of records in which each number is higher than
// the one before; so one record that was moved is not told as all others having moved past it.
#include "proxy/evidence/roll_call.hpp"

#include <algorithm>
#include <utility>

namespace proxy {
namespace {

RecordRange range_of(const LineRun& run) {
  return {*run.seq, *run.seq + run.lines};
}

LineRun cut(const LineRun& run, std::uint64_t from, std::uint64_t lines) {
  auto piece = run;
  if (piece.seq) *piece.seq += from;
  piece.place += from;
  piece.lines = lines;
  return piece;
}

// A row of records in order; the heavier one is nearer to the truth. Of two that are as long it is
// the one in which more records stand where they stood.
struct Row {
  std::uint64_t records = 0;
  std::uint64_t unmoved = 0;
  std::optional<std::size_t> before;  // the run before the last

  bool as_heavy_as(const Row& other) const {
    return std::pair(records, unmoved) >= std::pair(other.records, other.unmoved);
  }
};

// Of each run, how many lines at its end are in place: 0 of one that is not in the row.
std::vector<std::uint64_t> lines_in_place(const std::vector<LineRun>& runs) {
  std::vector<Row> rows(runs.size());  // the heaviest one that ends with this run
  std::optional<std::size_t> best;
  // What of run `i` is new behind `before`.
  const auto gain = [&](std::size_t i, std::optional<std::size_t> before) {
    const auto [begin, end] = range_of(runs[i]);
    const auto from = before ? std::max(begin, range_of(runs[*before]).end) : begin;
    return from < end ? end - from : 0;
  };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].genuine) continue;
    const bool unmoved = runs[i].place == runs[i].seq;
    rows[i] = {runs[i].lines, unmoved ? runs[i].lines : 0, std::nullopt};
    for (std::size_t j = 0; j < i; ++j) {
      const auto more = runs[j].genuine ? gain(i, j) : 0;
      const Row longer{rows[j].records + more, rows[j].unmoved + (unmoved ? more : 0), j};
      if (more > 0 && longer.as_heavy_as(rows[i])) rows[i] = longer;
    }
    if (!best || rows[i].as_heavy_as(rows[*best])) best = i;
  }
  std::vector<std::uint64_t> in_place(runs.size(), 0);
  for (auto i = best; i; i = rows[*i].before) in_place[*i] = gain(*i, rows[*i].before);
  return in_place;
}

// The log as pieces in their order, those in place and the others.
struct Piece {
  LineRun run;
  bool in_place = false;
  bool copy = false;  // genuine, and stands somewhere else as well
};

class Inquiry {
 public:
  Inquiry(const std::vector<LineRun>& runs, RecordRange all, bool goes_on, bool to_the_end)
      : all_(all), goes_on_(goes_on), to_the_end_(to_the_end) {
    const auto in_place = lines_in_place(runs);
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (in_place[i] > 0)
        there_.add(range_of(cut(runs[i], runs[i].lines - in_place[i], in_place[i])));
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto stray = runs[i].lines - in_place[i];
      if (stray > 0) add_stray(cut(runs[i], 0, stray));
      if (in_place[i] > 0) pieces_.push_back({cut(runs[i], stray, in_place[i]), true, false});
    }
  }

  std::vector<Misdeed> misdeeds() {
    auto begin = all_.begin;
    std::vector<Piece> strays;
    for (const auto& piece : pieces_) {
      if (!piece.in_place) {
        strays.push_back(piece);
        continue;
      }
      const auto [seq, end] = range_of(piece.run);
      judge({begin, seq}, strays, &piece);
      strays.clear();
      begin = end;
    }
    if (to_the_end_) judge({begin, all_.end}, strays, nullptr);
    std::ranges::sort(found_, {}, [](const Misdeed& it) { return std::pair(it.at, it.place); });
    return std::move(found_);
  }

 private:
  // What is elsewhere too is a copy, the rest was moved here.
  void add_stray(const LineRun& run) {
    if (!run.genuine) return pieces_.push_back({run, false, false});
    const auto all = range_of(run);
    const auto held = there_.held_of(all);
    const auto add = [&](RecordRange range, bool copy) {
      if (range.size() > 0)
        pieces_.push_back({cut(run, range.begin - all.begin, range.size()), false, copy});
    };
    auto begin = all.begin;
    for (const auto& range : held) {
      add({begin, range.begin}, false);
      add(range, true);
      begin = range.end;
    }
    add({begin, all.end}, false);
    there_.add(all);
  }

  // A gap between records in place: those that belong there, and the lines that stand there.
  void judge(RecordRange gap, const std::vector<Piece>& strays, const Piece* next) {
    gap_ = gap;
    next_ = next;
    nowhere_ = there_.missing_of(gap);
    std::vector<Piece> left;
    for (const auto& stray : strays) match_by_number(stray, left);
    for (const auto& stray : left) match_in_order(stray);
    for (const auto& range : nowhere_)
      tell(next ? Misdeed::Kind::removed : Misdeed::Kind::missing, range.begin, range);
  }

  // A line that bears the number of a record that is nowhere, in whose gap it stands, is that one,
  // altered.
  void match_by_number(const Piece& stray, std::vector<Piece>& left) {
    const auto& run = stray.run;
    if (run.genuine && !stray.copy) {
      const auto own = range_of(run);
      return tell(Misdeed::Kind::moved, std::min(own.begin, gap_.begin), own, run.place);
    }
    if (run.genuine || !run.seq) return left.push_back(stray);
    const auto own = range_of(run);
    auto begin = own.begin;
    const auto keep = [&](std::uint64_t end) {
      if (begin < end) left.push_back({cut(run, begin - own.begin, end - begin), false, false});
    };
    for (const auto& range : take_nowhere(own)) {
      keep(range.begin);
      begin = range.end;
      tell_instead(cut(run, range.begin - own.begin, range.size()), range);
    }
    keep(own.end);
  }

  // The others in the order in which they stand. What is too many was inserted.
  void match_in_order(const Piece& stray) {
    auto run = stray.run;
    const bool to_come = !next_ && !run.genuine && run.seq && *run.seq >= all_.end;
    if (to_come && goes_on_) return;
    while (run.lines > 0 && !nowhere_.empty() && !to_come) {
      auto& first = nowhere_.front();
      const auto lines = std::min(run.lines, first.size());
      tell_instead(cut(run, 0, lines), {first.begin, first.begin + lines});
      first.begin += lines;
      if (first.size() == 0) nowhere_.erase(nowhere_.begin());
      run = cut(run, lines, run.lines - lines);
    }
    if (run.lines == 0) return;
    tell(run.genuine ? Misdeed::Kind::copied : Misdeed::Kind::inserted, gap_.begin,
         run.genuine ? range_of(run) : RecordRange{0, run.lines}, run.place);
  }

  // Lines in the place of records that are nowhere.
  void tell_instead(const LineRun& run, RecordRange records) {
    tell(run.genuine ? Misdeed::Kind::replaced : Misdeed::Kind::altered, records.begin, records,
         run.place, run.genuine ? range_of(run) : RecordRange{});
  }

  // Takes out what of `range` is nowhere.
  std::vector<RecordRange> take_nowhere(RecordRange range) {
    std::vector<RecordRange> taken;
    std::vector<RecordRange> rest;
    for (const auto& each : nowhere_) {
      const auto begin = std::max(each.begin, range.begin);
      const auto end = std::min(each.end, range.end);
      if (begin >= end) {
        rest.push_back(each);
        continue;
      }
      taken.push_back({begin, end});
      if (each.begin < begin) rest.push_back({each.begin, begin});
      if (end < each.end) rest.push_back({end, each.end});
    }
    nowhere_ = std::move(rest);
    return taken;
  }

  void tell(Misdeed::Kind kind, std::uint64_t at, RecordRange records, std::uint64_t place = 0,
            RecordRange copies = {}) {
    Misdeed found;
    found.kind = kind;
    found.at = at;
    found.records = records;
    found.place = place;
    found.copies = copies;
    if (next_) {
      found.next_place = next_->run.place;
      found.next = next_->run.seq;
    }
    found_.push_back(found);
  }

  const RecordRange all_;
  const bool goes_on_;
  const bool to_the_end_;
  RecordSet there_;  // that stand anywhere
  std::vector<Piece> pieces_;
  RecordRange gap_;
  const Piece* next_ = nullptr;
  std::vector<RecordRange> nowhere_;  // of the gap, those still to be explained
  std::vector<Misdeed> found_;
};

}  // namespace

void RollCall::take(std::optional<std::uint64_t> seq, bool genuine) {
  if (given_up_) return;
  genuine = genuine && seq && *seq >= first_ && *seq < size_;
  const auto place = next_place_++;
  if (!runs_.empty()) {
    auto& last = runs_.back();
    const bool follows = last.seq ? seq == *last.seq + last.lines : !seq;
    if (last.genuine == genuine && follows) {
      ++last.lines;
      return;
    }
  }
  if (runs_.size() == most_runs)
    given_up_ = place;
  else
    runs_.push_back({genuine, seq, 1, place});
}

std::vector<Misdeed> RollCall::misdeeds() const {
  return Inquiry(runs_, {first_, size_}, goes_on_, !given_up_).misdeeds();
}

}  // namespace proxy
