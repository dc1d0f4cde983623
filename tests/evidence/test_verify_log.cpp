#include "tests/evidence/verify.hpp"

using namespace proxy;
using namespace tests;

namespace {

// Writes the lines into the segments as these are named.
void rewrite(const Log& log, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < log.segments.size(); ++i) {
    const auto end = i + 1 < log.segments.size() ? log.segments[i + 1] : lines.size();
    std::string text;
    for (auto j = log.segments[i]; j < std::min<std::uint64_t>(end, lines.size()); ++j)
      text += lines[j] + "\n";
    overwrite(log.segment(i), text);
  }
}

constexpr auto at = [](auto& lines, std::size_t i) {
  return lines.begin() + static_cast<std::ptrdiff_t>(i);
};

}  // namespace

TEST_CASE("a log as the gateway left it is good, of whatever size, with any number of threads") {
  for (const auto size : {0U, 1U, 2U, 255U, 256U, 257U, 1000U})
    for (const auto threads : {1U, 4U}) {
      CAPTURE(size);
      const Log log(size, 300, size);
      const auto verified = verify(log, {}, threads);
      CHECK(faults_of(verified) == "");
      CHECK(verified.notes.empty());
      CHECK(verified.records == size);
      CHECK(verified.segments == log.segments.size());
      CHECK(verified.checkpoint ==
            Checkpoint{.size = size, .root = log.root(size), .closed = true});
    }
}

