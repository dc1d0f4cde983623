// The sections of the configuration, one function each: which keys there are, what they take, and
// which values contradict each other. Called by `load_config` alone. They open no file.
#pragma once

#include "proxy/yaml_reader.hpp"

namespace proxy {

void read_listen(Section& root, Config& config);
void read_upstream(Section& root, UpstreamConfig& upstream);
void read_limits(Section& root, Limits& limits);
void read_filters(Section& root, filters::Settings& settings);
void read_audit(Section& root, AuditConfig& audit);
void read_log(Section& root, LogConfig& log);

}  // namespace proxy
