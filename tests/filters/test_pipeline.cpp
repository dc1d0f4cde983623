// Properties of the whole chain: it is idempotent, it changes only what it journals, what it lets
// go on is what the contract says, and a warm exchange asks the heap for nothing.
#include "filters/pipeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/allocations.hpp"
#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

using Random = std::mt19937;

template <class List>
auto pick(Random& random, const List& list) {
  return list[random() % std::size(list)];
}

constexpr std::string_view spaces[] = {
    "", "", "", " ", "\n", "\t ", "\xE2\x80\x8B", "\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9"};
constexpr std::string_view names[] = {
    "locale",   "device_token", "device_type", "platform",    "app_version", "platfrom", "plaform",
    "PLATFORM", "deviceToken",  "app-version", "devicetoken", "x",           "txid"};

struct Right {
  std::string_view name;
  std::vector<std::string_view> spellings;
  std::vector<std::string_view> values;  // JSON
};
const std::vector<Right> rights = {
    {"locale", {"locale", "local", "Locale"}, {R"("en")", R"(" en_GB")", R"("\u0065n")", "null"}},
    {"device_token",
     {"device_token", "deviceToken", "device-token"},
     {R"("abc:def")", R"("a\/b ")"}},
    {"device_type", {"device_type", "devicetype"}, {R"("ios")", R"("Android-Beta")"}},
    {"platform",
     {"platform", "platfrom", "platf\\u0072om"},
     {R"("ios")", R"("iOS")", R"(" Ios\n")"}},
    {"app_version", {"app_version", "appVersion"}, {R"("4.17.0")", "4.17", "4", R"("4 ")", "4e1"}},
    {"notification_preferences",
     {"notification_preferences", "notificationPreferences"},
     {R"({"alarm":true})", R"({ "alarm" : "true" , "x_y":0})", "{}", R"({"a":1,"b":"false"})"}},
};

// A body that is often right, often nearly so.
std::string random_body(Random& random) {
  std::vector<std::string> members;
  for (const auto& right : rights) {
    if (random() % 40 == 0) continue;
    for (int copies = random() % 8 == 0 ? 2 : 1; copies > 0; --copies)
      members.push_back('"' + std::string(pick(random, right.spellings)) + '"' +
                        std::string(pick(random, spaces)) + ':' +
                        std::string(pick(random, spaces)) +
                        std::string(pick(random, right.values)));
  }
  if (random() % 3 == 0) members.push_back(R"("extra":[1.50,{"a":"\u00e4"}])");
  std::shuffle(members.begin(), members.end(), random);
  std::string body = std::string(pick(random, spaces)) + "{";
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) body += ',';
    body.append(pick(random, spaces)).append(members[i]).append(pick(random, spaces));
  }
  return body + "}" + std::string(pick(random, spaces));
}

std::string random_query(Random& random) {
  constexpr std::string_view values[] = {"ios",  "iOS",   "android", "+ios",    "en",  "4.17%20",
                                         "4.17", "%34.1", "",        "abc%3Ad", "ios", "ios"};
  std::string query;
  for (auto count = random() % 9; count > 0; --count)
    query.append(pick(random, names)).append("=").append(pick(random, values)).append("&");
  return query + (random() % 2
                      ? std::string(tests::good_query)
                      : "locale=en&platfrom=iOS&device_type=ios&app_version=4&device_token=%20t");
}

// What `text` says, with names and values as the contract has them: the map of top-level members.
std::map<std::string, std::string> meaning(std::string_view text, Syntax syntax) {
  Arena arena;
  Document document(arena);
  const Fault fault = syntax == Syntax::json ? index_json(text, arena, document)
                                             : index_query(text, arena, document);
  REQUIRE_FALSE(fault);
  std::map<std::string, std::string> out;
  for (std::uint32_t i = 0; i < document.members.size(); i = document.members[i].next) {
    const auto& member = document.members[i];
    out[std::string(member.name)] = std::string(member.value_span.of(text));
  }
  return out;
}

// The text with every edit's span cut out: what must be in source and result alike.
std::string untouched(std::string_view source, const Edits& edits) {
  std::vector<Span> spans;
  for (const auto& edit : edits) spans.push_back(edit.span);
  std::ranges::sort(spans, {}, [](Span span) { return std::pair(span.begin, span.end); });
  std::string out;
  std::uint32_t from = 0;
  for (const Span span : spans) {
    REQUIRE(span.begin >= from);
    out += Span{from, span.begin}.of(source);
    from = span.end;
  }
  return out + std::string(source.substr(from));
}

// Whether `part` is what is left of `whole` when characters are taken out.
bool is_subsequence(std::string_view part, std::string_view whole) {
  for (const char c : whole)
    if (!part.empty() && part.front() == c) part.remove_prefix(1);
  return part.empty();
}

template <class Predicate>
std::ptrdiff_t entry_count(const Journal& journal, Predicate wanted) {
  return std::count_if(journal.begin(), journal.end(), wanted);
}

