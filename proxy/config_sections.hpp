// The sections of the configuration, one function each: which keys there are, what they take, and
// which values contradict each other. Called by `load_config` alone. They open no file.
#pragma once

#include "filters/yaml/section.hpp"
#include "proxy/config.hpp"

namespace proxy {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

using filters::Findings;
using filters::Range;
using filters::Section;
using filters::YamlNode;

void read_listen(Section& root, Config& config);
void read_admin(Section& root, Config& config);
void read_upstream(Section& root, UpstreamConfig& upstream);
void read_limits(Section& root, Config& config);
void read_filters(Section& root, Config& config);
void read_audit(Section& root, AuditConfig& audit);
// What `audit.levels` names must be in the contract and the policy, which is null where it has
// faults of its own.
void check_levels(const Config& config, const filters::PolicyRules* policy, Findings& findings);
void read_log(Section& root, LogConfig& log);

}  // namespace proxy