TEST_CASE("each kind of tampering is named, with every record it concerns") {
  struct Case {
    const char* what;
    void (*tamper)(std::vector<std::string>&);
    std::string fault;
  };
  const Case cases[] = {
      {"a changed byte", [](auto& lines) { lines[17][12] ^= 1; },
       "17: record 17 was altered: records-000000000000.jsonl:18 is not the line that was signed"},
      {"a changed number", [](auto& lines) { lines[17].replace(7, 2, "71"); },
       "17: record 17 was altered: records-000000000000.jsonl:18 is not the line that was signed"},
      {"an empty line", [](auto& lines) { lines[120].clear(); },
       "120: record 120 was altered: records-000000000100.jsonl:21 is not the line that was "
       "signed"},
      {"two changed", [](auto& lines) { lines[299][12] ^= 1, lines[40][12] ^= 1; },
       "40: record 40 was altered: records-000000000000.jsonl:41 is not the line that was signed\n"
       "299: record 299 was altered: records-000000000200.jsonl:100 is not the line that was "
       "signed"},
      {"one removed", [](auto& lines) { lines.erase(at(lines, 5)); },
       "5: record 5 was removed: records-000000000000.jsonl:6 has record 6"},
      {"the first removed", [](auto& lines) { lines.erase(lines.begin()); },
       "0: record 0 was removed: records-000000000000.jsonl:1 has record 1"},
      {"some removed", [](auto& lines) { lines.erase(at(lines, 90), at(lines, 130)); },
       "90: records 90 to 129 were removed: records-000000000000.jsonl:91 has record 130"},
      {"the last one gone", [](auto& lines) { lines.pop_back(); },
       "299: record 299 is missing: 300 were signed"},
      {"the last ones gone", [](auto& lines) { lines.resize(150); },
       "150: records 150 to 299 are missing: 300 were signed"},
      {"all gone", [](auto& lines) { lines.clear(); },
       "0: records 0 to 299 are missing: 300 were signed"},
      {"one inserted", [](auto& lines) { lines.insert(at(lines, 8), R"({"seq":8})"); },
       "8: a line was inserted at records-000000000000.jsonl:9: record 8, which belongs there, is "
       "at records-000000000000.jsonl:10"},
      {"one repeated", [](auto& lines) { lines.insert(at(lines, 8), lines[3]); },
       "8: a line was inserted at records-000000000000.jsonl:9, a copy of record 3: record 8, "
       "which "
       "belongs there, is at records-000000000000.jsonl:10"},
      {"one behind the end", [](auto& lines) { lines.push_back(R"({"seq":300})"); },
       "300: 1 line from records-000000000200.jsonl:101 on came after the gateway had signed its "
       "last record"},
      {"two swapped", [](auto& lines) { std::swap(lines[9], lines[210]); },
       "9: the records were reordered: at records-000000000000.jsonl:10 stands record 210\n"
       "9: the records were reordered: at records-000000000200.jsonl:11 stands record 9"},
      {"one in the place of another", [](auto& lines) { lines[250] = lines[20]; },
       "250: record 250 was replaced: records-000000000200.jsonl:51 has a copy of record 20"},
      {"a segment in the place of a later one",
       [](auto& lines) { std::copy(lines.begin(), at(lines, 100), at(lines, 200)); },
       "200: records 200 to 299 were replaced: from records-000000000200.jsonl:1 on are copies of "
       "records 0 to 99"},
      {"one altered, some removed, one repeated, and one moved",
       [](auto& lines) {
         lines.push_back(lines[50]);
         lines.erase(at(lines, 200), at(lines, 203));
         lines.insert(at(lines, 120), lines[7]);
         lines.erase(at(lines, 50));
         lines[20][12] ^= 1;
       },
       "20: record 20 was altered: records-000000000000.jsonl:21 is not the line that was signed\n"
       "50: the records were reordered: at records-000000000200.jsonl:98 stands record 50\n"
       "120: a line was inserted at records-000000000100.jsonl:20, a copy of record 7: record 120, "
       "which belongs there, is at records-000000000100.jsonl:21\n"
       "200: records 200 to 202 were removed: records-000000000200.jsonl:1 has record 203"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const Log log(300, 100, 3);
    auto lines = log.lines;
    c.tamper(lines);
    rewrite(log, lines);
    CHECK(faults_of(log) == c.fault + "\n");
  }
}

TEST_CASE("segments that are gone, renamed, added or torn are named") {
  const auto fault_after = [](auto&& harm) {
    const Log log(300, 100, 4);
    harm(log);
    return faults_of(log);
  };
  CHECK(fault_after([](const Log& log) { std::filesystem::remove(log.segment(0)); }) ==
        "0: records 0 to 99 were removed: records-000000000100.jsonl:1 has record 100\n");
  CHECK(fault_after([](const Log& log) { std::filesystem::remove(log.segment(1)); }) ==
        "100: records 100 to 199 were removed: records-000000000200.jsonl:1 has record 200\n");
  CHECK(fault_after([](const Log& log) { std::filesystem::remove(log.segment(2)); }) ==
        "200: records 200 to 299 are missing: 300 were signed\n");
  CHECK(fault_after([](const Log& log) {
          std::filesystem::rename(log.segment(1), log.directory() / segment_name(150));
        }) == "100: records-000000000150.jsonl begins with record 100: it was renamed\n");
  CHECK(fault_after([](const Log& log) { log.folder.write(segment_name(250), ""); }) ==
        "300: records-000000000250.jsonl begins with record 300: it was renamed\n");
  CHECK(fault_after([](const Log& log) {
          overwrite(log.segment(2), read_file(log.segment(2)) + "{\"seq\":3");
        }) ==
        "?: records-000000000200.jsonl ends in 8 bytes without a line end, which no gateway leaves "
        "there\n");
  CHECK(fault_after(
            [](const Log& log) { overwrite(log.segment(0), read_file(log.segment(0)) + "x"); }) ==
        "?: records-000000000000.jsonl ends in 1 byte without a line end, which no gateway leaves "
        "there\n");
}

TEST_CASE("what a running or killed gateway leaves is no fault, and said") {
  std::mt19937 random(5);
  Log log;
  log.add(50, random);
  log.sign(false);
  CHECK(verify(log).notes.empty());
  log.add(2, random);
  overwrite(log.segment(0), read_file(log.segment(0)) + "{\"seq\":52");
  const auto verified = verify(log);
  CHECK(faults_of(verified) == "");
  CHECK(verified.records == 52);
  REQUIRE(verified.notes.size() == 2);
  CHECK(verified.notes[0].starts_with(
      "2 records from records-000000000000.jsonl:51 on came after the last checkpoint"));
  CHECK(verified.notes[1].starts_with("records-000000000000.jsonl ends in 9 bytes without"));
  // But records are numbered even there.
  overwrite(log.segment(0), read_file(log.segment(0)) + "}\n{\"seq\":54}\n");
  CHECK(faults_of(log) == "53: records-000000000000.jsonl:54 should be record 53, and is 54\n");
}

TEST_CASE("a checkpoint that is gone, damaged or another's is a fault") {
  const Log log(10, 10, 6);
  const auto good = read_file(log.checkpoint());
  std::filesystem::remove(log.checkpoint());
  CHECK(faults_of(log) == "?: there is no checkpoint: nothing says what the records were\n");
  overwrite(log.checkpoint(), "nonsense");
  CHECK(faults_of(log) == "?: the checkpoint is not a signed note\n");
  auto altered = good;
  altered[altered.find("\n10\n") + 2] = '1';
  overwrite(log.checkpoint(), altered);
  CHECK(faults_of(log) == "?: the checkpoint has a signature that is not good: it was altered\n");
  overwrite(log.checkpoint(),
            sign_checkpoint({.size = 10, .root = log.root(10)}, SigningKey::generate()));
  CHECK(faults_of(log) ==
        "?: the checkpoint is not signed by this key, " + test_key.public_key().name() + "\n");
}

TEST_CASE("a checkpoint kept elsewhere finds what its own key holder could hide") {
  Log log(300, 100, 7);
  const Checkpoint kept{.size = 280, .root = log.root(280)};
  CHECK(faults_of(verify(log, kept)) == "");

  // The tail is cut, and the shorter log signed as if it had always been so.
  auto lines = log.lines;
  lines.resize(250);
  const auto sign_anew = [&] {
    for (const auto* name : {"checkpoint", "tree-0", "tree-1"})
      std::filesystem::remove(log.directory() / name);
    const AuditTree tree(log.directory(), test_key, lines.size());
  };
  rewrite(log, lines);
  sign_anew();
  CHECK(faults_of(log) == "");
  CHECK(faults_of(verify(log, kept)) ==
        "250: records were lost from the end: the checkpoint kept elsewhere has 280 records, and "
        "250 are there\n");

  // A record is changed, and everything signed anew.
  lines = log.lines;
  lines[40][12] ^= 1;
  rewrite(log, lines);
  sign_anew();
  CHECK(faults_of(log) == "");
  const auto text = faults_of(verify(log, kept));
  CHECK(
      text.starts_with("?: the log was rewritten and signed anew: the records are not those that "
                       "were signed: of records 0 to 279, at least one was altered"));
}

TEST_CASE("without the stored tree a fault is found, and named as well as can be") {
  const auto lose_tree = [](const Log& log) {
    std::filesystem::remove(log.directory() / "tree-0");
    std::filesystem::remove(log.directory() / "tree-1");
  };
  const Log log(600, 300, 8);
  auto lines = log.lines;
  lines[500][12] ^= 1;
  rewrite(log, lines);
  lose_tree(log);
  CHECK(
      faults_of(log).starts_with("?: the records are not those that were signed: of records 0 to "
                                 "599, at least one was altered"));
  lines = log.lines;
  lines.erase(at(lines, 500));
  rewrite(log, lines);
  CHECK(
      faults_of(log).starts_with("500: the records are not those that were signed: at "
                                 "records-000000000300.jsonl:201, where record 500 belongs, "
                                 "stands record 501"));
  lines = log.lines;
  lines.resize(500);
  rewrite(log, lines);
  CHECK(faults_of(log) == "500: records 500 to 599 are missing: 600 were signed\n");
}

TEST_CASE("who alters the stored tree with the record hides it in its tile, and no better") {
  const Log log(1000, 300, 9);
  auto lines = log.lines;
  lines[300][12] ^= 1;
  rewrite(log, lines);
  auto leaves = read_file(log.directory() / "tree-0");
  const auto leaf = leaf_hash(lines[300]);
  std::ranges::copy(leaf, leaves.begin() + 300 * 32);
  overwrite(log.directory() / "tree-0", leaves);
  CHECK(faults_of(log) ==
        "256: of records 256 to 511 at least one was altered, and the stored tree with it\n");
  // All of the tree, made to fit.
  std::filesystem::remove(log.directory() / "tree-1");
  const auto checkpoint = read_file(log.checkpoint());
  std::filesystem::remove(log.checkpoint());
  {
    const AuditTree tree(log.directory(), SigningKey::generate(), lines.size());
  }
  overwrite(log.checkpoint(), checkpoint);
  CHECK(faults_of(log).starts_with("?: the records are not those that were signed"));
}

TEST_CASE("a damaged stored tree is told from damaged records") {
  const Log log(600, 300, 10);
  for (const auto* name : {"tree-0", "tree-1"}) {
    const auto good = read_file(log.directory() / name);
    auto text = good;
    text[40] ^= 1;
    overwrite(log.directory() / name, text);
    CHECK(faults_of(log).starts_with("?: " + std::string(name) +
                                     " is damaged at its entry 1; the records are those"));
    overwrite(log.directory() / name, good.substr(0, 40));
    CHECK(faults_of(log).starts_with("?: " + std::string(name) + " is damaged at its entry 1"));
    overwrite(log.directory() / name, good);
  }
  CHECK(faults_of(log) == "");
}

TEST_CASE("a directory that is not there is an error, not a verdict") {
  const TemporaryDirectory folder;
  CHECK(message_of([&] {
          (void)verify_log(folder.path() / "none", test_key.public_key(), {}, 1);
        }).find("none") != std::string::npos);
}
