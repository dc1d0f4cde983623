#include "proxy/query_cli.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <streambuf>

#include "proxy/keyed_hash.hpp"
#include "proxy/query/progress_bar.hpp"
#include "tests/support/audit_log.hpp"
#include "tests/support/files.hpp"

using namespace proxy;
using namespace tests;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The numbers of the records printed as JSON.
std::vector<std::uint64_t> seqs_of(const std::string& out) {
  std::vector<std::uint64_t> seqs;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) seqs.push_back(seq_of(line).value());
  return seqs;
}

// Twelve records in three segments, one in three refused.
struct Twelve : AuditLog {
  Twelve() {
    for (int i = 0; i < 12; ++i) {
      if (i % 4 == 0) begin_segment();
      add({.time = "2026-11-22T10:00:" + std::to_string(10 + i) + ".000000Z",
           .method = i % 2 == 0 ? "GET" : "POST",
           .status = i % 3 == 0 ? 422 : 200,
           .rule = i == 5 ? "repair.alias" : ""});
    }
  }
  AuditRan run(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin() + 1, {directory().string(), "--format", "json"});
    return run_audit(arguments, input);
  }
};

using Seqs = std::vector<std::uint64_t>;

// Takes nothing, as a pipe that nobody reads, or a disk that is full.
struct Refusing : std::streambuf {
  int error;
  explicit Refusing(int why) : error(why) {}
  int overflow(int) override {
    errno = error;
    return traits_type::eof();
  }
};

}  // namespace

