// A thousand random tamperings with a log of ten thousand records, or under PREFGATE_LONG of a
// hundred thousand: each is found, and where the first record it concerns can be known, that one is
// named. The same log untouched is good, before, between and after. Then several at once, of which
// each is to be named, and no record that nobody has touched.
#include <cstdlib>
#include <map>
#include <set>

#include "proxy/evidence/verify_log.hpp"
#include "tests/evidence/log.hpp"

using namespace proxy;
using namespace tests;

namespace {

const std::size_t records = std::getenv("PREFGATE_LONG") != nullptr ? 100'000 : 10'000;
const std::size_t in_a_segment = records / 100 * 17;

// The text of each segment, by name; what a tampering changes, and what is put back after it.
using Texts = std::map<std::string, std::string>;

Texts texts_of(const Log& log) {
  Texts texts;
  for (const auto& segment : list_segments(log.directory()))
    texts[segment.file.filename().string()] = read_file(segment.file);
  return texts;
}

// Writes those that are others than `now`.
void put_in_place(const Log& log, const Texts& now, const Texts& wanted) {
  for (const auto& [name, text] : now)
    if (!wanted.contains(name)) std::filesystem::remove(log.directory() / name);
  for (const auto& [name, text] : wanted)
    if (!now.contains(name) || now.at(name) != text) log.folder.write(name, text);
}

struct Tampering {
  const char* what;
  void (*apply)(Texts&, std::mt19937&);
};

std::string& any_text(Texts& texts, std::mt19937& random) {
  return std::next(texts.begin(), static_cast<std::ptrdiff_t>(random() % texts.size()))->second;
}

// Where a random line begins, and where the one after it does.
std::pair<std::size_t, std::size_t> any_line(const std::string& text, std::mt19937& random) {
  const auto end = text.find('\n', random() % (text.size() - 1)) + 1;
  const auto before = end < 2 ? text.npos : text.rfind('\n', end - 2);
  return {before == text.npos ? 0 : before + 1, end};
}

std::string take_line(std::string& text, std::mt19937& random) {
  const auto [begin, end] = any_line(text, random);
  const auto line = text.substr(begin, end - begin);
  text.erase(begin, end - begin);
  return line;
}

const Tampering tamperings[] = {
    {"flip a bit",
     [](Texts& texts, std::mt19937& random) {
       auto& text = any_text(texts, random);
       auto& byte = text[random() % text.size()];
       byte = static_cast<char>(byte ^ (1 << (random() % 8)));
     }},
    {"delete bytes",
     [](Texts& texts, std::mt19937& random) {
       auto& text = any_text(texts, random);
       text.erase(random() % text.size(), 1 + random() % 300);
     }},
    {"delete a line",
     [](Texts& texts, std::mt19937& random) { take_line(any_text(texts, random), random); }},
    {"insert bytes",
     [](Texts& texts, std::mt19937& random) {
       auto& text = any_text(texts, random);
       text.insert(random() % (text.size() + 1), 1 + random() % 20, "x\n{"[random() % 3]);
     }},
    {"insert a line of the log",
     [](Texts& texts, std::mt19937& random) {
       const auto& from = any_text(texts, random);
       const auto [begin, end] = any_line(from, random);
       const auto line = from.substr(begin, end - begin);
       auto& to = any_text(texts, random);
       to.insert(any_line(to, random).second, line);
     }},
    {"swap two lines",
     [](Texts& texts, std::mt19937& random) {
       auto& from = any_text(texts, random);
       const auto line = take_line(from, random);
       auto& to = any_text(texts, random);
       to.insert(any_line(to, random).first, line);
     }},
    {"cut the end of a segment",
     [](Texts& texts, std::mt19937& random) {
       auto& text = any_text(texts, random);
       text.resize(random() % text.size());
     }},
    {"delete a segment",
     [](Texts& texts, std::mt19937& random) {
       texts.erase(std::next(texts.begin(), static_cast<std::ptrdiff_t>(random() % texts.size())));
     }},
    {"put an old segment in the place of another",
     [](Texts& texts, std::mt19937& random) {
       any_text(texts, random) = std::string(any_text(texts, random));
     }},
    {"add a segment",
     [](Texts& texts, std::mt19937& random) {
       texts.emplace(segment_name(random() % (records + 500)), any_text(texts, random));
     }},
};

// Of the lines as they now stand, the first that is not the one it was; none where all are there.
std::optional<std::uint64_t> first_changed(const Log& log, const Texts& texts) {
  std::uint64_t index = 0;
  std::optional<std::uint64_t> first;
  for (const auto& [name, text] : texts) {
    const auto whole = text.substr(0, text.rfind('\n') + 1);
    for_each_line(whole, [&](std::string_view line) {
      if (!first && (index >= log.lines.size() || log.lines[index] != line)) first = index;
      ++index;
    });
  }
  return !first && index < log.lines.size() ? index : first;
}

}  // namespace

