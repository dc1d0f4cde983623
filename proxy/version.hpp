// What this binary is made of. Any thread; never reads the network or a file.
#pragma once

#include <string>

namespace proxy {

// "0.1.0"
std::string version();
// Of the sources: twelve hex digits, or "unknown".
std::string commit();
// What `prefgate version` prints: version, commit, compiler and libraries, a line each.
std::string version_text();

}  // namespace proxy
