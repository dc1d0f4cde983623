// What the configuration says of the audit, as its writer takes it: the keys are read, or made
// where there are none yet, and what happens to the records is told in the log. For the start
// and the end; it blocks.
#pragma once

#include "proxy/audit_writer.hpp"
#include "proxy/config.hpp"
#include "proxy/keyed_hash.hpp"

namespace proxy {

// `audit.hmac_key`. Throws std::runtime_error naming the file.
LoadedKey load_secret_key(const AuditConfig& audit);
// With a ring for each worker. Throws std::runtime_error naming the file of the signing key.
AuditSettings audit_settings(const AuditConfig& audit, std::size_t workers);
// The same for the end of it: whether all is `written`, and what was done without a record, or
// `refused` for want of one.
void tell_end_of_audit(const AuditWriter& writer, bool written, std::uint64_t refused);

}  // namespace proxy
