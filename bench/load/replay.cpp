#include "bench/load/replay.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "filters/contract/contract.hpp"
#include "filters/policy/composed_exchange.hpp"
#include "proxy/evidence/sha256.hpp"

namespace load {
namespace {

constexpr std::string_view why_left_out(filters::Replay what) {
  switch (what) {
    case filters::Replay::not_governed:
      return "of paths that the contract does not govern";
    case filters::Replay::refused:
      return "refused before the policy, whose values are not recorded";
    case filters::Replay::unclear:
      return "that do not tell all that was there";
    case filters::Replay::no_values:
      return "of level metadata";
    case filters::Replay::ready:
    case filters::Replay::no_record:
      break;
  }
  return {};
}

std::string told(std::uint32_t status, bool rejected) {
  return std::to_string(status) + (rejected ? " (rejected)" : " (forwarded)");
}

// What the client can see of the decision: who answered. Where the gateway answered for an upstream
// that failed, the request had been let pass.
bool seems_rejected(const AnswerReader& answer) {
  const int status = answer.status();
  return answer.field("x-prefgate-origin") == "gateway" && status != 502 && status != 503 &&
         status != 504;
}

}  // namespace

Replay::Replay(const std::filesystem::path& directory, double speed, RequestHead head)
    : speed_(speed), head_(std::move(head)), reader_(proxy::list_segments(directory)) {
  if (reader_.segments().empty())
    throw std::runtime_error(directory.string() + " holds no records (records-*.jsonl)");
  fill();
  if (!ahead_.empty()) first_ = ahead_.begin()->first;
}

void Replay::fill() {
  while (!ended_ && ahead_.size() < read_ahead) {
    const auto block = reader_.next();
    if (!block) {
      ended_ = true;
      return;
    }
    std::string_view text = block->text;
    if (block->torn) text = text.substr(0, text.rfind('\n') + 1);
    proxy::for_each_line(text, [&](std::string_view line) {
      if (!record_.read(line))
        throw std::runtime_error(reader_.segments()[block->segment].file.string() +
                                 ": a line is no record: `prefgate audit verify` says more");
      take(line);
    });
  }
}

void Replay::take(std::string_view line) {
  if (record_.dropped() > 0) {
    left_out_["that stand for exchanges without one"] += 1;
    return;
  }
  const auto status = record_.number("http.response.status_code");
  const auto what = read_recorded_request(line, filters::Contract::builtin(), request_);
  if (what != filters::Replay::ready || !status) {
    const auto why = why_left_out(what);
    ++left_out_[why.empty() ? "without an answer" : std::string(why)];
    return;
  }
  ahead_.emplace(record_.time(), Recorded{.seq = request_.seq,
                                          .status = static_cast<std::uint32_t>(*status),
                                          .rejected = record_.text("decision") == "rejected",
                                          .text = text_of(request_)});
}

std::string Replay::text_of(filters::RecordedRequest& request) const {
  for (const auto& field : request.endpoint->fields())
    for (auto& [name, value] : request.parts.fields)
      if (field.secret && name == field.name) value = proxy::to_hex(*request.parts.device);
  const filters::ComposedExchange composed(request.parts, *request.endpoint, request.time);
  const auto& made = composed.exchange().request;
  std::string target(made.path);
  if (made.has_query) target.append("?").append(made.query);
  return made.has_body ? post_text(head_, target, made.body) : get_text(head_, target);
}

std::optional<Nanoseconds> Replay::due(std::uint64_t) {
  if (ahead_.size() < read_ahead / 2) fill();
  if (ahead_.empty()) return std::nullopt;
  const std::chrono::duration<double, std::nano> since = ahead_.begin()->first - *first_;
  // One that began before what has been read ahead leaves at once.
  last_due_ = std::max(last_due_, Nanoseconds(std::llround(since.count() / speed_)));
  return last_due_;
}

Ticket Replay::make(std::uint64_t number, std::string& out) {
  auto next = ahead_.extract(ahead_.begin());
  out = std::move(next.mapped().text);
  seqs_.push_back(next.mapped().seq);
  ++sent_[out.starts_with("POST") ? "POST" : "GET"];
  return {
      .number = number, .kind = next.mapped().rejected ? 1U : 0U, .variant = next.mapped().status};
}

std::string Replay::judge(const Ticket& ticket, const AnswerReader& answer) {
  const bool was_rejected = ticket.kind == 1;
  const bool rejected = seems_rejected(answer);
  const auto status = static_cast<std::uint32_t>(answer.status());
  if (status == ticket.variant && rejected == was_rejected) return {};
  auto difference = "was " + told(ticket.variant, was_rejected) + ", is " + told(status, rejected);
  examples_.emplace(difference, seqs_.at(ticket.number));
  return difference;
}

}  // namespace load
