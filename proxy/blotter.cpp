#include "proxy/blotter.hpp"

#include <algorithm>

#include "filters/contract/contract.hpp"

namespace proxy {
namespace {

using filters::FieldId;

// A shorter one is found by its name only: "ios" stands in many places.
constexpr std::size_t shortest_found = 8;

bool names_token(std::string_view text) {
  constexpr std::string_view word = "token";
  return !std::ranges::search(text, word, {}, filters::lower).empty();
}

}  // namespace

// Of any endpoint: what is a secret on one path is none to show on another.
bool Blotter::names_secret(std::string_view name) const {
  const auto by = [&](const filters::Endpoint& endpoint) {
    for (const bool in_query : {true, false}) {
      const auto field = endpoint.nearest(name, in_query);
      if (field != filters::Endpoint::none && endpoint.fields()[field].secret) return true;
    }
    return false;
  };
  return names_token(name) || std::ranges::any_of(contract_.endpoints(), by);
}

bool Blotter::holds_token(std::string_view text) const {
  const auto holds = [&](std::string_view token) {
    return token.size() >= shortest_found && text.find(token) != std::string_view::npos;
  };
  return holds(exchange_.identity.device_token) || holds(exchange_.identity.bearer_token);
}

bool Blotter::may_hold_token(std::string_view text) const {
  return names_token(text) || holds_token(text);
}

std::vector<HiddenSpan> Blotter::hidden(const filters::Document& document) const {
  const bool json = document.syntax == filters::Syntax::json;
  std::vector<HiddenSpan> found;
  for (std::size_t i = 0; i < document.members.size(); ++i) {
    const auto& member = document.members[i];
    if (!names_secret(member.name) && !holds_token(member.text)) continue;
    found.push_back({member.value_span, json ? "\"[device token]\"" : "[device token]"});
    i = member.next - 1;  // what is inside is gone with it
  }
  return found;
}

std::vector<HiddenSpan> Blotter::hidden(std::string_view text, filters::Syntax syntax) const {
  filters::Document document(exchange_.arena);
  const auto fault = syntax == filters::Syntax::json
                         ? filters::index_json(text, exchange_.arena, document)
                         : filters::index_query(text, exchange_.arena, document);
  if (!fault) return hidden(document);
  if (!may_hold_token(text)) return {};
  return {{{0, static_cast<std::uint32_t>(text.size())}, "[not shown: it may hold a token]"}};
}

void Blotter::blot(filters::Headers& headers, const filters::RewriteSettings& settings) const {
  filters::Headers shown(exchange_.arena);
  for (const auto& field : headers) {
    const bool credentials = field.id == FieldId::authorization || names_secret(field.name) ||
                             holds_token(field.value) ||
                             filters::equal_ignoring_case(field.name, "cookie");
    const bool set = std::ranges::any_of(settings.set, [&](const auto& one) {
      return filters::equal_ignoring_case(one.first, field.name);
    });
    shown.append(field.id, field.name,
                 credentials ? "[credentials]"
                 : set       ? "[set by the configuration]"
                             : field.value);
  }
  headers = std::move(shown);
}

std::string shown(std::string_view text, filters::Span range, const std::vector<HiddenSpan>& hidden,
                  std::string_view part) {
  std::string out;
  auto from = range.begin;
  for (const auto& [span, label] : hidden) {
    if (span.end <= from || span.begin >= range.end) continue;
    if (span.begin > from) out += filters::Span{from, span.begin}.of(text);
    const bool begins = span.begin >= range.begin;
    const bool whole = begins && span.end <= range.end;
    out += whole || (begins && part.empty()) ? label : part;
    from = std::min(span.end, range.end);
  }
  return out.append(filters::Span{from, range.end}.of(text));
}

}  // namespace proxy
