// How long the record of an exchange can become: what is reserved before it goes on.
#include "filters/json_text.hpp"
#include "filters/record.hpp"
#include "filters/record_limits.hpp"

namespace filters {
namespace {

using namespace record_limits;

// Everything but the fields, preferences and journal: the limits above, the names, the numbers.
constexpr std::size_t fixed_part = 5 * 1024 + 256;
static_assert(fixed_part > path_limit + user_agent_limit + 2 * host_limit + 2 * id_limit +
                               words_limit + 3 * hash_limit + 11 * token_limit + 2200);
static_assert(least_record >= fixed_part);
// What level `full` adds.
constexpr std::size_t answer_part = answer_limit + hash_limit + 128;
// Names and brackets of one journal entry.
constexpr std::size_t entry_part = 160;
// Rule, pointer, message; before and after are booleans.
static_assert(answer_findings_bound / Journal::findings_kept >
              entry_part + 2 * pointer_limit + words_limit + 32);

std::size_t bound(std::string_view text, std::size_t limit) {
  return JsonText::most(text.size(), limit);
}

std::size_t fields_bound(const Exchange& exchange) {
  std::size_t sum = 0;
  const auto& members = exchange.parameters().members;
  for (const auto index : exchange.fields) {
    if (index == Document::root) continue;
    const auto& member = members[index];
    // A field's own name comes from the contract; at most 64 bytes, quotes and commas included.
    sum += 64 + bound(member.text, field_limit);
    if (member.type != Type::object) continue;
    for (auto i = index + 1; i < member.next; i = members[i].next)
      sum += members[i].name.size() + std::string_view(R"("":false,)").size();
  }
  return sum;
}

}  // namespace

std::size_t record_bound(const Exchange& exchange, RecordLevel level) {
  std::size_t sum = fixed_part;
  if (level >= RecordLevel::request) sum += fields_bound(exchange);
  if (level >= RecordLevel::full) sum += answer_part;
  for (const auto& entry : exchange.journal) {
    sum += entry_part + bound(entry.rule, pointer_limit) + bound(entry.pointer, pointer_limit) +
           bound(entry.from, pointer_limit) + bound(entry.message, words_limit) +
           bound(entry.suggestion, pointer_limit) + bound(entry.before, value_limit) +
           bound(entry.after, value_limit);
  }
  return sum;
}

}  // namespace filters
