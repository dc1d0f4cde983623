#include "proxy/audit_settings.hpp"

#include <spdlog/spdlog.h>

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

}  // namespace proxy
