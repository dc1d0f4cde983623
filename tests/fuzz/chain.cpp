// Input: a line "LETTERS METHOD QUERY", then the body. A letter changes one setting from its
// default:
//   d  parameter names as documented       u, p  unknown parameters, preferences: enforced
//   a n v t i e  alias, nearest, value, type, invisible, encoding: observed    A N V T I E  off
//   l, L  placement: enforced, off         w  validate: observed
//   f, x, m  the Content-Type: a form's, text, none
// The device token's text, where it holds the mark "Zq9", must come out nowhere but upstream.
#include <rapidjson/document.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "filters/answer.hpp"
#include "filters/field_names.hpp"
#include "filters/record.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/support/exchange.hpp"

namespace fuzz {
namespace {

using filters::Document;
using filters::Exchange;
using filters::Mode;
using filters::Place;
using tests::TestExchange;

constexpr std::string_view mark = "Zq9";

struct Input {
  filters::Settings settings;
  std::optional<std::string> type = "application/json";
  std::string_view method, query, body;
};

void set(Input& input, char letter) {
  auto& settings = input.settings;
  auto& repair = settings.repair;
  const struct {
    char letter;
    Mode& mode;
  } repairs[] = {{'a', repair.alias}, {'n', repair.nearest},   {'v', repair.value},
                 {'t', repair.type},  {'i', repair.invisible}, {'e', repair.encoding}};
  for (const auto& [low, mode] : repairs) {
    if (letter == low) mode = Mode::observe;
    if (letter == low - 'a' + 'A') mode = Mode::off;
  }
  if (letter == 'l') repair.placement = Mode::enforce;
  if (letter == 'L') repair.placement = Mode::off;
  if (letter == 'f') input.type = "application/x-www-form-urlencoded";
  if (letter == 'x') input.type = "text/plain";
  if (letter == 'm') input.type.reset();
  if (letter == 'w') settings.validate.all = Mode::observe;
  if (letter == 'u') settings.validate.unknown_parameters = Mode::enforce;
  if (letter == 'p') settings.validate.unknown_preferences = Mode::enforce;
  if (letter == 'd') settings.rewrite.parameter_names = filters::ParameterNames::documented;
}

Input read_input(std::string_view text) {
  Input input;
  const auto word = [&](char end) {
    const auto size = std::min(text.find(end), text.size());
    const auto found = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    return found;
  };
  for (const char letter : word(' ')) set(input, letter);
  input.method = word(' ');
  input.query = word('\n');
  input.body = text;
  return input;
}

bool is_json(std::string_view text) {
  rapidjson::Document document;
  constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag;
  return !document.Parse<flags>(text.data(), text.size()).HasParseError();
}

// What the edits make of `source`, by another road: byte for byte, each edit where it begins.
std::string edited(std::string_view source, const filters::Edits& edits) {
  std::string text;
  for (std::uint32_t i = 0; i <= source.size(); ++i) {
    bool kept = i < source.size();
    for (const auto& edit : edits) {
      if (edit.span.begin == i) text.append(edit.replacement);
      kept &= i < edit.span.begin || i >= edit.span.end;
    }
    if (kept) text += source[i];
  }
  return text;
}

bool journaled(const Exchange& exchange, Place place) {
  return std::ranges::any_of(exchange.journal, [&](const filters::Entry& entry) {
    return entry.kind == filters::Kind::edit && entry.place == place;
  });
}

// Whether `text` is `whole` with one piece cut out.
bool lacks_one_piece(std::string_view text, std::string_view whole) {
  if (text.size() > whole.size()) return false;
  const auto ahead = std::ranges::mismatch(text, whole).in1 - text.begin();
  return whole.ends_with(text.substr(static_cast<std::size_t>(ahead)));
}

std::optional<std::string> type_of(const Exchange& exchange) {
  const auto* const field = exchange.request.headers.find(filters::FieldId::content_type);
  return field ? std::optional<std::string>(field->value) : std::nullopt;
}

void check_edits(const Exchange& exchange, const Input& input) {
  const auto& request = exchange.request;
  const bool read = request.method == filters::Method::post;
  const auto body = read ? exchange.body.source : request.body;
  const bool form = input.type && input.type->ends_with("urlencoded");
  require(form || lacks_one_piece(request.body, body), "more than one piece came to the body");
  require(exchange.outgoing_query == edited(request.query, exchange.query_edits),
          "a byte of the query changed outside the edits");
  require(exchange.outgoing_body == edited(body, exchange.body_edits),
          "a byte of the body changed outside the edits");
  require((exchange.outgoing_query != request.query) == journaled(exchange, Place::query),
          "the journal and the query disagree about edits");
  require((exchange.outgoing_body != request.body) == journaled(exchange, Place::body),
          "the journal and the body disagree about edits");
  require(!read || (type_of(exchange) != input.type) == journaled(exchange, Place::header),
          "the journal and the Content-Type disagree about edits");
}

// The names inside the preferences map, as they are written.
std::vector<std::string_view> preference_names(const Exchange& exchange) {
  std::vector<std::string_view> names;
  const auto fields = filters::Contract::builtin().endpoints()[0].fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (fields[f].type != filters::FieldType::object_of_booleans) continue;
    const auto holder = exchange.fields[f];
    if (holder == Document::root) continue;
    const auto& body = exchange.body;
    for (auto i = holder + 1; i < body.members[holder].next; ++i)
      names.push_back(body.members[i].name_span.of(body.source));
  }
  return names;
}

// Every field of the contract, in what leaves, against the contract.
void check_fields(const Exchange& after, filters::ParameterNames names) {
  const bool post = after.request.method == filters::Method::post;
  const auto fields = filters::Contract::builtin().endpoints()[0].fields();
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const auto& field = fields[f];
    if (!(post ? field.in_body : field.in_query)) continue;
    const auto count = std::ranges::count_if(after.parameters().members, [&](const auto& member) {
      const bool documented = !post && names == filters::ParameterNames::documented &&
                              member.name == field.documented_query_name;
      return member.parent == Document::root && (member.name == field.name || documented);
    });
    require(count == 1, "what leaves has not each field once");
    if (field.type != filters::FieldType::string) continue;
    const auto* const member = after.field(f);
    require(member && member->type == filters::Type::string && field.matches(member->text),
            "what leaves does not keep the contract");
  }
  if (!post) return;
  const auto& endpoint = filters::Contract::builtin().endpoints()[0];
  for (const auto& member : after.query.members)
    require(
        filters::field_meant(endpoint, filters::base_name(member.name)) == filters::Endpoint::none,
        "a field of the body is in the query");
}

