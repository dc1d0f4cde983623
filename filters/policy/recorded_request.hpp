// RecordedRequest: what a record of the audit tells of a governed request, as it was when the
// policy's turn came: what that policy did is taken back. For replaying it. Pure; for commands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "filters/contract/contract.hpp"
#include "filters/policy/request_parts.hpp"

namespace filters {

enum class Replay : std::uint8_t {
  ready,
  not_governed,  // by the contract given
  refused,       // by something else than the policy: no policy ever sees it
  unclear,       // the record does not tell all that was there
  no_values,     // its level is `metadata`: no field and no preference is in it
  no_record,     // not a line of an audit
};

struct RecordedRequest {
  std::uint64_t seq = 0;
  Moment time{};
  const Endpoint* endpoint = nullptr;
  RequestParts parts;  // without names of certificates: records have none
  std::string key_id;  // of the key under which its device was hashed; empty: it had none
};

// `line` is a record without its line end. `request` is whole where the result is `ready`, and has
// its seq where it is neither that nor `no_record`.
Replay read_recorded_request(std::string_view line, const Contract& contract,
                             RecordedRequest& request);

}  // namespace filters
