#include "filters/policy/recorded_request.hpp"

#include <rapidjson/document.h>

#include <algorithm>

#include "filters/journal.hpp"
#include "filters/record_level.hpp"
#include "filters/verdict.hpp"

namespace filters {
namespace {

using rapidjson::Value;

const Value* find(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string_view text_of(const Value& value) {
  return value.IsString() ? std::string_view(value.GetString(), value.GetStringLength())
                          : std::string_view{};
}

// Empty where there is none.
std::string_view text(const Value& object, const char* name) {
  const auto* const value = find(object, name);
  return value ? text_of(*value) : std::string_view{};
}

class RecordReader {
 public:
  RecordReader(const Value& record, const Contract& contract, RecordedRequest& request)
      : record_(record), contract_(contract), request_(request) {}

  Replay run() {
    const auto* const seq = find(record_, "seq");
    if (!seq || !seq->IsUint64()) return Replay::no_record;
    request_.seq = seq->GetUint64();
    const auto time = text(record_, "time");
    const auto moment = parse_moment(std::string(time.substr(0, 19)) + "Z");
    if (!moment || text(record_, "decision").empty()) return Replay::no_record;
    request_.time = *moment;
    if (!take_endpoint()) return Replay::not_governed;
    if (text(record_, "decision") != "forwarded" &&
        text(record_, "reason") != info(Reason::policy).token)
      return Replay::refused;
    if (text(record_, "level") == to_string(RecordLevel::metadata)) return Replay::no_values;
    take_client();
    take_fields();
    take_preferences();
    return take_back_policy() ? Replay::ready : Replay::unclear;
  }

 private:
  bool take_endpoint() {
    const auto method = text(record_, "http.request.method");
    request_.parts.method = method == "GET"    ? Method::get
                            : method == "POST" ? Method::post
                                               : Method::other;
    const auto [match, endpoint] = contract_.match_path(text(record_, "url.path"));
    if (match != PathMatch::governed || !endpoint->takes(request_.parts.method)) return false;
    request_.endpoint = endpoint;
    return true;
  }

  // The token stands for every device: only its hash is known, and only that is asked for.
  void take_client() {
    request_.parts.address = text(record_, "client.address");
    const auto digest = parse_secret_digest(text(record_, "device_token"));
    request_.key_id = digest ? digest->key_id : "";
    // Without a token the hash is asked for nothing; that there is one says that devices are known.
    request_.parts.device = digest ? digest->digest : Digest{};
    if (!digest) return;
    for (const auto& field : request_.endpoint->fields())
      if (field.secret) request_.parts.fields.emplace_back(field.name, "recorded");
  }

  void take_fields() {
    const auto* const fields = find(record_, "fields");
    if (!fields || !fields->IsObject()) return;
    for (const auto& [name, value] : fields->GetObject())
      request_.parts.fields.emplace_back(text_of(name), text_of(value));
  }

  void take_preferences() {
    const auto* const map = find(record_, "preferences");
    if (!map || !map->IsObject()) return;
    for (const auto& [name, value] : map->GetObject())
      request_.parts.preferences.emplace_back(text_of(name), value.IsTrue());
  }

  // False where an edit cannot be taken back: its name was too long to be recorded.
  bool take_back_policy() {
    const auto* const edits = find(record_, "edits");
    if (!edits || !edits->IsArray()) return true;
    for (auto i = edits->Size(); i-- > 0;) {
      const auto& edit = (*edits)[i];
      if (!edit.IsObject() || !text(edit, "rule").starts_with("policy.")) continue;
      if (text(edit, "in") == to_string(Place::answer)) continue;  // of what the upstream sent
      if (!take_back(edit)) return false;
    }
    return true;
  }

  bool take_back(const Value& edit) {
    const auto path = text(edit, "path");
    const std::string name(path.substr(path.rfind('/') + 1));
    if (!request_.endpoint->valid_preference_name(name)) return false;
    auto& map = request_.parts.preferences;
    std::erase_if(map, [&](const auto& each) { return each.first == name; });
    const auto* const before = find(edit, "before");
    if (text(edit, "op") != "add" && before) map.emplace_back(name, before->IsTrue());
    return true;
  }

  const Value& record_;
  const Contract& contract_;
  RecordedRequest& request_;
};

}  // namespace

Replay read_recorded_request(std::string_view line, const Contract& contract,
                             RecordedRequest& request) {
  request = {};
  rapidjson::Document record;
  // Not recursive: a line of a million brackets is nobody's record, and no reason to crash.
  record.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
  if (record.HasParseError() || !record.IsObject()) return Replay::no_record;
  return RecordReader(record, contract, request).run();
}

}  // namespace filters
