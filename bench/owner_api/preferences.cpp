#include "bench/owner_api/preferences.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <utility>

#include "bench/owner_api/json.hpp"

namespace owner_api {
namespace {

constexpr std::string_view documented =
    R"({"alarm":true,"autopark_forward_started":true,"autopark_completed_success":true,)"
    R"("autopark_unavailable_plugged_in":true,"charging_started":true,)"
    R"("charging_interrupted":true,"charging_complete":true,"key_added":true,)"
    R"("key_removed":true,"update_available":true,"climate_keeper_ended_soc":true,)"
    R"("car_active":true,"refer_friend":true,"secret_level":true,"please_move_car":true,)"
    R"("grid_fault_contactor_trip":true,"grid_resync_success":true})";

std::string* slot(Understood& understood, std::string_view name) {
  if (name == "locale") return &understood.locale;
  if (name == "device_token") return &understood.device_token;
  if (name == "device_type") return &understood.device_type;
  if (name == "platform") return &understood.platform;
  if (name == "app_version") return &understood.app_version;
  return nullptr;
}

// Takes the strings and numbers of the outermost object and the booleans of its
// `notification_preferences`.
class BodyReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, BodyReader> {
 public:
  explicit BodyReader(Understood& understood) : understood_(understood) {}

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view name(text, length);
    if (depth_ == 1) {
      slot_ = slot(understood_, name);
      in_preferences_ = name == "notification_preferences";
    } else if (depth_ == 2 && in_preferences_) {
      name_ = name;
    }
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ == 1 && slot_ != nullptr) slot_->assign(text, length);
    return true;
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool copy) {
    return String(text, length, copy);
  }
  bool Bool(bool on) {
    if (depth_ != 2 || !in_preferences_) return true;
    auto& all = understood_.preferences;
    if (all.size() > 1) all += ',';
    append_json_string(all, name_);
    all.append(on ? ":true" : ":false");
    return true;
  }
  bool StartObject() {
    if (++depth_ == 2 && in_preferences_) understood_.preferences = "{";
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (--depth_ == 1 && in_preferences_) {
      understood_.preferences += '}';
      in_preferences_ = false;
    }
    return true;
  }
  bool StartArray() { return StartObject(); }
  bool EndArray(rapidjson::SizeType count) { return EndObject(count); }

 private:
  Understood& understood_;
  std::string* slot_ = nullptr;
  std::string name_;
  int depth_ = 0;
  bool in_preferences_ = false;
};

bool read_json(std::string_view body, Understood& understood) {
  constexpr unsigned flags = rapidjson::kParseNumbersAsStringsFlag |
                             rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
  rapidjson::MemoryStream stream(body.data(), body.size());
  rapidjson::Reader reader;
  BodyReader handler(understood);
  return !reader.Parse<flags>(stream, handler).IsError();
}

void read_pairs(std::string_view text, Understood& understood) {
  for (auto& [name, value] : decode_pairs(text))
    if (auto* known = slot(understood, name)) *known = std::move(value);
}

bool is_device_type(std::string_view text) {
  for (const std::string_view known : {"ios", "android"})
    if (text.starts_with(known) && (text.size() == known.size() || text[known.size()] == '-'))
      return true;
  return false;
}

// The vendor's own check, as its answer to a GET without parameters shows it.
bool passes_check(const Understood& understood, Answer& answer) {
  std::string error;
  std::string messages = "{";
  const auto complain = [&](std::string_view field, std::string_view what) {
    error.append(error.empty() ? "Validation failed: " : ", ").append(what);
    messages.append(messages.size() > 1 ? "," : "").append(field);
  };
  if (understood.device_token.empty())
    complain(R"("token":["can't be blank"])", "Token can't be blank");
  if (understood.device_type.empty()) {
    complain(R"("type":["can't be blank","is not included in the list"])", "Type can't be blank");
    error.append(", Type is not included in the list");
  } else if (!is_device_type(understood.device_type)) {
    complain(R"("type":["is not included in the list"])", "Type is not included in the list");
  }
  if (error.empty()) return true;
  refuse(answer, 422, error, messages + "}");
  return false;
}

}  // namespace

std::string Understood::to_json() const {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  const auto member = [&](std::string_view name, const std::string& value) {
    write_key(writer, name);
    if (value.empty()) {
      writer.Null();
    } else {
      write_string(writer, value);
    }
  };
  member("locale", locale);
  member("device_token", device_token);
  member("device_type", device_type);
  member("platform", platform);
  member("app_version", app_version);
  writer.Key("notification_preferences");
  if (preferences.empty()) {
    writer.Null();
  } else {
    writer.RawValue(preferences.data(), preferences.size(), rapidjson::kObjectType);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

void Store::put(const std::string& device, std::string preferences) {
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = devices_.try_emplace(device);
  entry->second.preferences = std::move(preferences);
  if (!is_new) return;
  entry->second.age = by_age_.insert(by_age_.end(), &entry->first);
  if (devices_.size() <= most_) return;
  const auto oldest = devices_.find(*by_age_.front());
  by_age_.pop_front();
  devices_.erase(oldest);
}

void Store::append(std::string& out, const std::string& device) const {
  const std::lock_guard lock(mutex_);
  const auto entry = devices_.find(device);
  out.append(entry == devices_.end() ? documented : entry->second.preferences);
}

void Store::clear() {
  const std::lock_guard lock(mutex_);
  by_age_.clear();
  devices_.clear();
}

void answer_preferences(const Request& request, Store& store, Answer& answer,
                        Understood& understood) {
  const bool is_post = request.method == "POST";
  read_pairs(request.query(), understood);
  if (is_post) {
    const auto type = request.field("content-type");
    if (type.starts_with("application/x-www-form-urlencoded")) {
      read_pairs(request.body, understood);
    } else if (type.find("json") != std::string_view::npos && !request.body.empty() &&
               !read_json(request.body, understood)) {
      refuse(answer, 400, "malformed request: the body is not JSON");
      return;
    }
  }
  if (!passes_check(understood, answer)) return;
  if (is_post) {  // answered by 200 and nothing, as on the API page
    if (!understood.preferences.empty()) store.put(understood.device_token, understood.preferences);
    return;
  }
  answer.body = R"({"response":)";
  store.append(answer.body, understood.device_token);
  answer.body += '}';
}

}  // namespace owner_api
