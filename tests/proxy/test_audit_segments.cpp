#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "proxy/audit_segments.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using tests::message_of;
using tests::mode_of;
using tests::read_file;

using proxy::AuditSegments;
using tests::TemporaryDirectory;

constexpr auto first_name = "records-000000000000.jsonl";

void own_alone(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  std::filesystem::permissions(directory, std::filesystem::perms(0700));
}

}  // namespace

TEST_CASE("a new directory is its owner's alone, and its first segment begins with record 0") {
  const TemporaryDirectory folder;
  const auto directory = folder.path() / "state" / "audit";
  AuditSegments segments(directory);
  CHECK(mode_of(directory) == 0700U);
  CHECK(mode_of(directory / first_name) == 0600U);
  CHECK(mode_of(directory / "lock") == 0600U);
  CHECK(segments.next_seq() == 0);
  CHECK(segments.size() == 0);
  CHECK(segments.notices().empty());

  std::error_code error;
  CHECK(segments.append("{\"seq\":0}\n", error) == 10);
  CHECK_FALSE(error);
  CHECK(segments.size() == 10);
  CHECK_FALSE(segments.sync());
  CHECK(read_file(directory / first_name) == "{\"seq\":0}\n");
}

TEST_CASE("a second owner of the directory is refused until the first is gone") {
  const TemporaryDirectory folder;
  {
    const AuditSegments first(folder.path());
    const auto message = message_of([&] { AuditSegments second(folder.path()); });
    CHECK(message.find(folder.path().string()) != std::string::npos);
    CHECK(message.find("in use by another process") != std::string::npos);
  }
  CHECK_NOTHROW(AuditSegments(folder.path()));
}

TEST_CASE("the newest segment is continued, and what a crash left of a line is cut") {
  const auto long_line = [](const char* seq) {
    return std::string("{\"seq\":") + seq + ",\"x\":\"" + std::string(200'000, 'x') + "\"}\n";
  };
  struct Case {
    const char* name;
    std::string found;
    std::string left;
    std::uint64_t next_seq;
  };
  const Case cases[] = {
      {"nothing", "", "", 5},
      {"one line", "{\"seq\":5}\n", "{\"seq\":5}\n", 6},
      {"two lines", "{\"seq\":5,\"a\":1}\n{\"seq\":6,\"a\":1}\n",
       "{\"seq\":5,\"a\":1}\n{\"seq\":6,\"a\":1}\n", 7},
      {"a torn line alone", "{\"seq\":5,\"a\"", "", 5},
      {"a torn line behind a whole one", "{\"seq\":5,\"a\":1}\n{\"seq\":6", "{\"seq\":5,\"a\":1}\n",
       6},
      {"a line without its end", "{\"seq\":5,\"a\":1}\n{\"seq\":6,\"a\":1}",
       "{\"seq\":5,\"a\":1}\n", 6},
      {"zeros from a crash of the machine", "{\"seq\":5,\"a\":1}\n" + std::string(5000, '\0'),
       "{\"seq\":5,\"a\":1}\n", 6},
      {"a line longer than what is read at once", "{\"seq\":5,\"a\":1}\n" + long_line("6"),
       "{\"seq\":5,\"a\":1}\n" + long_line("6"), 7},
      {"a long torn line behind a long line", long_line("5") + long_line("6").substr(0, 150'000),
       long_line("5"), 6},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const TemporaryDirectory folder;
    own_alone(folder.path());
    folder.write(first_name, "{\"seq\":0}\n");
    const auto file = folder.write("records-000000000005.jsonl", c.found);
    {
      AuditSegments segments(folder.path());
      CHECK(segments.next_seq() == c.next_seq);
      CHECK(segments.size() == c.left.size());
      const bool cut = c.found != c.left;
      REQUIRE(segments.notices().size() == (cut ? 1 : 0));
      if (cut) {
        const auto bytes = std::to_string(c.found.size() - c.left.size()) + " bytes";
        CHECK(segments.notices()[0].find(file.string()) != std::string::npos);
        CHECK(segments.notices()[0].find(bytes) != std::string::npos);
      }
      std::error_code error;
      segments.append("more\n", error);
      CHECK_FALSE(error);
    }
    CHECK(read_file(file) == c.left + "more\n");
    CHECK(read_file(folder.path() / first_name) == "{\"seq\":0}\n");
  }
}

TEST_CASE("a torn line is cut at every byte it can tear at") {
  const std::string whole = "{\"seq\":0,\"a\":1}\n";
  const std::string next = "{\"seq\":1,\"b\":\"x\"}\n";
  for (std::size_t torn = 0; torn <= next.size(); ++torn) {
    CAPTURE(torn);
    const TemporaryDirectory folder;
    const auto file = folder.write(first_name, whole + next.substr(0, torn));
    const AuditSegments segments(folder.path());
    const bool complete = torn == next.size();
    CHECK(segments.next_seq() == (complete ? 2 : 1));
    CHECK(read_file(file) == (complete ? whole + next : whole));
  }
}

TEST_CASE("a newest segment that does not end in a record of its own is an error, and untouched") {
  for (const std::string found :
       {"nonsense\n", "{\"seq\":x}\n", "{\"seq\":4}\n", "{\"seq\":}\n", "\n", "{\"seq\":5}\n\n",
        "{\"seq\":99999999999999999999999}\n", "{\"seq\":5,\"a\"\n"}) {
    CAPTURE(found);
    const TemporaryDirectory folder;
    const auto file = folder.write("records-000000000005.jsonl", found);
    const auto message = message_of([&] { AuditSegments segments(folder.path()); });
    CHECK(message.find(file.string()) != std::string::npos);
    CHECK(read_file(file) == found);
  }
}

TEST_CASE("a compression that had not ended is begun anew, and said; the plain file counts") {
  const TemporaryDirectory folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0700));
  folder.write("records-000000000000.jsonl", "{\"seq\":0}\n");
  folder.write("records-000000000000.jsonl.zst", "whole or not");
  folder.write("records-000000000000.jsonl.new.zst", "hal");
  folder.write("records-000000000001.jsonl", "{\"seq\":1}\n");
  const AuditSegments segments(folder.path());
  CHECK(segments.next_seq() == 2);
  CHECK(segments.first_seq() == 1);
  REQUIRE(segments.notices().size() == 1);
  CHECK(segments.notices()[0].ends_with(
      "the compression of 1 segment had not ended; it begins anew"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "records-000000000000.jsonl.zst"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "records-000000000000.jsonl.new.zst"));
  CHECK(read_file(folder.path() / "records-000000000000.jsonl") == "{\"seq\":0}\n");
}