TEST_CASE("of a thousand random tamperings each is found, and an untouched log is never accused") {
  const Log log(records, in_a_segment, 20261122);
  const auto verify = [&] {
    return verify_log(log.directory(), test_key.public_key(), std::nullopt, 2);
  };
  const auto good = texts_of(log);
  std::mt19937 random(42);
  std::map<std::string, int> found;
  for (int run = 0; run < draws(1000); ++run) {
    const auto& tampering = tamperings[random() % std::size(tamperings)];
    auto bad = good;
    tampering.apply(bad, random);
    if (bad == good) continue;  // a line in its own place, a segment in its own
    CAPTURE(run);
    CAPTURE(tampering.what);
    put_in_place(log, good, bad);
    const auto verified = verify();
    put_in_place(log, bad, good);
    REQUIRE_FALSE(verified.faults.empty());
    ++found[tampering.what];
    CAPTURE(verified.faults[0].what);
    // Beside it there may be a file that is told by its name alone.
    if (const auto first = first_changed(log, bad))
      REQUIRE(std::ranges::count(verified.faults, first, &LogFault::seq) >= 1);
    if (run % 50 == 0) REQUIRE(verify().faults.empty());
  }
  CHECK(verify().faults.empty());
  CHECK(found.size() == std::size(tamperings));
  for (const auto& [what, times] : found) CHECK_MESSAGE(times > draws(50), what);
}

namespace {

// What was done to some of the records of a log, each in a place of its own, and what is to be
// said.
class Deeds {
 public:
  Deeds(const Log& log, std::size_t deeds, std::mt19937& random) : log_(log), random_(random) {
    for (const auto& line : log.lines) lines_.push_back({line});
    while (deeds-- > 0) commit(random() % 5);
  }

  const std::vector<std::string>& said() const { return said_; }
  // In segments that begin where those of the log do.
  Texts texts() const {
    Texts texts;
    for (std::size_t segment = 0; segment < log_.segments.size(); ++segment) {
      const auto last = segment + 1 == log_.segments.size();
      auto& text = texts[segment_name(log_.segments[segment])];
      for (auto i = log_.segments[segment]; i < (last ? lines_.size() : log_.segments[segment + 1]);
           ++i)
        for (const auto& line : lines_[i]) text += line + "\n";
    }
    return texts;
  }

 private:
  // A record that has nothing happening to it or beside it yet.
  std::size_t another() {
    for (;;) {
      const auto i = 1 + random_() % (lines_.size() / 3 - 1) * 3;
      if (used_.insert(i).second) return i;
    }
  }

  void commit(std::size_t what) {
    const auto i = another();
    const auto record = "record " + std::to_string(i);
    auto& here = lines_[i];
    switch (what) {
      case 0:
        here[0][here[0].size() - 3] ^= 1;
        return said_.push_back(record + " was altered: ");
      case 1:
        here.clear();
        return said_.push_back(record + " was removed: ");
      case 2:
        here.insert(here.begin(), "{\"seq\":" + std::to_string(i) + "}");
        return said_.push_back(": " + record + ", which belongs there, is at ");
      case 3: {
        const auto of = another();
        here.insert(here.begin(), log_.lines[of]);
        return said_.push_back(", a copy of record " + std::to_string(of) + ": " + record + ", ");
      }
      default:
        lines_[another()].push_back(here[0]);
        here.clear();
        return said_.push_back(" stands " + record);
    }
  }

  const Log& log_;
  std::mt19937& random_;
  std::vector<std::vector<std::string>> lines_;  // that stand where each record stood
  std::set<std::size_t> used_;
  std::vector<std::string> said_;
};

}  // namespace

TEST_CASE("of several misdeeds at once each is named, and no record that was let be") {
  const Log log(3000, 1100, 20261123);
  const auto good = texts_of(log);
  std::mt19937 random(43);
  for (int run = 0; run < draws(100); ++run) {
    CAPTURE(run);
    const Deeds deeds(log, 2 + random() % 12, random);
    const auto bad = deeds.texts();
    put_in_place(log, good, bad);
    const auto faults = verify_log(log.directory(), test_key.public_key(), std::nullopt, 2).faults;
    put_in_place(log, bad, good);
    REQUIRE(faults.size() == deeds.said().size());
    for (const auto& said : deeds.said()) {
      CAPTURE(said);
      // "record 4" is not "record 40": what is said goes on behind it, or ends.
      CHECK(std::ranges::count_if(faults, [&](const LogFault& fault) {
              return fault.what.starts_with(said) || fault.what.ends_with(said) ||
                     (said[0] != 'r' && said[0] != ' ' && fault.what.find(said) != said.npos);
            }) == 1);
    }
  }
}
