// Properties of repair, with the answer known beforehand: a right request is written down at random
// (order, spacing, escapes), and beside it the same with slips in it. The chain must make the first
// of the second, to the byte, journal each slip once, and leave its own output alone. In a mode
// below enforce it must change nothing at all. Seeded: every run sees the same requests.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/exchange.hpp"

using namespace filters;
using tests::TestExchange;

namespace {

using Random = std::mt19937;

bool one_in(Random& random, unsigned n) {
  return random() % n == 0;
}

template <class List>
const auto& pick(Random& random, const List& list) {
  return list[random() % std::size(list)];
}

// A piece of text as it is sent, and as it has to arrive.
struct Spoilt {
  std::string sent;
  std::string right;
  std::size_t slips = 0;

  void add(std::string_view same) { add({std::string(same), std::string(same)}); }
  void add(const Spoilt& part) {
    sent += part.sent;
    right += part.right;
    slips += part.slips;
  }
};

using Spellings = std::vector<Spoilt>;

struct FieldSpellings {
  std::string name;
  Spellings names;
  Spellings values;
};

Spoilt same(const std::string& text) {
  return {text, text};
}

std::vector<FieldSpellings> json_spellings() {
  return {
      {"locale",
       {same("locale"), same(R"(\u006cocale)"), {"local", "locale", 1}, {"Locale", "locale", 1}},
       {same(R"("en")"),
        same(R"("\u0065n_GB")"),
        {R"(" en")", R"("en")", 1},
        {R"("en\t\u0020")", R"("en")", 1}}},
      {"device_token",
       {same("device_token"),
        {"deviceToken", "device_token", 1},
        {"devicetoken", "device_token", 1}},
       {same(R"("abc:def")"), same(R"("a\/b")"), {R"("  abc\n")", R"("abc")", 1}}},
      {"device_type",
       {same("device_type"), {"device-type", "device_type", 1}, {"DEVICE_TYPE", "device_type", 1}},
       {same(R"("ios")"),
        same(R"("android-production")"),
        {R"("iOS")", R"("ios")", 1},
        {R"("\u0041ndroid ")", R"("android")", 1}}},
      {"platform",
       {same("platform"),
        {"platfrom", "platform", 1},
        {R"(platf\u0072om)", "platform", 1},
        {"plattform", "platform", 1}},
       {same(R"("android")"), same(R"("i\u006fs")"), {R"(" Ios\n")", R"("ios")", 1}}},
      {"app_version",
       {same("app_version"), {"appVersion", "app_version", 1}, {"app_verison", "app_version", 1}},
       {same(R"("4.17.0-1566")"),
        {"4.170", R"("4.170")", 1},
        {"4", R"("4")", 1},
        {R"("4 ")", R"("4")", 1}}},
  };
}

std::vector<FieldSpellings> query_spellings() {
  return {
      {"locale",
       {same("locale"), same("%6cocale"), {"local", "locale", 1}, {"l%6fcal", "locale", 1}},
       {same("en"), same("%65n_GB"), {"+en%20", "en", 1}}},
      {"device_token",
       {same("device_token"), {"deviceToken", "device_token", 1}},
       {same("abc:def"), same("abc%3adef"), {"%09abc", "abc", 1}}},
      {"device_type",
       {same("device_type"), {"device%2Dtype", "device_type", 1}},
       {same("ios"), same("ios-bet%61"), {"iOS", "ios", 1}, {"+%41ndroid", "android", 1}}},
      {"platform",
       {same("platform"), {"platfrom", "platform", 1}, {"PLATFORM", "platform", 1}},
       {same("ios"), same("%69os"), {"IOS+", "ios", 1}}},
      {"app_version",
       {same("app_version"), {"app-version", "app_version", 1}},
       {same("4.17"), same("4%2E17"), {"4.17+", "4.17", 1}}},
  };
}

// White space, which stays; sometimes an invisible character in it, which goes.
Spoilt space(Random& random, bool& invisible) {
  constexpr std::string_view spaces[] = {"", "", "", " ", "\n  ", "\t", "\r\n"};
  constexpr std::string_view unseen[] = {"\xE2\x80\x8B", "\xEF\xBB\xBF",
                                         "\xC3\xA2\xE2\x82\xAC\xE2\x80\xB9"};
  Spoilt text;
  text.add(pick(random, spaces));
  if (!one_in(random, 60)) return text;
  text.sent += pick(random, unseen);
  invisible = true;
  return text;
}

Spoilt preferences(Random& random, bool& invisible) {
  const Spellings values = {same("true"),
                            same("false"),
                            {"1", "true", 1},
                            {"0", "false", 1},
                            {R"("true")", "true", 1},
                            {R"("f\u0061lse")", "false", 1}};
  constexpr const char* names[] = {"alarm", "key_added", R"(key\u005fremoved)", "x_1", "lootbox_9"};
  Spoilt map;
  map.add("{");
  for (std::size_t i = 0, count = random() % std::size(names); i < count; ++i) {
    if (i > 0) map.add(",");
    map.add(space(random, invisible));
    map.add('"' + std::string(names[i]) + '"');
    map.add(space(random, invisible));
    map.add(":");
    map.add(one_in(random, 3) ? pick(random, values) : values[0]);
    map.add(space(random, invisible));
  }
  map.add("}");
  return map;
}

// Members or pairs in random order, what stands around each, and which one of them has to go.
struct List {
  static constexpr auto nothing = static_cast<std::size_t>(-1);

