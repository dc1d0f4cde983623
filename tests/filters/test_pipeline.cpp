// Properties of the whole chain: it is idempotent, it changes only what it journals, and what it
// lets go on is what the contract says.
#include "filters/pipeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

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

// A body that is often right, often nearly so. So many of a hundred fields are there.
std::string random_body(Random& random, unsigned present = 97) {
  std::vector<std::string> members;
  for (const auto& right : rights) {
    if (random() % 100 >= present) continue;
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

// Pairs of a form, or of a POST's query.
std::string random_form(Random& random, unsigned present = 97) {
  constexpr std::string_view fields[][3] = {
      {"locale=en", "local=+en_GB", "Locale=%65n"},
      {"device_token=abc%3Adef", "deviceToken=a%22", "device_token=%20t"},
      {"device_type=ios", "devicetype=Android-Beta", "device_type=ios"},
      {"platform=ios", "platfrom=iOS", "platform=+Ios%0A"},
      {"app_version=4.17.0", "appVersion=4", "app_version=4%20"},
      {"notification_preferences[alarm]=true", "notificationPreferences%5Balarm%5D=0",
       "notification_preferences[alarm]=1&x=y&notification_preferences[x_y]=false"}};
  std::vector<std::string_view> pairs;
  for (const auto& field : fields) {
    if (random() % 100 >= present) continue;
    for (int copies = random() % 16 == 0 ? 2 : 1; copies > 0; --copies)
      pairs.push_back(pick(random, field));
  }
  if (random() % 3 == 0) pairs.push_back("extra[a]=%c3%a4");
  std::shuffle(pairs.begin(), pairs.end(), random);
  std::string form;
  for (const auto pair : pairs) form.append(pair).append(random() % 16 == 0 ? "&&" : "&");
  if (!form.empty() && random() % 2 == 0) form.pop_back();
  return form;
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

// Whether `text` is `whole` with one piece cut out.
bool lacks_one_piece(std::string_view text, std::string_view whole) {
  if (text.size() > whole.size()) return false;
  const auto ahead = std::ranges::mismatch(text, whole).in1 - text.begin();
  return whole.ends_with(text.substr(static_cast<std::size_t>(ahead)));
}

void check_properties(std::string_view method, const std::string& query, const std::string& body,
                      const Settings& settings, std::size_t& passed,
                      const std::string& type = "application/json") {
  CAPTURE(query);
  CAPTURE(body);
  TestExchange exchange(method, query, body);
  exchange.with_type(type);
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
  const auto source = exchange->body.source;
  CHECK((type.ends_with("urlencoded") || lacks_one_piece(body, source)));
  CHECK(exchange->body_edits.empty() == (sent_body == source));
  CHECK((exchange->journal.edits() > 0) == (sent_query != query || sent_body != body));
  CHECK(is_subsequence(untouched(query, exchange->query_edits), sent_query));
  CHECK(is_subsequence(untouched(source, exchange->body_edits), sent_body));

  if (method == "POST")
    check_unjournaled(*exchange, exchange->body, source, sent_body);
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

TEST_CASE("random forms: likewise") {
  Random random(20);
  std::size_t passed = 0;
  for (int i = 0; i < 4000; ++i)
    check_properties("POST", "", random_form(random), {}, passed,
                     "application/x-www-form-urlencoded");
  CHECK(passed > 500);
  CHECK(passed < 3500);
}

TEST_CASE("random bodies and queries that share the fields: likewise") {
  Settings settings;
  settings.repair.placement = Mode::enforce;
  Random random(21);
  std::size_t passed = 0;
  for (int i = 0; i < 8000; ++i) {
    const auto body = i % 8 == 0 ? "" : random_body(random, 70);
    check_properties("POST", random_form(random, i % 8 == 0 ? 97 : 40), body, settings, passed);
  }
  CHECK(passed > 200);
  CHECK(passed < 7000);
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
