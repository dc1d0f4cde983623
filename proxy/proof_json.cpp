#include "proxy/proof_json.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <stdexcept>

#include "proxy/evidence/base64.hpp"

namespace proxy {
namespace {

constexpr std::string_view format = "prefgate-audit-proof/1";
constexpr rapidjson::SizeType members = 8;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("is no proof: " + what);
}

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void put(Writer& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(Writer& json, const char* name, std::string_view text) {
  json.Key(name);
  put(json, text);
}

void put(Writer& json, const char* name, const std::vector<Hash>& hashes) {
  json.Key(name);
  json.StartArray();
  for (const auto& hash : hashes) put(json, to_base64(hash));
  json.EndArray();
}

const rapidjson::Value& member(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) fail("`" + std::string(name) + "` is missing");
  return found->value;
}

std::string text(const rapidjson::Value& value, const char* name) {
  if (!value.IsString()) fail("`" + std::string(name) + "` is not a text");
  return {value.GetString(), value.GetStringLength()};
}

std::uint64_t number(const rapidjson::Value& object, const char* name) {
  const auto& value = member(object, name);
  if (!value.IsUint64()) fail("`" + std::string(name) + "` is not a whole number");
  return value.GetUint64();
}

Hash hash(const rapidjson::Value& value, const char* name) {
  const auto bytes = from_base64(text(value, name));
  Hash result{};
  if (!bytes || bytes->size() != result.size())
    fail("`" + std::string(name) + "` is not 32 bytes in base64");
  std::ranges::copy(*bytes, result.begin());
  return result;
}

std::vector<Hash> hashes(const rapidjson::Value& object, const char* name) {
  const auto& value = member(object, name);
  if (!value.IsArray()) fail("`" + std::string(name) + "` is not a list");
  std::vector<Hash> result;
  for (const auto& item : value.GetArray()) result.push_back(hash(item, name));
  return result;
}

}  // namespace

std::string to_json(const RecordProof& proof) {
  rapidjson::StringBuffer buffer;
  Writer json(buffer);
  json.SetIndent(' ', 2);
  json.StartObject();
  put(json, "format", format);
  json.Key("seq");
  json.Uint64(proof.seq);
  put(json, "record", proof.record);
  json.Key("size");
  json.Uint64(proof.size);
  put(json, "root", to_base64(proof.root));
  put(json, "inclusion", proof.inclusion);
  put(json, "consistency", proof.consistency);
  put(json, "checkpoint", proof.checkpoint);
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

RecordProof proof_from_json(std::string_view source) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(source.data(),
                                                                                     source.size());
  if (json.HasParseError())
    fail("at byte " + std::to_string(json.GetErrorOffset()) + ": " +
         rapidjson::GetParseError_En(json.GetParseError()));
  if (!json.IsObject()) fail("it is not an object");
  if (text(member(json, "format"), "format") != format)
    fail("its format is not " + std::string(format));
  RecordProof proof;
  proof.seq = number(json, "seq");
  proof.record = text(member(json, "record"), "record");
  proof.size = number(json, "size");
  proof.root = hash(member(json, "root"), "root");
  proof.inclusion = hashes(json, "inclusion");
  proof.consistency = hashes(json, "consistency");
  proof.checkpoint = text(member(json, "checkpoint"), "checkpoint");
  if (json.MemberCount() != members) fail("it has members that do not belong there");
  return proof;
}

}  // namespace proxy
