// The requests that are made up, and what is known of them when they are answered.
#include "bench/load/workload.hpp"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <set>

#include "bench/load/preference_names.hpp"
#include "bench/load/stored_check.hpp"

using namespace load;

namespace {

const RequestHead head{.host = "gate.example", .token = "secret", .close = false};

Workload workload(const Mix& mix) {
  return {mix, head, [](std::uint64_t) { return Nanoseconds(0); }};
}

std::vector<std::string> made(Workload& from, std::size_t count) {
  std::vector<std::string> texts(count);
  for (std::size_t i = 0; i < count; ++i) from.make(i, texts[i]);
  return texts;
}

std::string body_of(const std::string& text) {
  return text.substr(text.find("\r\n\r\n") + 4);
}

AnswerReader answer(int status) {
  AnswerReader reader;
  reader.begin(true);
  reader.take("HTTP/1.1 " + std::to_string(status) + " x\r\ncontent-length: 0\r\n\r\n");
  return reader;
}

const Mix all_kinds{.posts = 0.5, .flaws = {0.4, 0.3, 0.2, 0.1}};

}  // namespace

TEST_CASE("the same seed makes the same requests, another one others") {
  auto mix = all_kinds;
  auto one = workload(mix), same = workload(mix);
  const auto texts = made(one, 200);
  CHECK(made(same, 200) == texts);
  mix.seed = 2;
  auto other = workload(mix);
  CHECK(made(other, 200) != texts);
}

TEST_CASE("every request is whole: its length is right, its JSON is good, its flaw is there") {
  auto load = workload(all_kinds);
  std::set<std::uint32_t> kinds;
  for (std::uint64_t i = 0; i < 500; ++i) {
    std::string text;
    const auto ticket = load.make(i, text);
    kinds.insert(ticket.kind);
    CAPTURE(text);
    const auto flaw = static_cast<Flaw>(ticket.kind % 4);
    const bool post = ticket.kind >= 4;
    CHECK(text.starts_with(post ? "POST /api/1/notification_preferences HTTP/1.1\r\n"
                                : "GET /api/1/notification_preferences?locale=en_GB&"));
    CHECK((text.find("platfrom") != text.npos) == (flaw == Flaw::misspelt));
    CHECK((text.find("toaster") != text.npos) == (flaw == Flaw::invalid));
    const auto unknown = post ? "not_a_preference_yet" : "&colour=red";
    CHECK((text.find(unknown) != text.npos) == (flaw == Flaw::unknown));
    auto token = Workload::device_token(ticket.device);
    CHECK(token.size() == 163);
    if (!post) token.replace(token.find(':'), 1, "%3A");
    CHECK(text.find(token) != text.npos);
    if (!post) continue;
    const auto body = body_of(text);
    CHECK(text.find("Content-Length: " + std::to_string(body.size()) + "\r\n") != text.npos);
    rapidjson::Document json;
    json.Parse(body.c_str());
    REQUIRE_FALSE(json.HasParseError());
    const auto& map = json["notification_preferences"];
    CHECK(map.MemberCount() == 17 + (flaw == Flaw::unknown ? 1 : 0));
    CHECK(map["alarm"].GetBool() == Workload::is_on(0, ticket.variant));
  }
  CHECK(kinds.size() == 8);
}

TEST_CASE("105 names are 105 different ones, and 3.6 kB as in real apps") {
  CHECK(std::set<std::string_view>(preference_names.begin(), preference_names.end()).size() == 105);
  auto load = workload({.posts = 1, .names = 105});
  const auto body = body_of(made(load, 1)[0]);
  CHECK(body.size() > 3000);
  CHECK(body.size() < 4000);
}

TEST_CASE("shares come out as asked for") {
  auto load = workload(all_kinds);
  made(load, 20'000);
  const auto sent = load.sent();
  CHECK(sent.at("good GET") == doctest::Approx(4000).epsilon(0.05));
  CHECK(sent.at("misspelt POST") == doctest::Approx(3000).epsilon(0.05));
  CHECK(sent.at("invalid GET") == doctest::Approx(2000).epsilon(0.08));
  CHECK(sent.at("unknown POST") == doctest::Approx(1000).epsilon(0.1));
  auto gets = workload({.posts = 0});
  made(gets, 100);
  CHECK(gets.sent() == std::map<std::string, std::uint64_t>{{"good GET", 100}});
}

TEST_CASE("with a skew of 1 the first device asks ten times as often as the tenth; with 0 alike") {
  const auto asked = [](double skew) {
    auto load = workload({.devices = 10, .skew = skew});
    std::vector<double> counts(10);
    std::string text;
    for (std::uint64_t i = 0; i < 20'000; ++i) ++counts.at(load.make(i, text).device);
    return counts;
  };
  const auto skewed = asked(1);
  CHECK(skewed[0] / skewed[9] == doctest::Approx(10).epsilon(0.15));
  CHECK(skewed[0] == doctest::Approx(20'000 / 2.929).epsilon(0.05));
  for (const double count : asked(0)) CHECK(count == doctest::Approx(2000).epsilon(0.1));
}

TEST_CASE("an answer with another status than its kind is to have is said in words") {
  auto load = workload({.posts = 1, .flaws = {0, 0, 1, 0}});
  std::string text;
  CHECK(load.judge(load.make(0, text), answer(422)).empty());
  CHECK(load.judge(load.make(1, text), answer(200)) == "invalid POST answered 200, not 422");
}

TEST_CASE("what a device has stored is known after a POST that was alone and answered 200") {
  auto load = workload({.posts = 1, .devices = 1});
  std::string text;
  const auto first = load.make(0, text);
  CHECK(load.stored().empty());
  load.judge(first, answer(200));
  REQUIRE(load.stored().size() == 1);
  CHECK(load.stored()[0].variant == first.variant);
  // Two at a time, answered in whatever order: in doubt until another one was alone.
  const auto second = load.make(1, text), third = load.make(2, text);
  load.judge(third, answer(200));
  load.judge(second, answer(200));
  CHECK(load.stored().empty());
  load.judge(load.make(3, text), answer(500));
  CHECK(load.stored().empty());
  load.judge(load.make(4, text), answer(200));
  CHECK(load.stored().size() == 1);
  // One that was never answered may arrive at any time.
  load.failed(load.make(5, text));
  load.judge(load.make(6, text), answer(200));
  CHECK(load.stored().empty());
}

TEST_CASE("what the upstream has is held against what is wanted, name by name") {
  const std::map<std::string, bool> wanted{{"alarm", true}, {"beta", false}};
  CHECK(wrong_in(R"({"response":{"beta":false,"alarm":true}})", wanted).empty());
  CHECK(wrong_in(R"({"response":{"beta":false,"alarm":false}})", wanted) == "alarm is not true");
  CHECK(wrong_in(R"({"response":{"beta":false,"alarm":"true"}})", wanted) == "alarm is not true");
  CHECK(wrong_in(R"({"response":{"alarm":true}})", wanted) == "beta is not there, to be false");
  CHECK(wrong_in(R"({"response":{"beta":false,"alarm":true,"x":true}})", wanted) ==
        "a preference is there that is not to be");
  for (const auto* none : {"", "{}", "[]", R"({"response":null})", R"({"response":)"})
    CHECK(wrong_in(none, wanted) == "the upstream's answer has no preferences");
}
