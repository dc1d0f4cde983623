// What is told of a path that the contract does not govern, in records and reports: no secret that
// a client meant as a parameter.
#pragma once

#include <string_view>

namespace filters {

// It ends where parameters can begin: at a `?`, `;`, `&`, `=` or `#`, encoded or not, or at an
// encoded `%`, behind which anything can be.
std::string_view path_alone(std::string_view path);

}  // namespace filters