TEST_CASE("query and tail find what is asked for, and say by the status whether they did") {
  const Twelve log;
  struct Case {
    std::vector<std::string> arguments;
    Seqs found;
  };
  for (const auto& [arguments, found] : std::vector<Case>{
           {{"query"}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
           {{"query", "--decision", "rejected"}, {0, 3, 6, 9}},
           {{"query", "--decision", "rejected", "--method", "post"}, {3, 9}},
           {{"query", "--status", "4xx", "--limit", "3"}, {0, 3, 6}},
           {{"query", "--status", "200,422", "--limit", "2"}, {0, 1}},
           {{"query", "--status", "500", "--status", "422", "--limit", "1"}, {0}},
           {{"query", "--rule", "repair.*"}, {5}},
           {{"query", "--rule", "x", "--rule", "repair.alias"}, {5}},
           {{"query", "--since", "2026-11-22T10:00:19Z", "--until", "2026-11-22T10:00:21Z"},
            {9, 10}},
           {{"query", "--until", "2026-11-23", "--limit", "1"}, {0}},
           {{"query", "--since", "2026-11-23"}, {}},
           {{"query", "--status", "none"}, {}},
           {{"query", "--limit", "0"}, {}},
           {{"tail"}, {2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
           {{"tail", "-n", "3"}, {9, 10, 11}},
           {{"tail", "-n", "0"}, {}},
           {{"tail", "-n", "100"}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
           {{"tail", "-n", "3", "--decision", "rejected"}, {3, 6, 9}},
           {{"tail", "--rule", "repair.alias"}, {5}},
           {{"tail", "--rule", "nothing"}, {}}}) {
    CAPTURE(arguments);
    const auto ran = log.run(arguments);
    CHECK(ran.err == "");
    CHECK(seqs_of(ran.out) == found);
    CHECK(ran.status == (found.empty() ? 1 : 0));
  }
}

TEST_CASE("wrong usage is 2, with what is wrong and what would be right") {
  const Twelve log;
  struct Case {
    std::vector<std::string> arguments;
    std::string said;
  };
  for (const auto& [arguments, said] : std::vector<Case>{
           {{"query", "--since", "yesterday"}, "--since: expected a date (2026-11-22), a time"},
           {{"query", "--until", "2026-11-22T10:00:00"}, "--until: expected a date"},
           {{"query", "--since", "1h", "--until", "2h"},
            "--since 1h is not before --until 2h: no time is between them"},
           {{"query", "--status", "4x"}, "--status: expected a status such as 422, 4xx"},
           {{"query", "--status", "422,4x"}, "--status: expected a status such as 422, 4xx"},
           {{"query", "--decision", "maybe"}, "--decision: "},
           {{"query", "--format", "xml"}, "--format: "},
           {{"query", "--limit", "-1"}, "--limit: expected a whole number"},
           {{"query", "-f"}, "-f"},
           {{"tail", "-n", "x"}, "expected a whole number"},
           {{"tail", "-n", "100001"}, "100000"},
           {{"tail", "--limit", "5"}, "--limit"}}) {
    CAPTURE(arguments);
    const auto ran = log.run(arguments);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CAPTURE(ran.err);
    CHECK(has(ran.err, said));
  }
  CHECK(run_audit({"query"}).status == 2);
  for (const auto* command : {"query", "tail"}) {
    const auto ran = run_audit({command, "/nowhere/at/all"});
    CHECK(ran.status == 2);
    CHECK(ran.err == "/nowhere/at/all: cannot read: No such file or directory\n");
  }
}

TEST_CASE("a folder without an audit has no records, and may be the wrong one") {
  const TemporaryDirectory folder;
  const auto directory = folder.path().string();
  for (const auto* command : {"query", "tail"}) {
    const auto ran = run_audit({command, directory});
    CHECK(ran.status == 1);
    CHECK(ran.err == directory + ": has no segments: is it an audit directory?\n");
  }
}

TEST_CASE("a device token comes from standard input alone, and is shown nowhere") {
  AuditLog log;
  const TemporaryDirectory other;
  const std::string key_bytes(32, 'k'), token = "Secret:Device_Token-1";
  const auto key = other.write("key", key_bytes).string();
  const auto directory = log.directory().string();
  std::array<char, KeyedHash::text_size> hash;
  const std::string_view written =
      KeyedHash(load_hmac_key(key).key)
          .write(Secret::device_token, token, std::span<char, KeyedHash::text_size>(hash));
  const std::string digest(written.substr(written.rfind(':') + 1));
  log.add();
  auto line = audit_line(1, {.device = digest});
  line.replace(line.find("hmac-sha256:01234567"), 20, written.substr(0, 20));
  log.add_line(line);

  const auto found = run_audit({"query", directory, "--device", "-", "--hmac-key", key}, token);
  CHECK(found.status == 0);
  CHECK(has(found.out, "  " + digest.substr(0, 12) + "  "));
  for (const auto* end : {"\n", "\r\n", "\nanother line\n"})
    CHECK(run_audit({"query", directory, "--device", "-", "--hmac-key", key}, token + end).out ==
          found.out);
  CHECK(run_audit({"query", directory, "--device", std::string(written)}).out == found.out);
  CHECK(run_audit({"tail", directory, "--device=-", "--hmac-key", key}, token).out == found.out);
  CHECK_FALSE(has(found.out + found.err, token));

  const auto none = run_audit({"query", directory, "--device", "-", "--hmac-key", key}, "other");
  CHECK(none.status == 1);
  CHECK(none.err == "no such record of this device, hashed under key " +
                        std::string(written.substr(12, 8)) + "\n");
  const auto empty = run_audit({"query", directory, "--device", "-", "--hmac-key", key}, "\n");
  CHECK(empty.status == 2);
  CHECK(empty.err == "--device: standard input has no device token\n");
  const auto no_key = run_audit({"query", directory, "--device", "-"}, token);
  CHECK(no_key.status == 2);
  CHECK(has(no_key.err, "there is no HMAC key " + directory + ".hmac_key: name the one"));
  CHECK_FALSE(std::filesystem::exists(directory + ".hmac_key"));
  for (const auto& given :
       {token, "hmac-sha256:" + token, std::string("hmac-sha256:01234567:ab")}) {
    const auto refused = run_audit({"query", directory, "--device", given});
    CHECK(refused.status == 2);
    CHECK(has(refused.err, "`-` to read the device token from standard input"));
    CHECK_FALSE(has(refused.out + refused.err, given));
  }
}

TEST_CASE("the key that the gateway has made beside the directory is found there") {
  const TemporaryDirectory folder;
  (void)folder.write("audit.hmac_key", std::string(32, 'k'));
  (void)folder.write("audit/" + segment_name(0), audit_line(0) + "\n");
  const auto directory = (folder.path() / "audit").string();
  for (const auto& spelling : {directory, directory + "/"})
    CHECK(run_audit({"query", spelling, "--device", "-"}, "token").status == 1);
}

TEST_CASE("trouble is named on standard error, everything else is found, and the status is 2") {
  AuditLog log;
  log.add();
  for (int i = 0; i < 30; ++i) log.add_line("nonsense\x1B[2J");
  log.add();
  const auto file = log.segment().string();
  for (const auto* command : {"query", "tail"}) {
    const auto ran = run_audit({command, log.directory().string(), "--format", "json"});
    CHECK(ran.status == 2);
    CHECK(seqs_of(ran.out) == Seqs{0, 31});
    CHECK(ran.err.starts_with(file + ":2: is no record: `prefgate audit verify` says more\n" +
                              file + ":3: "));
    CHECK(ran.err.ends_with(file + ":21: is no record: `prefgate audit verify` says more\n" +
                            "and 10 faults more\n"));
    CHECK_FALSE(has(ran.err, "\x1B"));
  }
}

TEST_CASE("a header stands above what was found; CSV has one in any case") {
  const Twelve log;
  const auto directory = log.directory().string();
  const auto table = run_audit({"query", directory, "--limit", "1"});
  CHECK(table.out.starts_with("time  "));
  CHECK(run_audit({"query", directory, "--rule", "nothing"}).out.empty());
  CHECK(run_audit({"query", directory, "--rule", "nothing", "--format", "csv"})
            .out.starts_with("seq,time,"));
  const auto lines = run_audit({"tail", directory, "-n", "2"}).out;
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
}

TEST_CASE("a reader that has seen enough is no fault; a full disk is one") {
  const Twelve log;
  for (const auto* command : {"query", "tail"})
    for (const auto& [error, status] : {std::pair{EPIPE, 0}, std::pair{ENOSPC, 2}}) {
      Refusing nobody(error);
      std::ostream out(&nobody);
      std::istringstream in;
      std::ostringstream err;
      const std::string directory = log.directory().string();
      const char* argv[] = {"prefgate", "audit", command, directory.c_str()};
      CHECK(run(4, argv, {}, {in, out, err}) == status);
      CHECK(err.str() == (status == 0 ? ""
                                      : "the records cannot be written: No space left on "
                                        "device\n"));
    }
}

TEST_CASE("progress is drawn as it grows, once for each percent, and leaves nothing behind") {
  std::ostringstream out;
  {
    ProgressBar bar(&out, 1000);
    CHECK(out.str().empty());
    bar.show(0, 0);
    bar.show(9, 0);
    CHECK(out.str() == "\r[..............................] 0 %, 0 records");
    bar.show(500, 1);
    CHECK(out.str().ends_with("\r[###############...............] 50 %, 1 record"));
    bar.clear();
    bar.show(2000, 7);
    CHECK(out.str().ends_with("\x1B[K\r[##############################] 100 %, 7 records"));
  }
  CHECK(out.str().ends_with("\r\x1B[K"));
  ProgressBar(nullptr, 10).show(5, 0);
  ProgressBar empty(&out, 0);
  const auto before = out.str();
  empty.show(0, 0);
  CHECK(out.str() == before);
}
