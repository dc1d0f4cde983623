#include "proxy/query/audit_record.hpp"

#include <algorithm>

namespace proxy {
namespace {

constexpr std::size_t usual_record = 64 * 1024;  // bytes, read; a larger one is put on the heap

const rapidjson::Value* member_of(const rapidjson::Value& object, std::string_view name) {
  const rapidjson::Value key(
      rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  const auto found = object.FindMember(key);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string_view text_of(const rapidjson::Value* value) {
  return value && value->IsString() ? std::string_view(value->GetString(), value->GetStringLength())
                                    : std::string_view{};
}

}  // namespace

AuditRecord::AuditRecord()
    : memory_(usual_record), allocator_(memory_.data(), memory_.size()), document_(&allocator_) {}

bool AuditRecord::read(std::string_view line) {
  document_.SetNull();
  allocator_.Clear();
  rules_.clear();
  // Not recursive: a line of a million brackets is nobody's record, and no reason to crash.
  document_.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      line.data(), line.size());
  if (document_.HasParseError() || !document_.IsObject()) return false;
  const auto seq = number("seq");
  const auto time = parse_timestamp(text("time"));
  if (!seq || !time) return false;
  seq_ = *seq;
  time_ = *time;
  for (const auto* entries : {"edits", "findings", "violations"}) take_rules(entries);
  return true;
}

const AuditRecord::Value* AuditRecord::find(std::string_view attribute) const {
  return member_of(document_, attribute);
}

std::string_view AuditRecord::text(std::string_view attribute) const {
  return text_of(find(attribute));
}

std::optional<std::uint64_t> AuditRecord::number(std::string_view attribute) const {
  const auto* const value = find(attribute);
  if (!value || !value->IsUint64()) return std::nullopt;
  return value->GetUint64();
}

void AuditRecord::take_rules(std::string_view entries) {
  const auto* const all = find(entries);
  if (!all || !all->IsArray()) return;
  for (const auto& entry : all->GetArray()) {
    const auto rule = entry.IsObject() ? text_of(member_of(entry, "rule")) : std::string_view{};
    if (!rule.empty() && std::ranges::find(rules_, rule) == rules_.end()) rules_.push_back(rule);
  }
}

std::uint64_t AuditRecord::dropped() const {
  const auto* const gap = find("gap");
  const auto* const count = gap && gap->IsObject() ? member_of(*gap, "dropped") : nullptr;
  return count && count->IsUint64() ? count->GetUint64() : 0;
}

}  // namespace proxy
