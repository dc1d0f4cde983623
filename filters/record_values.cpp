// The part of a record that has values in it, and the journal.
#include <algorithm>
#include <tuple>

#include "filters/record_limits.hpp"
#include "filters/record_writer.hpp"

namespace filters {

using namespace record_limits;

namespace {

bool accepted(const ContractField& field, const Member& member) {
  return member.type == Type::string && !member.dropped &&
         (member.accepted || field.matches(member.text));
}

// "sha256:<hex>"
std::array<char, 7 + 2 * std::tuple_size_v<Digest>> in_hex(const Digest& digest) {
  constexpr std::string_view algorithm = "sha256:", digits = "0123456789abcdef";
  std::array<char, 7 + 2 * std::tuple_size_v<Digest>> text;
  auto* at = std::ranges::copy(algorithm, text.data()).out;
  for (const auto byte : digest) {
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
  }
  return text;
}

}  // namespace

// As they leave, and only what the contract accepts: anything else may be a slip of any kind, a
// token in the wrong place among them.
void RecordWriter::write_fields() {
  if (!exchange_.governed()) return;
  const auto fields = exchange_.endpoint->fields();
  bool begun = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto* member = exchange_.field(i);
    if (member == nullptr || fields[i].secret || fields[i].type != FieldType::string ||
        !accepted(fields[i], *member))
      continue;
    if (!begun) {
      json_.key("fields");
      json_.begin_object();
      begun = true;
    }
    text(fields[i].name, member->text, field_limit);
  }
  if (begun) json_.end_object();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto* const map = exchange_.field(i);
    if (fields[i].type == FieldType::object_of_booleans && map && map->type == Type::object &&
        !map->dropped)
      write_preferences("preferences", exchange_.parameters(), exchange_.fields[i],
                        JsonText::unlimited);
  }
}

// Booleans under names that the contract accepts, and nothing else.
void RecordWriter::write_preferences(std::string_view name, const Document& document,
                                     std::uint32_t holder, std::size_t most_bytes) {
  const auto& members = document.members;
  const auto& endpoint = *exchange_.endpoint;
  json_.key(name);
  json_.begin_object();
  const auto begin = json_.text().size();
  std::size_t written = 0;
  for (auto i = holder + 1; i < members[holder].next && written < endpoint.preferences().most;
       i = members[i].next) {
    const auto& member = members[i];
    if (member.dropped || member.type != Type::boolean ||
        (!member.accepted && !endpoint.valid_preference_name(member.name)))
      continue;
    const auto size = member.name.size() + std::string_view(R"("":false,)").size();
    if (size > most_bytes - (json_.text().size() - begin)) {
      note_cut(name);
      break;
    }
    json_.flag(member.name, member.text == "true");  // of letters that need no escapes
    ++written;
  }
  json_.end_object();
}

// The rest of its body is anybody's text: it is told by its digest.
void RecordWriter::write_answer() {
  if (!exchange_.governed()) return;
  if (outcome_.answer_digest) {
    const auto digest = in_hex(*outcome_.answer_digest);
    plain("answer.digest", {digest.data(), digest.size()});
  }
  if (outcome_.answer_preferences != Document::root)
    write_preferences("answer.preferences", exchange_.answer, outcome_.answer_preferences,
                      answer_limit);
}

void RecordWriter::write_journal() {
  const auto& journal = exchange_.journal;
  if (journal.empty()) return;
  write_entries("edits", Kind::edit, journal.edits());
  write_entries("findings", Kind::finding, journal.findings());
  write_entries("violations", Kind::violation, journal.violations());
}

void RecordWriter::write_entries(std::string_view name, Kind kind, std::size_t all) {
  if (all == 0) return;
  std::size_t kept = 0;
  json_.key(name);
  json_.begin_array();
  for (const auto& entry : exchange_.journal) {
    if (entry.kind != kind) continue;
    write_entry(entry);
    ++kept;
  }
  json_.end_array();
  if (kept == all) return;
  number(kind == Kind::finding ? "findings_count" : "violations_count", all);
}

// An edit is a JSON Patch operation (RFC 6902) that turns what came into what left, with what the
// patch format leaves out beside it. A finding has an operation where its rule would have edited.
void RecordWriter::write_entry(const Entry& entry) {
  json_.begin_object();
  json_.key("rule");
  json_.string(entry.rule, pointer_limit);
  plain("mode", filters::to_string(entry.mode));
  plain("in", filters::to_string(entry.place));
  if (entry.operation != Operation::none) plain("op", filters::to_string(entry.operation));
  if (!entry.from.empty()) {
    json_.key("from");
    json_.string(entry.from, pointer_limit);
  }
  json_.key("path");
  json_.string(entry.pointer, pointer_limit);
  if (entry.secret) {
    boolean("secret", true);
  } else if (has_values()) {
    // Of a finding or violation the old value stays out: nobody has accepted it. What is stored was
    // accepted, and is what the finding is about.
    if (entry.kind != Kind::violation) write_value("value", entry.after);
    if (entry.kind == Kind::edit || entry.place == Place::answer)
      write_value("before", entry.before);
  }
  if (!entry.message.empty()) {
    json_.key("message");
    json_.string(entry.message, words_limit);
  }
  if (has_values() && !entry.suggestion.empty()) {  // made of a value
    json_.key("suggestion");
    json_.string(entry.suggestion, pointer_limit);
  }
  json_.end_object();
}

void RecordWriter::write_value(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  json_.key(name);
  json_.json(value, value_limit);
}

}  // namespace filters
