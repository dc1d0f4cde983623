// What an operator can have the audit promise: when a record is durable, and what becomes of an
// exchange whose record cannot be written. Values, for Config, AuditWriter and AuditWaits.
#pragma once

#include <cstdint>

namespace proxy {

enum class Durability : std::uint8_t {
  none,    // the kernel writes when it likes; only an ended segment is made durable
  batch,   // once a second
  request  // before the client has a byte of its answer
};

enum class OnFull : std::uint8_t {
  reject,  // 503
  drop,    // it goes on, and is counted
  block    // it waits, as long as a request may take
};

}  // namespace proxy