// Every member that no edit's pointer leads to or came from is in the result, raw bytes and all,
// and the members that are left stand in their old order.
void check_unjournaled(const Exchange& exchange, const Document& document, std::string_view source,
                       std::string_view sent) {
  std::size_t found_at = 0;
  for (std::uint32_t i = 0; i < document.members.size(); i = document.members[i].next) {
    const auto& member = document.members[i];
    const auto name = shown_name(member.name, exchange.arena);
    const auto concerns = [&](const Entry& entry) {
      const auto leads = [&](std::string_view pointer) {
        return !pointer.empty() && (pointer.substr(1) == name ||
                                    pointer.substr(1).starts_with(std::string(name) + "/"));
      };
      return entry.kind == Kind::edit && (leads(entry.pointer) || leads(entry.from));
    };
    if (entry_count(exchange.journal, concerns) > 0) continue;
    const auto invisible = [](const Entry& entry) { return entry.rule == "repair.invisible"; };
    const bool cleaned = entry_count(exchange.journal, invisible) > 0;
    const auto raw = (cleaned ? member.value_span : member.span).of(source);
    const auto at = sent.find(raw, found_at);
    CAPTURE(raw);
    REQUIRE(at != sent.npos);
    found_at = at + raw.size();
  }
}

void check_properties(std::string_view method, const std::string& query, const std::string& body,
                      const Settings& settings, std::size_t& passed) {
  CAPTURE(query);
  CAPTURE(body);
  TestExchange exchange(method, query, body);
  if (!exchange.run(settings)) {
    CHECK(exchange->verdict.rejected());
    if (exchange->verdict.reason == Reason::contract) CHECK(exchange->journal.violations() > 0);
    return;
  }
  ++passed;
  CAPTURE(exchange.story());
  const std::string sent_query(exchange->outgoing_query), sent_body(exchange->outgoing_body);
  CHECK(exchange->journal.violations() == 0);
  CHECK(exchange->query_edits.empty() == (sent_query == query));
  CHECK(exchange->body_edits.empty() == (sent_body == body));
  CHECK((exchange->journal.edits() > 0) == (sent_query != query || sent_body != body));
  CHECK(is_subsequence(untouched(query, exchange->query_edits), sent_query));
  CHECK(is_subsequence(untouched(body, exchange->body_edits), sent_body));

  if (method == "POST")
    check_unjournaled(*exchange, exchange->body, body, sent_body);
  else
    check_unjournaled(*exchange, exchange->query, query, sent_query);

  // It says what the exchange's own document says, and is what the contract asks for.
  const bool post = method == "POST";
  const auto said = meaning(post ? sent_body : sent_query, post ? Syntax::json : Syntax::query);
  const auto fields = Contract::builtin().endpoints()[0].fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (!(post ? fields[f].in_body : fields[f].in_query)) continue;
    CHECK(said.contains(std::string(fields[f].name)));
    REQUIRE(exchange->field(f) != nullptr);
    if (fields[f].type == FieldType::string) CHECK(fields[f].matches(exchange->field(f)->text));
  }

  TestExchange again(method, sent_query, sent_body);
  REQUIRE(again.run(settings));
  CHECK(again->journal.edits() == 0);
  CHECK(again->outgoing_query == sent_query);
  CHECK(again->outgoing_body == sent_body);
}

}  // namespace

TEST_CASE("random bodies: idempotent, minimal, and right where they go on") {
  Random random(17);
  std::size_t passed = 0;
  for (int i = 0; i < 4000; ++i) check_properties("POST", "", random_body(random), {}, passed);
  CHECK(passed > 500);
  CHECK(passed < 3500);
}

TEST_CASE("random queries: likewise") {
  Random random(18);
  std::size_t passed = 0;
  for (int i = 0; i < 4000; ++i) check_properties("GET", random_query(random), "", {}, passed);
  CHECK(passed > 500);
  CHECK(passed < 3500);
}

TEST_CASE("damaged bodies neither crash nor pass as something else") {
  Random random(19);
  std::size_t passed = 0;
  for (int i = 0; i < 4000; ++i) {
    auto body = random_body(random);
    for (auto count = 1 + random() % 3; count > 0; --count) {
      const auto at = random() % body.size();
      if (random() % 2)
        body.erase(at, 1);
      else
        body[at] = static_cast<char>(random() % 256);
    }
    check_properties("POST", "", body, {}, passed);
  }
  CHECK(passed > 50);
}

TEST_CASE("a warm exchange asks the heap for nothing") {
  if (!tests::counts_allocations()) return;  // under a sanitizer
  const auto pipeline = make_pipeline({});
  std::string misspelt(tests::good_query);
  misspelt.replace(misspelt.find("platform="), 9, "platfrom=");
  struct Case {
    std::string_view what, method;
    std::string query, body;
  };
  const Case cases[] = {
      {"clean GET", "GET", std::string(tests::good_query), ""},
      {"mended GET", "GET", misspelt, ""},
      {"refused GET", "GET", "a=1&b=2", ""},
      {"clean POST", "POST", "", tests::app_body(105)},
      {"pretty POST", "POST", "", tests::app_body(105, true)},
      {"mended POST", "POST", "", tests::page_body()},
      {"refused POST", "POST", "platform=ios",
       R"({"a":1,"a":2,"notification_preferences":{"x":null}})"},
      {"malformed POST", "POST", "", "{\"a\""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    TestExchange exchange(c.method, c.query, c.body);
    for (int warm = 0; warm < 2; ++warm) {
      exchange.reset();
      exchange.run(pipeline);
    }
    const auto before = tests::allocations();
    exchange.reset();
    exchange.run(pipeline);
    CHECK(tests::allocations() == before);
  }
}
