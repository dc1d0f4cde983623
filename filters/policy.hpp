// Policy: the operator's rules on what clients may ask for: preferences that are forced, added or
// removed, and requests that are denied. A rule below `enforce` only writes what it would do. What
// the rules are comes from a file: see filters/policy/load_policy.hpp. Costs no heap, and where no
// rule matches, nothing but the looking.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "filters/exchange.hpp"
#include "filters/policy/rules.hpp"

namespace filters {

// What becomes of stored preferences that the rules would change: drift.
enum class Answers : std::uint8_t {
  observe,  // a GET's answer goes on as it is, and the record has what differs
  governed  // it shows what the rules make of it
};

class Policy {
 public:
  static constexpr std::string_view name = "policy";
  // Null: no rules.
  explicit Policy(std::shared_ptr<const PolicyRules> rules, Answers answers = Answers::observe);

  // The rules in the file's order, each on what those before it left. The first that denies ends
  // the walk. The journal names them as `policy.<id>`.
  Verdict on_body(Exchange& exchange) const;

  // The preferences that a GET answers with, held against the rules as if this client sent them in
  // a POST now. What a rule would change goes into the journal under its id, in the answer; why
  // there was nothing to look at, as `policy.drift`.
  AnswerBody answer_body(const Exchange& exchange) const;
  void on_answer(Exchange& exchange) const;

 private:
  std::shared_ptr<const PolicyRules> rules_;
  Answers answers_;
  bool edits_;  // some rule is about preferences, and not off
};

}  // namespace filters
