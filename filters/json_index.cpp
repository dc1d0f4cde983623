// The JSON side of Document: RapidJSON's SAX reader, in situ over a copy in the arena. In situ, so
// that decoded strings need no memory of their own and a string's address tells its place; over a
// copy, because it writes where it decodes and the source must stay as it came.
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "filters/arena.hpp"
#include "filters/document.hpp"
#include "filters/hash.hpp"

namespace filters {
namespace {

// RapidJSON's allocator concept, for the reader's own stack: in situ and by recursive descent it
// never needs one, and this makes sure of it.
struct NoStack {
  [[maybe_unused]] static constexpr bool kNeedFree = false;  // part of the concept
  static void* Malloc(std::size_t) { std::abort(); }
  static void* Realloc(void*, std::size_t, std::size_t) { std::abort(); }
  static void Free(void*) {}
};

// RapidJSON's in-situ stream concept. Not its own InsituStringStream: that one is copied into
// the parser's locals, so `Tell` would be stale inside a handler.
class Text {
 public:
  using Ch = char;
  // `start[size]` is a NUL.
  explicit Text(char* start) : start_(start), from_(start) {}

  char Peek() const { return *from_; }
  char Take() { return *from_++; }
  std::size_t Tell() const { return static_cast<std::size_t>(from_ - start_); }
  char* PutBegin() { return to_ = from_; }
  std::size_t PutEnd(const char* begin) { return static_cast<std::size_t>(to_ - begin); }
  void Put(char c) { *to_++ = c; }
  void Flush() {}

  // Moves `size` bytes from the reading to the writing side.
  void pass(std::size_t size) {
    if (to_ != from_) std::memmove(to_, from_, size);
    to_ += size;
    from_ += size;
  }
  const char* from() const { return from_; }
  // An escape, just read, names half a character.
  void note_surrogate() {
    if (surrogate_ == nowhere) surrogate_ = static_cast<std::uint32_t>(Tell()) - 6;
  }
  static constexpr std::uint32_t nowhere = 0xFFFFFFFF;
  std::uint32_t surrogate() const { return surrogate_; }
  std::size_t offset_of(const char* at) const { return static_cast<std::size_t>(at - start_); }

 private:
  char* start_;
  char* from_;
  char* to_ = nullptr;
  std::uint32_t surrogate_ = nowhere;
};

// Bytes of a run that stands for itself: no quote, no backslash, no control, ASCII. The copy's NUL
// ends it, and eight bytes of slack behind the NUL let it read whole words.
std::size_t plain_run(const char* from) {
  constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
  const char* at = from;
  for (;; at += 8) {
    const std::uint64_t word = load_bytes(at, 8);
    const std::uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    // A byte's high bit is set where it is special; a borrow can only reach bytes above a special
    // one, and the lowest is the one that counts.
    const std::uint64_t special =
        ((quote - ones) | (backslash - ones) | (word - ones * 0x20) | word) & highs;
    if (special != 0)
      return static_cast<std::size_t>(at - from) +
             static_cast<std::size_t>(std::countr_zero(special)) / 8;
  }
}

// UTF-8 for RapidJSON, a run of ASCII at a time, and strict about surrogates: RapidJSON's own
// decoder accepts a lone low one as an escape.
struct Utf8 : rapidjson::UTF8<char> {
  template <class In, class Out>
  static bool Validate(In& is, Out& os) {
    if constexpr (std::is_same_v<In, Text> && std::is_same_v<Out, Text>) {
      if (const std::size_t run = plain_run(is.from()); run > 0) {
        os.pass(run);
        return true;
      }
    }
    return rapidjson::UTF8<char>::Validate(is, os);
  }
  template <class Out>
  static void Encode(Out& os, unsigned codepoint) {
    if constexpr (std::is_same_v<Out, Text>)
      if (codepoint >= 0xD800 && codepoint <= 0xDFFF) os.note_surrogate();
    rapidjson::UTF8<char>::Encode(os, codepoint);
  }
};

using Reader = rapidjson::GenericReader<Utf8, Utf8, NoStack>;

// Recursive descent is safe: this handler refuses depth before the reader goes into it.
constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag |
                           rapidjson::kParseNumbersAsStringsFlag;

class Handler : public rapidjson::BaseReaderHandler<Utf8, Handler> {
 public:
  Handler(Text& text, std::string_view source, Document& document)
      : text_(text), source_(source), document_(document) {}