std::string source_of(const Input& input) {
  return std::string(input.query).append("\n").append(input.body);
}

std::size_t marks(std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) ++count;
  return count;
}

// True where the mark is in the device token's value and nowhere else in the request.
bool has_secret(const Exchange& exchange, const Input& input) {
  if (marks(exchange.identity.device_token) == 0) return false;
  std::size_t inside = 0;
  const auto& document = exchange.parameters();
  // A body can be made of decoded text, and decoding can make a mark.
  const bool made = document.source.data() != exchange.request.query.data() &&
                    document.source.data() != exchange.request.body.data();
  if (made && source_of(input).find('%') != std::string::npos) return false;
  for (const auto& member : document.members)
    if (member.parent == Document::root && member.name == "device_token")
      inside += marks(member.value_span.of(document.source));
  return inside == marks(source_of(input));
}

// The record and, of a rejection, the answer.
void check_outputs(Exchange& exchange, bool forwarded, bool secret) {
  filters::Outcome outcome;
  outcome.decision = forwarded ? filters::Decision::forwarded : filters::Decision::rejected;
  outcome.ending = filters::Ending::answered;
  if (!forwarded) filters::make_answer(exchange);
  if (!forwarded) filters::decorate(exchange, filters::Origin::gateway, filters::Delivery::none);
  using enum filters::RecordLevel;
  for (const auto level : {metadata, request, full}) {
    outcome.level = level;
    const auto record = filters::render_record(exchange, outcome, exchange.arena);
    require(is_json(record) && record.find('\n') == record.npos,
            "a record is not one line of JSON");
    require(
        record.size() <= std::max(filters::record_bound(exchange, level), filters::least_record),
        "a record is longer than its bound");
    require(!secret || marks(record) == 0, "a device token is in the record");
  }
  if (forwarded) return;
  require(exchange.response.status >= 400, "a rejection has no status of one");
  require(is_json(exchange.response.body), "an answer is not JSON");
  require(!secret || marks(exchange.response.body) == 0, "a device token is in the answer");
}

// Where Validate only observes, names that are repeated or disagree go on, and Repair finds other
// first ones among what it made of them. Anywhere else the chain is idempotent.
bool ambiguous(const Exchange& exchange) {
  return !exchange.parameters().repeated.empty() || !exchange.conflicts.empty();
}

void check_again(const Input& input, const Exchange& first) {
  TestExchange again(input.method, first.outgoing_query, first.outgoing_body);
  again.with_type(type_of(first));
  require(again.run(input.settings), "its own output is refused");
  if (input.settings.validate.all != Mode::enforce && ambiguous(first)) return;
  require(again->journal.edits() == 0, "its own output is edited");
  require(
      again->outgoing_query == first.outgoing_query && again->outgoing_body == first.outgoing_body,
      "its own output is changed");
  const bool map_read = first.body_fault.what.empty();
  require(!map_read || preference_names(first) == preference_names(*again),
          "a name in the preferences map was changed");
  if (input.settings.validate.all != Mode::enforce) return;
  require(first.request.method != filters::Method::post || is_json(first.outgoing_body),
          "what leaves is not JSON");
  check_fields(*again, input.settings.rewrite.parameter_names);
}

}  // namespace

void chain(std::string_view text) {
  const Input input = read_input(text);
  TestExchange exchange(input.method, input.query, input.body);
  exchange.with_type(input.type);
  const bool forwarded = exchange.run(input.settings);
  check_outputs(*exchange, forwarded, has_secret(*exchange, input));
  if (!forwarded) return;
  check_edits(*exchange, input);
  if (exchange->journal.edits() == 0)
    require(exchange->outgoing_query.data() == exchange->request.query.data() &&
                exchange->outgoing_body.data() == exchange->request.body.data(),
            "a copy was made without an edit");
  check_again(input, *exchange);
}

}  // namespace fuzz
