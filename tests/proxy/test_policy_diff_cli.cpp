// `prefgate policy diff`: what it prints, and its exit status.
#include <doctest/doctest.h>

#include <sstream>

#include "proxy/cli.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

struct Ran {
  int status;
  std::string out, err;
};

struct Place {
  tests::TemporaryDirectory folder;

  Place() {
    write("old.yaml", "version: 1\nrules: []\n");
    write("new.yaml",
          "version: 1\nrules:\n  - {id: on, mode: enforce, force: {alarm: true}}\n"
          "  - {id: shut, mode: enforce, when: {app_version: <4}, deny: {message: no}}\n");
    std::string lines;
    for (int seq = 0; seq < 20; ++seq) lines += record(seq);
    write("audit/records-000000000000.jsonl", lines);
  }

  void write(const std::string& name, const std::string& text) const { folder.write(name, text); }

  // Every fourth is of an old app, every fifth of the rest has the alarm off.
  static std::string record(int seq) {
    return R"({"seq":)" + std::to_string(seq) +
           R"(,"time":"2026-06-01T08:00:00.000001Z","decision":"forwarded",)"
           R"("http.request.method":"POST","url.path":"/api/1/notification_preferences",)"
           R"("device_token":"hmac-sha256:0123abcd:)" +
           std::string(64, static_cast<char>('a' + seq % 2)) + R"(","fields":{"app_version":")" +
           (seq % 4 == 3 ? "3.9" : "4.17") + R"("},"preferences":{"alarm":)" +
           (seq % 5 == 0 ? "false" : "true") + "}}\n";
  }

  Ran run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"prefgate",       "policy",         "diff",
                                       "--from",         path("old.yaml"), "--to",
                                       path("new.yaml"), "--audit",        path("audit")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<const char*> argv;
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    std::istringstream in;
    std::ostringstream out, err;
    const int status = proxy::run(static_cast<int>(argv.size()), argv.data(), {}, {in, out, err});
    return {status, out.str(), err.str()};
  }

  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
};

}  // namespace

TEST_CASE("policy diff tells what is newly denied first, then what changes, each with examples") {
  const Place place;
  const auto ran = place.run();
  CHECK(ran.status == 0);
  CHECK(ran.err == "");
  CHECK(ran.out ==
        "20 exchanges of 20 records replayed: 8 would differ (40.00 %), of 2 devices\n"
        "\nnewly denied\n"
        "  shut: 5 exchanges, 1 device; for example records 3, 7, 11\n"
        "\nchanged\n"
        "  on: 3 exchanges, 2 devices; for example records 0, 5, 10\n"
        "    alarm: false -> true  3\n");
  CHECK(
      place.run({"--format", "json"}).out ==
      R"({"records":20,"replayed":20,"changed":8,"devices":2,"refused":0,"unclear":0,)"
      R"("no_values":0,"not_governed":0,"effects":[{"kind":"newly_denied","rule":"shut","policy":"to",)"
      R"("exchanges":5,"devices":1,"preferences":{},"examples":[3,7,11]},)"
      R"({"kind":"changed","rule":"on","policy":"to","exchanges":3,"devices":2,)"
      R"("preferences":{"alarm: false -> true":3},"examples":[0,5,10]}]})"
      "\n");
}

TEST_CASE("policy diff says how many records have too little in them to be replayed") {
  Place place;
  auto metadata = Place::record(1);
  metadata.insert(metadata.find(R"("fields")"), R"("level":"metadata",)");
  auto full = Place::record(2);
  full.insert(full.find(R"("fields")"), R"("level":"full",)");
  place.write("audit/records-000000000000.jsonl", Place::record(0) + metadata + full);
  CHECK(place.run().out.starts_with("2 exchanges of 3 records replayed: "));
  CHECK(place.run().out.ends_with(
      "\nleft out: 1 exchange recorded at level `metadata`, without the preferences\n"));
  CHECK(place.run({"--format", "json"}).out.find(R"("no_values":1)") != std::string::npos);
}

