// The steps of Validate over one exchange, and the Judge they report to. Used by Validate alone.
#pragma once

#include <algorithm>
#include <string_view>

#include "filters/exchange.hpp"
#include "filters/validate.hpp"

namespace filters {

class Judge {
 public:
  Judge(const ValidateModes& rule_modes, Exchange& of)
      : endpoint(*of.endpoint), modes(rule_modes), exchange(of) {}

  const Endpoint& endpoint;
  const ValidateModes& modes;
  Exchange& exchange;

  // Writes `entry` as a violation or, where `mode` is below `enforce`, as a finding. Neither mode
  // of an unknown name is stronger than that of the whole filter.
  void say(Mode mode, Entry entry);
  void say(Entry entry) { say(Mode::enforce, entry); }
  // Whether what is said under `mode` would still be kept: if not, it needs no careful words.
  bool keeps(Mode mode) const;
  std::string_view pointer(const Document& document, const Member& member) const {
    return pointer_to(document, member, exchange.arena);
  }
  Verdict verdict() const;

 private:
  Mode effective(Mode mode) const { return std::min({mode, modes.all, endpoint.strictest()}); }

  bool rejected_ = false;
  std::string_view first_;  // violation, in words
};

// Names: repeated, disagreeing, unknown, in the wrong place.
void judge_names(Judge& judge);
// Presence, type and pattern of each field, and of each preference.
void judge_fields(Judge& judge);

}  // namespace filters
