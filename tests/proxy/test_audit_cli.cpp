#include "proxy/audit_cli.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/support/audit.hpp"

using namespace proxy;
using namespace tests;

namespace {

struct Ran {
  int status = -1;
  std::string out, err;
};

Ran run_with(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv{"prefgate", "audit"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in;
  std::ostringstream out, err;
  Ran ran;
  ran.status = run(static_cast<int>(argv.size()), argv.data(), {}, {in, out, err});
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

// A closed log of ten records, its public key and an earlier checkpoint.
struct Place {
  TemporaryDirectory folder;
  AuditSettings settings = settings_for(folder);
  std::string directory = settings.directory.string();
  std::string key = folder.write("key", settings.signing_key.public_key().pem()).string();
  std::string other = folder.write("other", SigningKey::generate().public_key().pem()).string();
  std::string first = (folder.path() / "first").string();

  Place() {
    add(4);
    std::filesystem::copy_file(settings.directory / "checkpoint", first);
    add(6);
  }
  void add(int records) const {
    AuditWriter writer(settings);
    for (int i = 0; i < records; ++i) tests::put(writer.ring(0), "{\"x\":\"some text\"}");
    REQUIRE(writer.stop());
  }
  void tamper() const {
    const auto file = settings.directory / "records-000000000000.jsonl";
    std::fstream at(file, std::ios::in | std::ios::out | std::ios::binary);
    at.seekp(40);
    at.put('X');
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("wrong usage of the audit's commands is 2") {
  const Place place;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"nonsense"},
           {"verify"},
           {"verify", place.directory},
           {"verify", "--public-key", place.key},
           {"verify", place.directory, "--public-key"},
           {"verify", place.directory, "--public-key", place.key, "--checkpoint-key", place.key},
           {"verify", place.directory, "--public-key", place.key, "--checkpoint", place.first,
            "--since", place.first},
           {"prove", place.directory},
           {"prove", place.directory, "x"},
           {"prove", place.directory, "-1"},
           {"prove", place.directory, "1", "--to", "x"},
           {"verify-proof", "--public-key", place.key},
           {"verify-proof", "x"}}) {
    const Ran ran = run_with(arguments);
    CAPTURE(ran.out);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
}

TEST_CASE("verify: 0 and what was seen, 1 and the fault, 2 and what cannot be read") {
  const Place place;
  const auto name = place.settings.signing_key.public_key().name();
  const Ran good = run_with({"verify", place.directory, "--public-key", place.key});
  CHECK(good.status == 0);
  CHECK(good.err.empty());
  CHECK(good.out.starts_with(place.directory + ": good\n  10 records in 1 segment, 10 signed by " +
                             name + ", and closed\n  root "));
  const auto kept =
      run_with({"verify", place.directory, "--public-key", place.key, "--checkpoint", place.first});
  CHECK(kept.status == 0);
  CHECK(kept.out == good.out);
  const auto since =
      run_with({"verify", place.directory, "--public-key", place.key, "--since", place.first});
  CHECK(since.status == 0);
  CHECK(since.out == good.out);  // there is one segment alone

  const auto unreadable = [&](const std::vector<std::string>& arguments, const std::string& what) {
    const Ran ran = run_with(arguments);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CAPTURE(ran.err);
    CHECK(has(ran.err, what));
  };
  unreadable({"verify", place.directory, "--public-key", "none"}, "public key none: ");
  unreadable({"verify", place.directory + "x", "--public-key", place.key}, place.directory + "x");
  unreadable({"verify", place.directory, "--public-key", place.key, "--checkpoint", "none"},
             "none: cannot read: No such file");
  for (const auto* option : {"--checkpoint", "--since"})
    unreadable({"verify", place.directory, "--public-key", place.key, option, place.key},
               place.key + ": is not a signed note");

  const Ran wrong_key = run_with({"verify", place.directory, "--public-key", place.other});
  CHECK(wrong_key.status == 1);
  CHECK(has(wrong_key.out, "fault: the checkpoint is not signed by this key"));

  place.tamper();
  const Ran bad = run_with({"verify", place.directory, "--public-key", place.key});
  CHECK(bad.status == 1);
  CHECK(bad.err.empty());
  CHECK(bad.out.starts_with(
      place.directory +
      ": NOT GOOD\n  fault: record 1 was altered: records-000000000000.jsonl:2 is not the line "
      "that was signed\n"));
}

// Former bug: both were opened with the log's key, and a kept checkpoint was lost with its key.
TEST_CASE("a checkpoint kept from before the log changed its key verifies with the key of then") {
  Place place;
  const auto old_key = place.key;
  const auto kept = (place.folder.path() / "kept").string();
  std::filesystem::copy_file(place.settings.directory / "checkpoint", kept);
  place.settings.signing_key = SigningKey::generate();
  place.add(2);
  const auto key =
      place.folder.write("new", place.settings.signing_key.public_key().pem()).string();
  const auto verify = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"verify", place.directory, "--public-key",
                                       key,      "--checkpoint",  kept};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_with(arguments);
  };
  const Ran one_key = verify({});
  CHECK(one_key.status == 2);
  CHECK(has(one_key.err, kept + ": is not signed by this key"));
  CHECK(has(one_key.err, "--checkpoint-key"));
  CHECK(verify({"--checkpoint-key", key}).status == 2);
  CHECK(run_with({"verify", place.directory, "--public-key", key, "--since", kept,
                  "--checkpoint-key", old_key})
            .status == 0);
  const Ran good = verify({"--checkpoint-key", old_key});
  CHECK(good.status == 0);
  CHECK(has(good.out, "12 records in 1 segment, 12 signed by " +
                          place.settings.signing_key.public_key().name()));

  // One is altered and all is signed anew, by who has the new key.
  place.tamper();
  for (const auto* name : {"checkpoint", "tree-0"})
    std::filesystem::remove(place.settings.directory / name);
  place.add(0);
  CHECK(run_with({"verify", place.directory, "--public-key", key}).status == 0);
  const Ran bad = verify({"--checkpoint-key", old_key});
  CHECK(bad.status == 1);
  CHECK(has(bad.out, "fault: the log was rewritten and signed anew"));
}

TEST_CASE("prove prints what verify-proof takes, alone or from an earlier tree") {
  const Place place;
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{}, {"--to", "4"}}) {
    std::vector<std::string> arguments{"prove", place.directory, "3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran proved = run_with(arguments);
    REQUIRE(proved.status == 0);
    CHECK(proved.err.empty());
    const auto proof = place.folder.write("proof", proved.out).string();
    const Ran checked = run_with({"verify-proof", proof, "--public-key", place.key});
    CHECK(checked.status == 0);
    CHECK(checked.out.starts_with(proof + ": good\n  record 3 is one of the first " +
                                  (more.empty() ? "10" : "4") + " records, whose root is "));
    CHECK(has(checked.out, "these are the beginning of 10") == !more.empty());
    CHECK(has(checked.out, R"({"seq":3,"x":"some text"})"));
    const Ran other = run_with({"verify-proof", proof, "--public-key", place.other});
    CHECK(other.status == 1);
    CHECK(other.out.starts_with(proof + ": NOT GOOD: the checkpoint is not signed by this key"));
    auto forged = proved.out;
    forged.replace(forged.find("some"), 4, "same");
    const auto file = place.folder.write("forged", forged).string();
    const Ran bad = run_with({"verify-proof", file, "--public-key", place.key});
    CHECK(bad.status == 1);
    CHECK(bad.out == file + ": NOT GOOD: the record does not lead to the root of the tree\n");
  }
}

TEST_CASE("prove: 1 and the reason where there is no proof, 2 where there is no directory") {
  const Place place;
  const Ran none = run_with({"prove", place.directory, "10"});
  CHECK(none.status == 1);
  CHECK(none.out.empty());
  CHECK(none.err == "the last checkpoint has 10 records: there is no record 10 in a tree of 10\n");
  place.tamper();
  CHECK(run_with({"prove", place.directory, "1"}).status == 1);
  CHECK(run_with({"prove", place.directory, "2"}).status == 0);
  CHECK(run_with({"prove", place.directory + "x", "2"}).status == 2);
  const Ran unreadable = run_with({"verify-proof", place.key, "--public-key", place.key});
  CHECK(unreadable.status == 2);
  CHECK(unreadable.err.starts_with(place.key + ": is no proof: "));
}
