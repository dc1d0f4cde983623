#include "bench/load/stored_check.hpp"

#include <rapidjson/document.h>

#include "bench/load/preference_names.hpp"

namespace load {
namespace {

std::vector<Workload::Stored> first_of(std::vector<Workload::Stored> stored) {
  if (stored.size() > StoredCheck::most_checked) stored.resize(StoredCheck::most_checked);
  return stored;
}

std::map<std::string, bool> wanted_of(std::uint32_t variant, std::size_t names,
                                      const Governed& governed) {
  std::map<std::string, bool> wanted;
  for (std::size_t i = 0; i < names; ++i)
    wanted[std::string(preference_names.at(i))] = Workload::is_on(i, variant);
  for (const auto& [name, value] : governed) {
    if (value)
      wanted[name] = *value;
    else
      wanted.erase(name);
  }
  return wanted;
}

std::string query_of(std::uint32_t device) {
  auto token = Workload::device_token(device);
  token.replace(token.find(':'), 1, "%3A");
  return std::string(governed_path) + "?locale=en_GB&device_token=" + token +
         "&device_type=android&platform=android&app_version=4.57.5-4357";
}

}  // namespace

std::string wrong_in(std::string_view body, const std::map<std::string, bool>& wanted) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("response") ||
      !document["response"].IsObject())
    return "the upstream's answer has no preferences";
  const auto& response = document["response"];
  const auto word = [](bool value) { return std::string(value ? "true" : "false"); };
  for (const auto& [name, value] : wanted) {
    const auto found = response.FindMember(name.c_str());
    if (found == response.MemberEnd()) return name + " is not there, to be " + word(value);
    if (!found->value.IsBool() || found->value.GetBool() != value)
      return name + " is not " + word(value);
  }
  for (const auto& member : response.GetObject())
    if (!wanted.contains(std::string(member.name.GetString(), member.name.GetStringLength())))
      return "a preference is there that is not to be";
  return {};
}

StoredCheck::StoredCheck(std::vector<Workload::Stored> stored, std::size_t names, Governed governed,
                         RequestHead head)
    : stored_(first_of(std::move(stored))),
      names_(names),
      governed_(std::move(governed)),
      head_(std::move(head)) {}

std::optional<Nanoseconds> StoredCheck::due(std::uint64_t number) {
  if (number >= stored_.size()) return std::nullopt;
  return Nanoseconds(0);
}

Ticket StoredCheck::make(std::uint64_t number, std::string& out) {
  const auto& each = stored_.at(number);
  out = get_text(head_, query_of(each.device));
  return {.number = number, .device = each.device, .variant = each.variant};
}

std::string StoredCheck::judge(const Ticket& ticket, const AnswerReader& answer) {
  ++verified_.checked;
  auto wrong = answer.status() == 200
                   ? wrong_in(answer.body(), wanted_of(ticket.variant, names_, governed_))
                   : "the upstream answered " + std::to_string(answer.status());
  if (!wrong.empty()) ++verified_.wrong[wrong];
  return wrong;
}

}  // namespace load
