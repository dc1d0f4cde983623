// replay_audit: all records of an audit directory through a PolicyDiff, on several threads.
#pragma once

#include <filesystem>

#include "filters/policy/policy_diff.hpp"
#include "proxy/query/audit_time.hpp"

namespace proxy {

// Which records: from `since` on, and before `until`.
struct ReplayWindow {
  AuditTime since = AuditTime::min();
  AuditTime until = AuditTime::max();
};

// `empty` has seen no record, and each thread begins with a copy of it. A torn last line, of a
// gateway that is writing, is left out. Throws std::runtime_error naming the file where one cannot
// be read or a line is no record.
filters::PolicyDiff replay_audit(const std::filesystem::path& directory,
                                 const filters::PolicyDiff& empty, unsigned threads,
                                 const ReplayWindow& window = {});

}  // namespace proxy