TEST_CASE("where the newest segment is compressed one is missing, and nothing is begun") {
  const TemporaryDirectory folder;
  folder.write("records-000000000000.jsonl.zst", "closed");
  CHECK(message_of([&] {
          AuditSegments segments(folder.path());
        }).find("records-000000000000.jsonl.zst: is the newest segment, and compressed") !=
        std::string::npos);
}

TEST_CASE("nothing goes into a segment that was moved away, until it is back") {
  const TemporaryDirectory folder;
  AuditSegments segments(folder.path());
  std::error_code error;
  CHECK(segments.append("{\"seq\":0}\n", error) == 10);
  const auto name = folder.path() / "records-000000000000.jsonl";
  std::filesystem::rename(name, folder.path() / "elsewhere");
  CHECK(segments.append("{\"seq\":1}\n", error) == 0);
  CHECK(error == std::errc::no_such_file_or_directory);
  CHECK(segments.sync() == std::errc::no_such_file_or_directory);
  folder.write(name.filename(), "another's");
  CHECK(segments.append("{\"seq\":1}\n", error) == 0);
  std::filesystem::rename(folder.path() / "elsewhere", name);
  CHECK(segments.append("{\"seq\":1}\n", error) == 10);
  CHECK_FALSE(segments.sync());
  CHECK(read_file(name) == "{\"seq\":0}\n{\"seq\":1}\n");
}

TEST_CASE("files of other names are let be") {
  const TemporaryDirectory folder;
  for (const auto* name : {"records-.jsonl", "records-5.jsonl", "records-00000000000x.jsonl",
                           "records-000000000005.jsonl.gz", "notes.txt"})
    folder.write(name, "nonsense");
  const AuditSegments segments(folder.path());
  CHECK(segments.next_seq() == 0);
  CHECK(read_file(folder.path() / "notes.txt") == "nonsense");
}

