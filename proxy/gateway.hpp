// Gateway: one exchange, front to back, whatever version of HTTP brought it: the chain, the body,
// the upstream, the answer, the record. Every exchange leaves `serve` through the same last lines,
// so none can miss its record. Owned by a Worker, on its thread; holds no state of an exchange
// itself: that is in the Slot.
#pragma once

#include "proxy/audit_waits.hpp"
#include "proxy/config.hpp"
#include "proxy/downstream.hpp"
#include "proxy/governance.hpp"
#include "proxy/keyed_hash.hpp"
#include "proxy/meter.hpp"
#include "proxy/pool.hpp"
#include "proxy/slot.hpp"
#include "proxy/wire_writer.hpp"

namespace proxy {

class Gateway {
 public:
  // All references must outlive the gateway. `limits` may change between two of its steps.
  // `governance` is counted by this thread alone.
  Gateway(const Config& config, const Limits& limits, Governing governance,
          std::shared_ptr<Pool> pool, AuditWaits& audit, KeyedHash& hash, Meter& meter);

  // Exchanges that begin from now on are judged by this one.
  void adopt(Governing governance) { governance_ = std::move(governance); }
  // And go to the upstream of this one.
  void adopt(std::shared_ptr<Pool> pool) { pool_ = std::move(pool); }

  // `slot.exchange` holds a request whose head was read, or a verdict on one that could not be.
  // When it returns the answer is flushed, or the client is gone, and the record is in the ring;
  // under `durability: request` it was durable before the first byte of the answer was flushed.
  Task<> serve(Slot& slot, Downstream& client);

 private:
  std::size_t room_for_record(const Slot& slot) const;
  bool reserve_record(Slot& slot, std::size_t bytes);
  Task<> wait_for_room(Slot& slot, std::size_t bytes);
  void enter(Slot& slot, const Peer& peer, const filters::Contract::Match& match) const;
  Task<> receive(Slot& slot, Downstream& client);
  void judge(Slot& slot);

  Task<> forward(Slot& slot, Downstream& client);
  void compose(Slot& slot, Downstream& client);
  bool take_body(Slot& slot, Downstream& client);
  Task<Failure> converse(Slot& slot, Downstream& client, Lease& lease);
  Task<Failure> send_rest(const Slot& slot, Upstream& upstream, std::string_view rest);
  Task<> pump(Slot& slot, Downstream& client, Upstream& upstream);
  Task<> stop_pump(Slot& slot, Downstream& client, Upstream& upstream);
  Task<Failure> read_answer_head(Slot& slot, Upstream& upstream);
  Task<Failure> relay(Slot& slot, Downstream& client, Lease& lease);
  void begin_relay(Slot& slot, Downstream& client);
  void begin_answer(Slot& slot, Downstream& client);
  void take_answer(Slot& slot, Downstream& client, std::string_view piece);
  void let_pass(Slot& slot, Downstream& client);
  void look_at_answer(Slot& slot);
  void release_answer(Slot& slot, Downstream& client);
  void note_answer(Slot& slot) const;
  Task<> finish_held(Slot& slot, Downstream& client);
  void take_back(Slot& slot, Downstream& client);
  Task<> finish_relay(Slot& slot, Downstream& client, Lease& lease);
  void give_up(Slot& slot, const Failure& failure);
  milliseconds time_left(const Slot& slot, milliseconds at_most) const;

  Task<> answer(Slot& slot, Downstream& client);
  bool records_first() const;
  Task<error_code> flush(Slot& slot, Downstream& client);
  Task<bool> record_first(Slot& slot, Downstream& client, filters::Ending ending);
  void record(Slot& slot, Downstream& client);
  void count(const Slot& slot);

  const Config& config_;  // as started
  const Limits& limits_;
  Governing governance_;
  std::shared_ptr<Pool> pool_;
  AuditWaits& audit_;
  KeyedHash& hash_;
  Meter& meter_;
  std::size_t streams_ = 0;  // exchanges that were forwarded before their body was whole
  const std::string node_;   // this machine's name
  Slot::Clock::time_point quiet_until_{};  // of the log, about the upstream
};

}  // namespace proxy
