#include "proxy/audit_settings.hpp"

#include <spdlog/spdlog.h>

#include "proxy/evidence/counted.hpp"

namespace proxy {
namespace {

SigningKey signing_key(const AuditConfig& audit) {
  const auto loaded = audit.signing_key ? load_signing_key(*audit.signing_key)
                                        : load_or_make_signing_key(audit.directory);
  for (const auto& warning : loaded.warnings) spdlog::warn("{}", warning);
  return loaded.key;
}

}  // namespace

LoadedKey load_secret_key(const AuditConfig& audit) {
  return audit.hmac_key ? load_hmac_key(*audit.hmac_key) : load_or_make_hmac_key(audit.directory);
}

AuditSettings audit_settings(const AuditConfig& audit, std::size_t workers) {
  return {.directory = audit.directory,
          .signing_key = signing_key(audit),
          .rings = workers,
          .durability = audit.durability,
          .segment_bytes = audit.segment,
          .segment_age = audit.segment_age,
          .keep = audit.keep,
          .warn = [](const std::string& what) { spdlog::error("{}", what); },
          .tell = [](const std::string& what) { spdlog::info("{}", what); }};
}

void tell_end_of_audit(const AuditWriter& writer, bool written, std::uint64_t refused) {
  if (!written && writer.lost() == 0)
    spdlog::error("stopped: the records are not signed: {}",
                  writer.last_error().value_or(AuditError{}).what);
  else if (!written)
    spdlog::error("stopped: {} could not be written: {}", counted(writer.lost(), "record"),
                  writer.last_error().value_or(AuditError{}).what);
  else
    spdlog::info("stopped: every record is written");
  if (const auto dropped = writer.counters().dropped; dropped > 0)
    spdlog::warn("{} went by without a record: the audit had no room (audit.on_full)",
                 counted(dropped, "exchange"));
  if (refused > 0)
    spdlog::warn("{} answered with 503: the audit could not take a record (audit.on_full)",
                 counted(refused, "request"));
}

}  // namespace proxy
