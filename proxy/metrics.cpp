// The idea: one function a family, each adds up what the workers have counted. Counters are there
// from the start, at 0, so that the first event is an increase; only a status that was never
// answered has no line. Label values are those of this file, of the chain, of the configuration and
// of the policy's file, never a client's.
#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>

#include "proxy/admin_pages.hpp"
#include "proxy/version.hpp"

namespace proxy {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Exposition {
 public:
  explicit Exposition(const Vitals& vitals) : vitals_(vitals), governance_(vitals.governance()) {}

  std::string text() {
    add_requests();
    add_histogram("request_duration_seconds",
                  "From a request's head being whole until its answer was handed over.",
                  &Meter::durations);
    add_histogram("upstream_duration_seconds",
                  "Of that, from asking for a connection to the upstream.",
                  &Meter::upstream_durations);
    add_rules();
    if (!governance_->tally->rules().empty()) add_policy();
    add_upstream();
    add_clients();
    add_audit();
    add_operation();
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  void begin(const char* name, const char* help, MetricType type) {
    families_.push_back({std::string("prefgate_") + name, help, type, {}});
  }
  template <class Number>
  void counter(Labels labels, Number value) {
    auto& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
  }
  void gauge(Labels labels, double value) {
    auto& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.gauge.value = value;
  }
  // A counter for each of some names.
  template <std::size_t Size>
  void counters(const char* label, const std::array<std::string_view, Size>& names,
                std::uint64_t (Meter::*which)(std::size_t) const) {
    for (std::size_t i = 0; i < Size; ++i)
      counter({{label, std::string(names[i])}},
              sum([&](const Meter& meter) { return (meter.*which)(i); }));
  }
  template <class Get>
  std::uint64_t sum(Get get) const {
    std::uint64_t total = 0;
    for (const auto* meter : vitals_.meters) total += get(*meter);
    return total;
  }

  void add_requests();
  void add_histogram(const char* name, const char* help, const Histogram& (Meter::*which)() const);
  void add_rules();
  void add_policy();
  void add_upstream();
  void add_clients();
  void add_audit();
  void add_operation();

  const Vitals& vitals_;
  const Governing governance_;
  std::vector<MetricFamily> families_;
};

// The first family: who sees an exchange here sees it in all others.
void Exposition::add_requests() {
  begin("requests_total", "Requests that have ended, by what the client was answered.",
        MetricType::Counter);
  const auto add = [&](std::size_t method, std::size_t decision, int status) {
    const auto count =
        sum([&](const Meter& meter) { return meter.requests(method, decision, status); });
    if (count == 0) return;
    counter({{"method", std::string(Meter::methods[method])},
             {"status", status == 0 ? "none" : std::to_string(status)},
             {"decision", std::string(Meter::decisions[decision])}},
            count);
  };
  for (std::size_t method = 0; method < Meter::methods.size(); ++method)
    for (std::size_t decision = 0; decision < Meter::decisions.size(); ++decision) {
      add(method, decision, 0);
      for (int status = Meter::first_status; status <= Meter::last_status; ++status)
        add(method, decision, status);
    }
}

void Exposition::add_histogram(const char* name, const char* help,
                               const Histogram& (Meter::*which)() const) {
  begin(name, help, MetricType::Histogram);
  auto& histogram = families_.back().metric.emplace_back().histogram;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < Histogram::bounds.size() + 1; ++i) {
    count += sum([&](const Meter& meter) { return (meter.*which)().bucket(i); });
    if (i < Histogram::bounds.size())
      histogram.bucket.push_back(
          {count, std::chrono::duration<double>(Histogram::bounds[i]).count()});
  }
  histogram.sample_count = count;
  histogram.sample_sum = static_cast<double>(sum(
                             [&](const Meter& meter) { return (meter.*which)().microseconds(); })) /
                         1e6;
}

void Exposition::add_rules() {
  begin("rule_hits_total",
        "Requests in which a rule acted or, below enforce, said what it would have done.",
        MetricType::Counter);
  const auto add = [&](std::string_view rule, std::size_t mode, std::uint64_t count) {
    counter({{"rule", std::string(rule)}, {"mode", std::string(Meter::modes[mode])}}, count);
  };
  for (std::size_t rule = 0; rule < filters::chain_rules.size(); ++rule)
    for (std::size_t mode = 0; mode < Meter::modes.size(); ++mode)
      add(filters::chain_rules[rule], mode,
          sum([&](const Meter& meter) { return meter.hits(rule, mode); }));
  for (const auto& rule : governance_->tally->rules())
    for (std::size_t mode = 0; mode < rule.hits.size(); ++mode)
      add(rule.tag, mode, rule.hits[mode]);
}

void Exposition::add_policy() {
  const auto rules = governance_->tally->rules();
  begin("policy_requests_total",
        "Requests that a rule of the policy applied to, by what came of it.", MetricType::Counter);
  for (const auto& rule : rules)
    for (std::size_t i = 0; i < rule.outcomes.size(); ++i)
      counter({{"rule", rule.tag}, {"outcome", std::string(filters::rule_outcome_names[i])}},
              rule.outcomes[i]);
  begin("policy_answers_total",
        "Answers whose stored preferences were held against a rule of the policy.",
        MetricType::Counter);
  for (const auto& rule : rules) {
    counter({{"rule", rule.tag}, {"outcome", "complied"}}, rule.complied_answers);
    counter({{"rule", rule.tag}, {"outcome", "drifted"}}, rule.drifted_answers);
  }
  const auto groups = governance_->tally->groups();
  if (groups.empty()) return;
  begin("policy_group_requests_total",
        "Requests of a group's members that some rule applied to, by whether all complied.",
        MetricType::Counter);
  for (const auto& group : groups) {
    counter({{"group", group.name}, {"outcome", "compliant"}}, group.compliant);
    counter({{"group", group.name}, {"outcome", "not_compliant"}}, group.not_compliant);
  }
}

void Exposition::add_upstream() {
  const auto pool = vitals_.pool();
  begin("upstream_connections", "Connections to the upstream now.", MetricType::Gauge);
  gauge({{"state", "idle"}}, static_cast<double>(pool.idle));
  // The two are read one after the other.
  gauge({{"state", "in_use"}}, static_cast<double>(pool.open - std::min(pool.idle, pool.open)));
  begin("upstream_waiting_requests", "Requests in line for a connection now.", MetricType::Gauge);
  gauge({}, static_cast<double>(pool.waiting));
  begin("upstream_failures_total", "Requests that the upstream failed, for good, by how.",
        MetricType::Counter);
  for (std::size_t kind = 1; kind < Meter::failure_kinds; ++kind)
    counter({{"kind", std::string(info(static_cast<FailureKind>(kind)).token)}},
            sum([&](const Meter& meter) { return meter.failures(kind); }));
  begin("upstream_retries_total", "Requests that were sent once more, on another connection.",
        MetricType::Counter);
  counter({}, sum([](const Meter& meter) { return meter.retries(); }));
  begin("upstream_ejections_total", "Times a worker has left an address out for a while.",
        MetricType::Counter);
  counter({}, sum([](const Meter& meter) { return meter.ejections(); }));
  begin("upstream_lookups_total", "Times the upstream's name was looked up.", MetricType::Counter);
  counter({{"result", "success"}}, vitals_.look_ups.succeeded.get());
  counter({{"result", "failure"}}, vitals_.look_ups.failed.get());
}

void Exposition::add_clients() {
  begin("client_connections", "Connections of clients now.", MetricType::Gauge);
  gauge({}, static_cast<double>(vitals_.client_connections.load(std::memory_order_relaxed)));
  begin("client_connections_refused_total",
        "Connections closed at once (limit, queue), and times that none could be accepted "
        "(descriptors).",
        MetricType::Counter);
  counters("reason", Meter::refusals, &Meter::refused);
  begin("tls_handshake_failures_total", "TLS handshakes of clients that failed, by why.",
        MetricType::Counter);
  counters("reason", tls_fault_names, &Meter::handshake_failures);
  begin("client_aborts_total",
        "Answers that a client did not take: it had gone, or took nothing for too long.",
        MetricType::Counter);
  counters("reason", Meter::aborts, &Meter::aborted);
  begin("requests_shed_total", "Requests refused because those in line waited too long already.",
        MetricType::Counter);
  counter({}, sum([](const Meter& meter) { return meter.shed(); }));
}

void Exposition::add_audit() {
  const auto counters = vitals_.audit.counters();
  begin("audit_records_total", "Records written to the audit.", MetricType::Counter);
  counter({}, counters.written);
  begin("audit_dropped_total", "Requests without a record, in a gap record or not yet.",
        MetricType::Counter);
  counter({}, counters.dropped);
  begin("audit_failed_writes_total", "Times the disk refused a write, a sync or a checkpoint.",
        MetricType::Counter);
  counter({}, counters.failed_writes);
  begin("audit_syncs_total", "Times a segment was made durable.", MetricType::Counter);
  counter({}, counters.syncs);
  begin("audit_sync_seconds_total", "How long that took in all.", MetricType::Counter);
  counter({}, std::chrono::duration<double>(counters.sync_time).count());
  begin("audit_backlog_ratio", "How full the fullest ring of records is that wait for the writer.",
        MetricType::Gauge);
  gauge({}, vitals_.audit_backlog());
}

void Exposition::add_operation() {
  begin("config_reloads_total",
        "Reloads of the configuration, or of the policy or of certificates alone.",
        MetricType::Counter);
  counter({{"result", "success"}}, vitals_.good_reloads());
  counter({{"result", "failure"}}, vitals_.bad_reloads());
  if (const auto certificates = vitals_.certificates(); !certificates.empty()) {
    begin("certificate_not_after_seconds", "When a listener's certificate expires, in Unix time.",
          MetricType::Gauge);
    for (const auto& [address, not_after] : certificates)
      gauge({{"listener", address}}, static_cast<double>(not_after));
  }
  begin("build_info", "What is running: always 1.", MetricType::Gauge);
  gauge({{"version", version()}, {"commit", commit()}}, 1);
}

}  // namespace

std::string metrics_text(const Vitals& vitals) {
  return Exposition(vitals).text();
}

}  // namespace proxy