TEST_CASE("policy diff fails where more changes than it may, and only then") {
  const Place place;
  CHECK(place.run({"--fail-above", "39.99%"}).status == 1);
  CHECK(place.run({"--fail-above", "40%"}).status == 0);
  CHECK(place.run({"--fail-above", "100%"}).status == 0);
  const auto nothing = place.run({"--fail-above", "100%", "--since", "2026-06-02"});
  CHECK(nothing.status == 1);
  CHECK(nothing.err == "no exchange was replayed: --fail-above has nothing to judge by\n");
  const auto wrong = place.run({"--fail-above", "1"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("expected a share such as 1% or 0.5%") != std::string::npos);
}

TEST_CASE("policy diff replays the records of the time that is asked for") {
  const Place place;
  const auto replayed = [&](const std::vector<std::string>& more) {
    const auto out = place.run(more).out;
    return out.substr(0, out.find(" replayed"));
  };
  CHECK(replayed({"--since", "2026-06-01"}) == "20 exchanges of 20 records");
  CHECK(replayed({"--since", "2026-06-01T08:00:00.000002Z"}) == "0 exchanges of 0 records");
  CHECK(replayed({"--until", "2026-06-01T08:00:00.000001Z"}) == "0 exchanges of 0 records");
  CHECK(replayed({"--since", "2026-06-01", "--until", "2026-06-02"}) ==
        "20 exchanges of 20 records");
  const auto backwards = place.run({"--since", "2026-06-02", "--until", "2026-06-01"});
  CHECK(backwards.status == 2);
  CHECK(backwards.err ==
        "--since 2026-06-02 is not before --until 2026-06-01: no time is between them\n");
  CHECK(place.run({"--since", "yesterday"}).err.find("expected a date (2026-11-22)") !=
        std::string::npos);
}

TEST_CASE("what policy diff cannot read it names") {
  Place place;
  const auto& run = [&] { return place.run(); };
  SUBCASE("a policy with a fault") {
    place.write("new.yaml", "version: 1\nrules:\n  - {id: on, frce: {alarm: true}}\n");
    CHECK(run().status == 1);
    CHECK(run().err.find("new.yaml:3:14: unknown key `frce` (did you mean `force`?)") !=
          std::string::npos);
  }
  SUBCASE("no policy") {
    std::filesystem::remove(place.folder.path() / "old.yaml");
    CHECK(run().status == 2);
    CHECK(run().err.find("old.yaml: cannot read: ") != std::string::npos);
  }
  SUBCASE("no directory") {
    std::filesystem::remove_all(place.folder.path() / "audit");
    CHECK(run().status == 2);
    CHECK(run().err.find(place.path("audit")) != std::string::npos);
  }
  SUBCASE("a line that is no record") {
    place.write("audit/records-000000000000.jsonl", Place::record(0) + "nonsense\n");
    CHECK(run().status == 2);
    CHECK(run().err == place.path("audit/records-000000000000.jsonl") +
                           ": behind record 0 is a line that is no record: `prefgate audit "
                           "verify` says more\n");
  }
  SUBCASE("a torn end is of a gateway that is writing") {
    place.write("audit/records-000000000000.jsonl",
                Place::record(0) + Place::record(1).substr(0, 40));
    CHECK(run().status == 0);
    CHECK(run().out.starts_with("1 exchange of 1 record replayed: 1 would differ (100.00 %)"));
  }
  SUBCASE("an empty audit") {
    place.write("audit/records-000000000000.jsonl", "");
    CHECK(run().status == 0);
    CHECK(run().out ==
          "0 exchanges of 0 records replayed: 0 would differ (0.00 %), of 0 devices\n");
  }
  SUBCASE("devices hashed under another key") {
    place.write("old.yaml",
                "version: 1\nrules:\n  - {id: a, force: {alarm: true}}\nexceptions:\n"
                "  - {rule: a, device: \"hmac-sha256:ffffffff:" +
                    std::string(64, '0') + "\", until: 2099-01-01, owner: o, reason: r}\n");
    CHECK(run().status == 0);
    CHECK(run().err.find("old.yaml: warning: has devices hashed under key ffffffff, and no record "
                         "is: they match nobody here") != std::string::npos);
  }
}
