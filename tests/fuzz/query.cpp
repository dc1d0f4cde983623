// Input: a query string. Held against a second decoder, written for plainness.
#include <algorithm>
#include <string>
#include <vector>

#include "filters/arena.hpp"
#include "filters/document.hpp"
#include "tests/fuzz/decoded.hpp"
#include "tests/fuzz/targets.hpp"

namespace fuzz {
namespace {

using filters::Document;
using filters::Member;

void check_member(const Document& document, std::uint32_t index, std::string_view pair) {
  const Member& member = document.members[index];
  const auto source = document.source;
  const auto equals = std::min(pair.find('='), pair.size());
  require(member.span.of(source) == pair, "the span of a member is not its pair");
  require(member.name_span.of(source) == pair.substr(0, equals), "the span of a name is off");
  require(member.value_span.of(source) == pair.substr(std::min(equals + 1, pair.size())),
          "the span of a value is off");
  require(member.name == decoded(member.name_span.of(source)), "a name is decoded wrongly");
  require(member.text == decoded(member.value_span.of(source)), "a value is decoded wrongly");
  require(filters::valid_utf8(member.name) && filters::valid_utf8(member.text),
          "what is not UTF-8 was taken");
  require(member.parent == Document::root && member.next == index + 1, "a query has no depth");
}

}  // namespace

void query(std::string_view input) {
  filters::Arena arena;
  Document document(arena);
  const auto fault = filters::index_query(input, arena, document);
  if (fault) {
    require(fault.offset < input.size(), "a fault lies outside the query");
    require(document.members.empty(), "a faulty query has members");
    (void)filters::describe_offset(input, fault.offset, arena);
    return;
  }
  require(input.find_first_of(";# ") == input.npos, "a separator of other servers was taken");
  std::uint32_t index = 0;
  std::vector<std::uint32_t> repeated;
  for (std::size_t begin = 0; begin < input.size();) {
    const auto end = std::min(input.find('&', begin), input.size());
    if (end > begin) {
      require(index < document.members.size(), "a pair is missing");
      check_member(document, index, input.substr(begin, end - begin));
      for (std::uint32_t i = 0; i < index; ++i)
        if (document.members[i].name == document.members[index].name) {
          repeated.push_back(index);
          break;
        }
      (void)filters::pointer_to(document, document.members[index], arena);
      ++index;
    }
    begin = end + 1;
  }
  require(index == document.members.size(), "there are more members than pairs");
  require(std::ranges::equal(repeated, document.repeated), "repeated names are not those listed");
}

}  // namespace fuzz