  bool Null() { return literal(Type::null, 4); }
  bool Bool(bool value) { return literal(Type::boolean, value ? 4 : 5); }
  bool RawNumber(const char*, rapidjson::SizeType size, bool) {
    return literal(Type::number, size);
  }
  bool Key(const char* string, rapidjson::SizeType size, bool) {
    auto& member = document_.members.emplace_back();
    member.name = {string, size};
    member.parent = holder_.member;
    member.object = holder_.object;
    member.name_span = string_span(string);
    member.span.begin = member.name_span.begin;
    pending_ = true;
    return true;
  }
  bool String(const char* string, rapidjson::SizeType size, bool) {
    if (depth_ == 0) return refuse_root();
    if (pending_) finish(Type::string, {string, size}, string_span(string));
    return true;
  }
  bool StartObject() { return open(Type::object); }
  bool StartArray() { return open(Type::array); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  // Not RapidJSON's: what this handler refused, if it did.
  std::string_view refusal() const { return refusal_; }
  std::uint32_t refused_at() const { return refused_at_; }  // last byte read

 private:
  // What names belong to: an object, and the member it stands under.
  struct Holder {
    std::uint32_t member = Document::root;
    std::uint32_t object = 0;
  };
  struct Level {
    Holder outer;
    std::uint32_t member;  // whose value this is; `element` where an array's
  };
  static constexpr std::uint32_t element = Document::root;

  std::uint32_t here() const { return static_cast<std::uint32_t>(text_.Tell()); }
  Span string_span(const char* string) const {
    return {static_cast<std::uint32_t>(text_.offset_of(string)) - 1, here()};
  }
  bool refuse(std::string_view why) {
    refusal_ = why;
    refused_at_ = here() - 1;
    return false;
  }
  // Where it begins: where it was found out is its end.
  bool refuse_root() {
    refuse("the root must be an object");
    refused_at_ = static_cast<std::uint32_t>(source_.find_first_not_of(" \t\r\n"));
    return false;
  }
  bool literal(Type type, std::uint32_t size) {
    if (depth_ == 0) return refuse_root();
    const Span span{here() - size, here()};
    if (pending_) finish(type, span.of(source_), span);
    return true;
  }
  // The value of the last member, which holds nothing.
  void finish(Type type, std::string_view value, Span span) {
    auto& member = document_.members.back();
    member.type = type;
    member.text = value;
    member.value_span = span;
    member.span.end = span.end;
    member.next = static_cast<std::uint32_t>(document_.members.size());
    pending_ = false;
  }
  bool open(Type type) {
    if (depth_ == 0 && type != Type::object) return refuse_root();
    if (depth_ == Document::max_depth) return refuse("nested too deeply");
    auto& level = levels_[depth_++];
    level = {holder_, element};
    if (pending_) {
      level.member = holder_.member = static_cast<std::uint32_t>(document_.members.size()) - 1;
      auto& member = document_.members.back();
      member.type = type;
      member.value_span.begin = here() - 1;
      pending_ = false;
    }
    if (type == Type::object) holder_.object = objects_++;
    return true;
  }
  bool close() {
    const auto level = levels_[--depth_];
    holder_ = level.outer;
    if (level.member != element) {
      auto& member = document_.members[level.member];
      member.value_span.end = member.span.end = here();
      member.next = static_cast<std::uint32_t>(document_.members.size());
    }
    return true;
  }

  Text& text_;
  std::string_view source_;
  Document& document_;
  Level levels_[Document::max_depth];
  unsigned depth_ = 0;
  Holder holder_;
  std::uint32_t objects_ = 0;
  bool pending_ = false;  // a name was read, its value not yet
  std::string_view refusal_;
  std::uint32_t refused_at_ = 0;
};

Fault fault_of(const Reader& reader, const Handler& handler) {
  const auto offset = static_cast<std::uint32_t>(reader.GetErrorOffset());
  // Not RapidJSON's offset: that is of the beginning of a number, but of the end of anything else.
  if (reader.GetParseErrorCode() == rapidjson::kParseErrorTermination)
    return {handler.refused_at(), handler.refusal()};
  return {offset, rapidjson::GetParseError_En(reader.GetParseErrorCode())};
}

}  // namespace

Fault index_json(std::string_view source, Arena& arena, Document& document) {
  constexpr std::size_t slack = 8;  // see plain_run
  char* const copy = arena.bytes(source.size() + slack);
  std::copy(source.begin(), source.end(), copy);
  std::memset(copy + source.size(), 0, slack);

  document.syntax = Syntax::json;
  document.source = source;
  document.members.clear();
  document.repeated.clear();
  document.members.reserve(source.size() / 24 + 8);  // of real bodies: 35 bytes a member

  Text text(copy);
  Handler handler(text, source, document);
  NoStack no_stack;
  Reader reader(&no_stack);
  Fault fault;
  if (!reader.Parse<flags>(text, handler)) {
    fault = fault_of(reader, handler);
  } else if (text.Tell() != source.size()) {
    fault = {static_cast<std::uint32_t>(text.Tell()),
             "a NUL byte"};  // RapidJSON takes it for the end
  } else if (text.surrogate() != Text::nowhere) {
    fault = {text.surrogate(), "a lone surrogate"};
  } else {
    find_repeated(arena, document);
    return fault;
  }
  document.members.clear();
  return fault;
}

}  // namespace filters