  struct Item {
    std::string name;  // as it has to arrive
    Spoilt text;
    Spoilt before, after;
  };
  std::vector<Item> items;
  std::size_t dropped = nothing;

  // Anywhere; returns where.
  std::size_t put(Random& random, const Spoilt& name, const Spoilt& text) {
    const auto at = random() % (items.size() + 1);
    items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), {name.right, text, {}, {}});
    if (dropped != nothing && at <= dropped) ++dropped;
    return at;
  }

  // A dropped item goes with all up to the next one or, where it is the last, from the one before.
  Spoilt text(std::string_view separator) const {
    std::vector<Spoilt> parts;
    for (const auto& item : items) {
      parts.insert(parts.end(), {item.before, item.text, item.after});
      if (&item != &items.back()) parts.back().add(separator);
    }
    if (dropped != nothing) {
      const auto first = 3 * dropped + 1 - (dropped + 1 == items.size() ? 2 : 0);
      for (auto i = first; i < first + 3; ++i) parts[i].right.clear();
      parts[3 * dropped + 1].slips = 1;
    }
    Spoilt all;
    for (const auto& part : parts) all.add(part);
    return all;
  }
};

struct Body {
  Spoilt text;
  std::vector<std::string> names;  // of its members as it has to arrive, in order
};

Body random_body(Random& random) {
  bool invisible = false;
  List list;
  const auto put = [&](const Spoilt& name, const Spoilt& value) {
    Spoilt member;
    member.add("\"");
    member.add(name);
    member.add("\"");
    member.add(space(random, invisible));
    member.add(":");
    member.add(space(random, invisible));
    member.add(value);
    return list.put(random, name, member);
  };
  for (const auto& field : json_spellings()) {
    const auto& name = one_in(random, 3) ? pick(random, field.names) : field.names[0];
    const auto& value = one_in(random, 3) ? pick(random, field.values) : field.values[0];
    put(name, value);
    if (name.slips == 0 && field.name == "platform" && one_in(random, 4))
      list.dropped = put(same("platfrom"), same(value.right));
  }
  put(same("notification_preferences"), preferences(random, invisible));
  if (one_in(random, 2)) put(same("extra"), same(R"([1.50,{"a":"\u00e4 "},-0e1])"));
  if (one_in(random, 4)) put(same("{}"), same("null"));
  Body body;
  for (auto& item : list.items) {
    item.before = space(random, invisible);
    item.after = space(random, invisible);
    if (&item - list.items.data() != static_cast<std::ptrdiff_t>(list.dropped))
      body.names.push_back(item.name);
  }
  body.text.add(space(random, invisible));
  body.text.add("{");
  body.text.add(list.text(","));
  body.text.add("}");
  body.text.add(space(random, invisible));
  body.text.slips += invisible ? 1 : 0;  // one entry for all of them
  return body;
}

