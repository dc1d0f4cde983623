// The policy that a configuration names: loaded with it, checked with it, told of by `check`.
#include <doctest/doctest.h>

#include <sstream>

#include "proxy/cli.hpp"
#include "proxy/keyed_hash.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;

namespace {

constexpr std::string_view smallest =
    "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {url: \"http://127.0.0.1:9\"}\n";

struct Place {
  tests::TemporaryDirectory folder;

  LoadedConfig load(std::string_view file_name, std::string_view more = "") const {
    return load_config(
        folder.write("x.yaml", std::string(smallest) + "filters: {policy: {file: " +
                                   std::string(file_name) + "}}\n" + std::string(more)),
        NamedFiles::check);
  }
  // Diagnostics, a line each, with DIR in the folder's place.
  static std::string lines(const LoadedConfig& loaded, const std::filesystem::path& folder) {
    std::string text;
    for (const auto& each : loaded.diagnostics)
      text += (text.empty() ? "" : "\n") + to_string(each);
    for (std::size_t at; (at = text.find(folder.string())) != text.npos;)
      text.replace(at, folder.string().size(), "DIR");
    return text;
  }
  std::string found(std::string_view file_name, std::string_view more = "") const {
    return lines(load(file_name, more), folder.path());
  }
};

}  // namespace

TEST_CASE("a policy is loaded with its digest, and none is none") {
  const Place place;
  const std::string text = "version: 1\nrules: [{id: a, deny: {message: no}}]\n";
  place.folder.write("p.yaml", text);
  const auto loaded = place.load("p.yaml");
  REQUIRE(loaded.config);
  REQUIRE(loaded.config->filters.policy);
  CHECK(loaded.config->filters.policy->rules.size() == 1);
  CHECK(loaded.config->policy_file == place.folder.path() / "p.yaml");
  CHECK(loaded.config->policy_digest == "sha256:" + sha256_hex(text));
  const auto none = place.load("none");
  REQUIRE(none.config);
  CHECK_FALSE(none.config->filters.policy);
  CHECK(none.config->policy_digest == "");
}

TEST_CASE("answers are observed unless they are to be governed") {
  const Place place;
  place.folder.write("p.yaml", "version: 1\nrules: []\n");
  const auto answers = [&](std::string_view more) {
    const auto loaded = place.load("p.yaml" + std::string(more));
    REQUIRE(loaded.config);
    return loaded.config->filters.answers;
  };
  CHECK(answers("") == filters::Answers::observe);
  CHECK(answers(", answers: observe") == filters::Answers::observe);
  CHECK(answers(", answers: governed") == filters::Answers::governed);
  CHECK(place.found("p.yaml, answers: govern") ==
        "DIR/x.yaml:3:43: expected one of observe, governed, got `govern` (did you mean "
        "`governed`?)");
}

TEST_CASE("what is wrong with a policy is wrong with the configuration") {
  const Place place;
  CHECK(place.found("lost.yaml") ==
        "DIR/x.yaml:3:26: cannot read DIR/lost.yaml: No such file or directory");
  place.folder.write("p.yaml", "version: 1\nrules: [{id: a, force: {alrm: true}, whn: 1}]\n");
  CHECK(place.found("p.yaml") ==
        "DIR/p.yaml:2:25: warning: `alrm` is not a known preference (did you mean `alarm`?)\n"
        "DIR/p.yaml:2:38: unknown key `whn` (did you mean `why`?)");
  CHECK_FALSE(place.load("p.yaml").config);
}

TEST_CASE("a policy's own files stand beside it, not beside the configuration") {
  const Place place;
  place.folder.write("rules/lists/bench.txt", "# nobody\n");
  place.folder.write("rules/p.yaml",
                     "version: 1\ngroups: {bench: {devices: lists/bench.txt}}\nrules: []\n");
  CHECK(place.found("rules/p.yaml") ==
        "DIR/rules/p.yaml:2:27: warning: DIR/rules/lists/bench.txt names no device");
}

TEST_CASE("groups by certificate need a listener that asks for one") {
  const Place place;
  place.folder.write("p.yaml", "version: 1\ngroups: {depot: {client_san: [\"*.x\"]}}\nrules: []\n");
  CHECK(place.found("p.yaml") ==
        "DIR/x.yaml:3:26: warning: the policy's group `depot` is known by certificates, and no "
        "listener asks for them: give `client_ca`");
}

TEST_CASE("devices hashed under another key than the records' are told of") {
  const Place place;
  const std::string key(32, 'k');
  place.folder.write("a.hmac", key);
  const std::string own(HmacKey({reinterpret_cast<const unsigned char*>(key.data()), 32}).id());
  const auto exception = [&](const std::string& id) {
    place.folder.write("p.yaml",
                       "version: 1\nrules: [{id: a, deny: {message: no}}]\nexceptions:\n"
                       "  - {rule: a, device: \"hmac-sha256:" +
                           id + ":" + std::string(64, 'a') +
                           "\", until: 9999-12-31, owner: me, reason: why}\n");
    auto lines = place.found("p.yaml", "audit: {hmac_key: a.hmac}\n");
    // Whether others may read it depends on the umask of whoever runs this.
    if (const auto at = lines.find("DIR/x.yaml:4:"); at != lines.npos) lines.erase(at);
    return lines;
  };
  CHECK(exception(own) == "");
  CHECK(
      exception("0123abcd")
          .starts_with(
              "DIR/x.yaml:3:26: warning: the policy has devices hashed under key 0123abcd, and the "
              "records' key is " +
              own + ": they never match"));
}

TEST_CASE("check has a line for the policy") {
  const Place place;
  place.folder.write("p.yaml",
                     "version: 1\nrules:\n  - {id: a, mode: enforce, force: {alarm: true}}\n"
                     "  - {id: b, forbid: [alarm], when: {platform: ios}}\n"
                     "tests: [{name: t, request: {}, expect: {rules: [a, b]}}]\n");
  place.load("p.yaml");
  const auto config = (place.folder.path() / "x.yaml").string();
  const char* const argv[] = {"prefgate", "check", "-c", config.c_str()};
  std::istringstream in;
  std::ostringstream out, err;
  CHECK(run(4, argv, {}, {in, out, err}) == 0);
  CHECK(out.str().find("\n  policy " + (place.folder.path() / "p.yaml").string() +
                       ": 2 rules (1 enforce, 1 observe), 0 exceptions, 1 test\n") !=
        std::string::npos);
}
