#include "bench/owner_api/admin.hpp"

#include <rapidjson/document.h>

#include <algorithm>

#include "bench/owner_api/json.hpp"

namespace owner_api {
namespace {

constexpr std::size_t most_body_logged = 64 * 1024;

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

bool is_utf8(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                    rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>
      writer(buffer);
  return writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

// Bytes that are no UTF-8 show as ISO 8859-1: the log stays JSON and nothing is lost.
void write_bytes(Writer& writer, std::string_view bytes) {
  if (is_utf8(bytes)) {
    write_string(writer, bytes);
    return;
  }
  std::string widened;
  for (const char each : bytes) {
    const auto code = static_cast<unsigned char>(each);
    if (code < 0x80) {
      widened += each;
    } else {
      widened += static_cast<char>(0xC0 | (code >> 6));
      widened += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  write_string(writer, widened);
}

void write_channel(Writer& writer, const Channel& channel) {
  writer.Key("connection");
  writer.Uint64(channel.connection);
  writer.Key("tls");
  if (!channel.tls) {
    writer.Null();
    return;
  }
  writer.StartObject();
  writer.Key("version");
  write_string(writer, channel.tls_version);
  writer.Key("server_name");
  write_string(writer, channel.server_name);
  writer.Key("resumed");
  writer.Bool(channel.resumed);
  writer.Key("client");
  write_string(writer, channel.client);
  writer.EndObject();
}

void write_fields(Writer& writer, const Request& request) {
  writer.Key("fields");
  writer.StartArray();
  for (const auto& field : request.fields) {
    writer.StartObject();
    writer.Key("name");
    write_bytes(writer, field.name);
    if (same_name(field.name, "authorization")) {
      writer.Key("bytes");
      writer.Uint64(field.value.size());
    } else {
      writer.Key("value");
      write_bytes(writer, field.value);
    }
    writer.EndObject();
  }
  writer.EndArray();
}

void write_request(Writer& writer, const Request& request) {
  writer.Key("method");
  write_bytes(writer, request.method);
  writer.Key("target");
  write_bytes(writer, request.target);
  writer.Key("version");
  writer.String(request.version == 10 ? "HTTP/1.0" : "HTTP/1.1");
  write_fields(writer, request);
  writer.Key("chunked");
  writer.Bool(request.chunked);
  writer.Key("complete");
  writer.Bool(request.complete);
  writer.Key("body_bytes");
  writer.Uint64(request.body_bytes);
  const auto kept = std::string_view(request.body).substr(0, most_body_logged);
  writer.Key("body");
  if (is_utf8(kept)) {
    write_string(writer, kept);
  } else {
    writer.Null();
  }
  writer.Key("body_base64");
  write_string(writer, base64(kept));
}

}  // namespace

void Admin::answer(const Request& request, Answer& answer) {
  const auto path = request.path();
  if (path == "/_admin/next" && request.method == "POST") return set_next(request, answer);
  if (path == "/_admin/log" && request.method == "GET") return show_log(answer);
  if (path == "/_admin/reset" && request.method == "POST") {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    logged_ = 0;
    received_ = 0;
    orders_left_ = 0;
    store_.clear();
    return;
  }
  refuse(answer, 404, "not_found");
}

void Admin::set_next(const Request& request, Answer& answer) {
  rapidjson::Document body;
  body.Parse(request.body.data(), request.body.size());
  std::string fault = R"(the body is to be {"do":"status=500","count":3})";
  if (body.HasParseError() || !body.IsObject() || !body.HasMember("do") || !body["do"].IsString() ||
      (body.HasMember("count") && !body["count"].IsUint64())) {
    refuse(answer, 400, fault);
    return;
  }
  const auto orders = parse_orders({body["do"].GetString(), body["do"].GetStringLength()}, fault);
  if (!orders) {
    refuse(answer, 400, fault);
    return;
  }
  const std::lock_guard lock(mutex_);
  orders_ = *orders;
  orders_left_ = body.HasMember("count") ? body["count"].GetUint64() : 1;
}

Orders Admin::take_orders() {
  if (orders_left_.load(std::memory_order_relaxed) == 0) return {};
  const std::lock_guard lock(mutex_);
  if (orders_left_ == 0) return {};
  --orders_left_;
  return orders_;
}

void Admin::log(const Request& request, const Channel& channel, const Understood* understood,
                int status) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  write_channel(writer, channel);
  write_request(writer, request);
  writer.Key("understood");
  if (understood != nullptr) {
    const auto text = understood->to_json();
    writer.RawValue(text.data(), text.size(), rapidjson::kObjectType);
  } else {
    writer.Null();
  }
  writer.Key("status");
  writer.Int(status);
  writer.EndObject();

  const std::lock_guard lock(mutex_);
  // The number goes in under the lock, so that numbers follow the log's order.
  entries_.push_back("{\"number\":" + std::to_string(++logged_) + "," + (buffer.GetString() + 1));
  if (entries_.size() > most_logged_) entries_.pop_front();
}

void Admin::show_log(Answer& answer) {
  const std::lock_guard lock(mutex_);
  answer.body = "{\"received\":" + std::to_string(received_.load(std::memory_order_relaxed)) +
                ",\"requests\":[";
  for (std::size_t i = 0; i < entries_.size(); ++i)
    answer.body.append(i > 0 ? "," : "").append(entries_[i]);
  answer.body += "]}";
}

}  // namespace owner_api