Spoilt random_query(Random& random) {
  List list;
  const auto put = [&](const Spoilt& name, const Spoilt& value) {
    Spoilt pair = name;
    pair.add("=");
    pair.add(value);
    return list.put(random, name, pair);
  };
  for (const auto& field : query_spellings()) {
    const auto& name = one_in(random, 3) ? pick(random, field.names) : field.names[0];
    const auto& value = one_in(random, 3) ? pick(random, field.values) : field.values[0];
    put(name, value);
    if (name.slips == 0 && field.name == "device_type" && one_in(random, 4))
      list.dropped = put(same("deviceType"), same(value.right));
  }
  if (one_in(random, 2)) put(same("x%5By%5d"), same("%41+b"));
  for (auto& item : list.items) {  // empty pairs
    item.before = same(one_in(random, 8) ? "&" : "");
    item.after = same(one_in(random, 8) ? "&" : "");
  }
  return list.text("&");
}

// What every request must come to, whatever its method.
void check(std::string_view method, const Spoilt& text, const Pipeline& pipeline) {
  const bool post = method == "POST";
  TestExchange exchange(method, post ? "" : text.sent, post ? text.sent : "");
  const bool passed = exchange.run(pipeline);
  CAPTURE(exchange.story());
  REQUIRE(passed);
  REQUIRE((post ? exchange->outgoing_body : exchange->outgoing_query) == text.right);
  CHECK(exchange->journal.edits() == text.slips);
  TestExchange again(method, post ? "" : text.right, post ? text.right : "");
  REQUIRE(again.run(pipeline));
  CHECK(again->journal.edits() == 0);
  CHECK((post ? again->outgoing_body : again->outgoing_query) == text.right);
}

}  // namespace

TEST_CASE("spoilt bodies come out right, to the byte, with every slip in the journal") {
  Random random(20);
  const auto pipeline = make_pipeline({});
  std::size_t slips = 0, untouched = 0;
  for (int i = 0; i < 3000; ++i) {
    auto [body, names] = random_body(random);
    CAPTURE(body.sent);
    check("POST", body, pipeline);
    slips += body.slips;
    untouched += body.slips == 0 ? 1 : 0;
    // By another reader: the members that are left, under the contract's names, in their old order.
    rapidjson::Document tree;
    tree.Parse(body.right.data(), body.right.size());
    REQUIRE(tree.IsObject());
    std::vector<std::string> found;
    for (const auto& member : tree.GetObject()) found.emplace_back(member.name.GetString());
    for (auto& name : names)
      if (name == R"(\u006cocale)") name = "locale";
    CHECK((found == names));
  }
  CHECK(slips > 5000);
  CHECK(untouched > 10);
}

TEST_CASE("spoilt queries likewise") {
  Random random(21);
  const auto pipeline = make_pipeline({});
  std::size_t slips = 0, untouched = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto query = random_query(random);
    CAPTURE(query.sent);
    check("GET", query, pipeline);
    slips += query.slips;
    untouched += query.slips == 0 ? 1 : 0;
  }
  CHECK(slips > 3000);
  CHECK(untouched > 100);
}

TEST_CASE("below enforce nothing changes, and as much is found") {
  Random random(22);
  for (const Mode mode : {Mode::observe, Mode::warn}) {
    Settings settings;
    settings.repair = {mode, mode, mode, mode, mode};
    settings.validate.all = mode;
    const auto pipeline = make_pipeline(settings);
    for (int i = 0; i < 500; ++i) {
      const auto body = random_body(random).text;
      CAPTURE(body.sent);
      TestExchange exchange("POST", "", body.sent);
      REQUIRE(exchange.run(pipeline));
      CHECK(exchange->outgoing_body == body.sent);
      CHECK(exchange->journal.edits() == 0);
      CHECK((exchange->journal.findings() > 0 || body.slips == 0));
    }
  }
}
