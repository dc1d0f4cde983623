// RequestParts: a governed request by what it says and not by its bytes, as a policy's tests and
// the audit's records have it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "filters/http.hpp"
#include "filters/policy/moment.hpp"
#include "filters/secret_hash.hpp"

namespace filters {

struct RequestParts {
  Method method = Method::post;
  std::vector<std::pair<std::string, std::string>> fields;  // by the contract's names
  std::vector<std::pair<std::string, bool>> preferences;    // of a POST
  std::string address;                                      // of the client; may be empty
  std::vector<std::string> client_names;                    // of its certificate
  std::optional<Digest> device;                             // its token's
};

}  // namespace filters
