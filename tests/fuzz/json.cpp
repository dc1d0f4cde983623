// Input: a JSON text. Held against RapidJSON's own DOM, which shares the reader but neither the
// handler, the decoding in place nor the fast path of strings.
#include <rapidjson/document.h>

#include <algorithm>
#include <string>
#include <vector>

#include "filters/arena.hpp"
#include "filters/document.hpp"
#include "tests/fuzz/targets.hpp"

namespace fuzz {
namespace {

using filters::Document;
using filters::Member;
using filters::Type;

Type type_of(const rapidjson::Value& value, std::string_view raw) {
  if (value.IsObject()) return Type::object;
  if (value.IsArray()) return Type::array;
  if (value.IsBool()) return Type::boolean;
  if (value.IsNull()) return Type::null;
  return raw.starts_with('"') ? Type::string : Type::number;  // numbers are read as strings
}

// Walks the DOM and the list of members side by side.
class Comparison {
 public:
  explicit Comparison(const Document& document) : document_(document) {}

  void object(const rapidjson::Value& value, std::uint32_t parent) {
    std::vector<std::string_view> names;
    for (const auto& [name, inner] : value.GetObject()) {
      require(next_ < document_.members.size(), "a member is missing");
      const auto index = next_++;
      const Member& found = document_.members[index];
      const std::string_view wanted(name.GetString(), name.GetStringLength());
      require(found.name == wanted, "a name is decoded wrongly");
      require(found.parent == parent, "a member has the wrong parent");
      if (std::ranges::count(names, wanted) > 0) repeated_.push_back(index);
      names.push_back(wanted);
      member(inner, found, index);
      require(found.next == next_, "a member ends elsewhere");
    }
  }
  void finish() {
    require(next_ == document_.members.size(), "there are more members than the DOM has");
    std::ranges::sort(repeated_);
    require(std::ranges::equal(repeated_, document_.repeated),
            "repeated names are not those listed");
  }

 private:
  void member(const rapidjson::Value& value, const Member& found, std::uint32_t index) {
    const auto raw = found.value_span.of(document_.source);
    const auto name = found.name_span.of(document_.source);
    require(name.size() >= 2 && name.front() == '"' && name.back() == '"', "a name has no quotes");
    require(found.span.begin == found.name_span.begin && found.span.end == found.value_span.end &&
                found.name_span.end < found.value_span.begin,
            "the spans of a member are out of order");
    require(found.type == type_of(value, raw), "a value has the wrong type");
    if (value.IsObject())
      object(value, index);
    else if (value.IsArray())
      array(value, index);
    else if (value.IsString())
      require(found.text == std::string_view(value.GetString(), value.GetStringLength()),
              "a value is decoded wrongly");
    else
      require(found.text == raw, "a literal is not its own text");
    require(reads_alone(raw), "the span of a value does not hold the value");
  }
  void array(const rapidjson::Value& value, std::uint32_t holder) {
    for (const auto& element : value.GetArray()) {
      if (element.IsObject()) object(element, holder);
      if (element.IsArray()) array(element, holder);
    }
  }
  static bool reads_alone(std::string_view raw) {
    rapidjson::Document alone;
    alone.Parse<rapidjson::kParseNumbersAsStringsFlag>(raw.data(), raw.size());
    const bool blank = raw.empty() || raw.front() <= ' ' || raw.back() <= ' ';
    return !blank && !alone.HasParseError();
  }

  const Document& document_;
  std::vector<std::uint32_t> repeated_;
  std::uint32_t next_ = 0;
};

}  // namespace

void json(std::string_view input) {
  filters::Arena arena;
  Document document(arena);
  const auto fault = filters::index_json(input, arena, document);

  rapidjson::Document dom;
  constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag;
  // With a size, RapidJSON would skip parts of a byte order mark; without, it stops at a NUL, and
  // its decoder may look three bytes further.
  dom.Parse<flags>(std::string(input).append(4, '\0').c_str());
  const bool is_object = !dom.HasParseError() && dom.IsObject();
  if (fault) {
    require(fault.offset <= input.size(), "a fault lies outside the text");
    require(document.members.empty(), "a faulty text has members");
    (void)filters::describe_offset(input, fault.offset, arena);
    const bool stricter = fault.what == "nested too deeply" || fault.what == "a lone surrogate" ||
                          input.find('\0') != input.npos;
    require(!is_object || stricter, "a good text was refused");
    return;
  }
  require(is_object && input.find('\0') == input.npos, "a bad text was taken");
  require(filters::valid_utf8(input), "what is not UTF-8 was taken");
  Comparison comparison(document);
  comparison.object(dom, Document::root);
  comparison.finish();
  for (const auto& member : document.members) {
    (void)filters::pointer_to(document, member, arena);
    require(filters::valid_utf8(member.name) && filters::valid_utf8(member.text),
            "an escape made what is not UTF-8");
  }
}

}  // namespace fuzz
