// The few lines of JSON writing that every file here shares.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>

namespace owner_api {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

inline void write_string(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

inline void write_key(Writer& writer, std::string_view text) {
  writer.Key(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

// `text`, quoted and escaped, at the end of `out`.
inline void append_json_string(std::string& out, std::string_view text) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  write_string(writer, text);
  out.append(buffer.GetString(), buffer.GetSize());
}

}  // namespace owner_api
