// read_endpoint: one path of a contract's document: operations, parameters, the body. What a value
// may be is read by SchemaReader. Used by load_contract alone.
#pragma once

#include <optional>

#include "filters/contract/schema_reader.hpp"

namespace filters {

// `key` is the path's text, `node` what stands below it. None where it is no path at all; else,
// with errors in `findings`, what could be read.
std::optional<Endpoint> read_endpoint(const YamlNode& key, const YamlNode& node,
                                      SchemaReader& schemas, Findings& findings);

}  // namespace filters