TEST_CASE("a directory that others may enter is said") {
  const TemporaryDirectory folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0750));
  const AuditSegments segments(folder.path());
  REQUIRE(segments.notices().size() == 1);
  CHECK(segments.notices()[0].find("0700") != std::string::npos);
}

TEST_CASE("what cannot be an audit directory is an error that names it") {
  const TemporaryDirectory folder;
  const auto file = folder.write("file", "");
  for (const auto& directory : {file, file / "audit"}) {
    const auto message = message_of([&] { AuditSegments segments(directory); });
    CAPTURE(message);
    CHECK(message.find(directory.string()) != std::string::npos);
  }
}

TEST_CASE("a new segment is named after its first record, and the old one is left as it is") {
  const TemporaryDirectory folder;
  AuditSegments segments(folder.path());
  std::error_code error;
  segments.append("old\n", error);
  REQUIRE_FALSE(segments.rotate(17));
  CHECK(segments.size() == 0);
  segments.append("new\n", error);
  CHECK(read_file(folder.path() / first_name) == "old\n");
  CHECK(read_file(folder.path() / "records-000000000017.jsonl") == "new\n");
}

TEST_CASE("where no new segment can be made, the old one stays open") {
  const TemporaryDirectory folder;
  AuditSegments segments(folder.path());
  folder.write("records-000000000017.jsonl", "in the way");
  CHECK(segments.rotate(17) == std::errc::file_exists);
  std::error_code error;
  CHECK(segments.append("more\n", error) == 5);
  CHECK(read_file(folder.path() / first_name) == "more\n");
}

TEST_CASE("a write that fails says why, and counts nothing") {
  const TemporaryDirectory folder;
  int error_number = ENOSPC;
  AuditSegments segments(folder.path(), [&](int, const char*, std::size_t) -> ssize_t {
    errno = error_number;
    return error_number == 0 ? 0 : -1;
  });
  std::error_code error;
  CHECK(segments.append("text", error) == 0);
  CHECK(error == std::errc::no_space_on_device);
  error_number = 0;  // write(2) that takes nothing would be tried for ever
  CHECK(segments.append("text", error) == 0);
  CHECK(error == std::errc::io_error);
  CHECK(segments.size() == 0);
}

// ---- Former bugs.

TEST_CASE("a directory in use stays so when its lock file is removed, or its name changed") {
  const TemporaryDirectory folder;
  const auto directory = folder.path() / "audit";
  const auto is_in_use = [](const std::filesystem::path& named) {
    return message_of([&] { AuditSegments second(named); }).find("in use by another process") !=
           std::string::npos;
  };
  {
    const AuditSegments first(directory);
    std::filesystem::remove(directory / "lock");
    CHECK(is_in_use(directory));
    folder.write("audit/lock", "");
    CHECK(is_in_use(directory));
    std::filesystem::rename(directory, folder.path() / "elsewhere");
    CHECK(is_in_use(folder.path() / "elsewhere"));
    std::filesystem::rename(folder.path() / "elsewhere", directory);
    CHECK(is_in_use(directory));
  }
  CHECK_NOTHROW(AuditSegments{directory});
}

TEST_CASE("nothing goes into a segment that was made shorter, nor behind it, nor is it filled up") {
  const TemporaryDirectory folder;
  const auto name = folder.path() / first_name;
  {
    AuditSegments segments(folder.path());
    std::error_code error;
    CHECK(segments.append("{\"seq\":0}\n{\"seq\":1}\n", error) == 20);
    std::filesystem::resize_file(name, 0);
    CHECK(segments.append("{\"seq\":2}\n", error) == 0);
    CHECK(error.message().find("has made the segment shorter") != std::string::npos);
    CHECK(segments.sync() == error);
    CHECK(segments.rotate(3) == error);
  }
  CHECK(std::filesystem::file_size(name) == 0);
}

TEST_CASE("a newest segment that does not begin with the record in its name is an error") {
  const TemporaryDirectory folder;
  for (const std::string found :
       {"{\"seq\":1083}\n", "{\"seq\":1}\n{\"seq\":2}\n", "nonsense\n{\"seq\":5}\n"}) {
    CAPTURE(found);
    folder.write(first_name, found);
    const auto message = message_of([&] { AuditSegments segments(folder.path()); });
    CHECK(message.find("and not with the one in its name: records are lost") != std::string::npos);
    CHECK(read_file(folder.path() / first_name) == found);
  }
}
