// Journal: the only description of what happened to an exchange. Every edit, finding and violation
// is an entry, in the order in which the rules acted; the answer's headers, the audit record,
// `explain` and the metrics are all read off it. Lives in the exchange's arena. It never holds the
// text of a secret: entries about one carry `secret` and no `before`, `after`.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace filters {

class Arena;

// What a rule may do: nothing; write to the journal; that and tell the client; act.
enum class Mode : std::uint8_t { off, observe, warn, enforce };
enum class Kind : std::uint8_t {
  edit,     // a change that was applied
  finding,  // seen and let be: the rule's mode is below `enforce`, or there was nothing safe to do
  violation,  // seen, and the exchange is rejected for it
};
// Of JSON Patch (RFC 6902 section 4); `none` for findings and violations without a proposed change.
enum class Operation : std::uint8_t { none, add, remove, replace, move };
enum class Place : std::uint8_t {
  query,
  body,
  header,
  path,
  answer,     // the body of the upstream's
  connection  // what is known of the client by its connection: its address
};

std::string_view to_string(Mode mode);
std::string_view to_string(Kind kind);
std::string_view to_string(Operation operation);
std::string_view to_string(Place place);

struct Entry {
  std::string_view rule = {};  // id, `filter.name`: "repair.alias"
  Mode mode = Mode::enforce;
  Kind kind = Kind::edit;
  Operation operation = Operation::none;
  Place place = Place::query;
  std::string_view pointer = {};     // RFC 6901: "/platform", "/notification_preferences/alarm"
  std::string_view from = {};        // of a move: the old pointer
  std::string_view before = {};      // JSON text, empty where there is none or it is secret
  std::string_view after = {};       // JSON text, likewise
  std::string_view message = {};     // for people, of findings and violations
  std::string_view suggestion = {};  // "did you mean", may be empty
  bool secret = false;
};

class Journal {
 public:
  // Findings and violations beyond this many are counted, not kept, but for a rule's first finding:
  // it takes the place of one of a rule that has several. Edits are always kept: they are evidence.
  static constexpr std::size_t findings_kept = 32;
  static constexpr std::size_t violations_kept = 16;

  explicit Journal(std::pmr::memory_resource& memory) : entries_(&memory) {}

  // Entries of mode `off` are not written. `entry`'s views must outlive the exchange.
  void write(const Entry& entry);

  std::size_t edits() const { return edits_; }
  std::size_t findings() const { return findings_; }      // all, kept or not
  std::size_t violations() const { return violations_; }  // all, kept or not
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  bool make_room_for(std::string_view rule);

  std::pmr::vector<Entry> entries_;
  std::size_t edits_ = 0;
  std::size_t findings_ = 0;
  std::size_t violations_ = 0;
  bool no_spare_ = false;  // each finding that is kept is its rule's only one
};

// How a name that a client chose appears in pointers and messages: as it is, or, where it is long
// or has characters outside [A-Za-z0-9_.-], as "(name of 70 bytes)". A client that slips can put a
// token where a name belongs (one of iOS has 64 characters), and this goes into logs and answers.
inline constexpr std::size_t longest_shown_name = 56;
std::string_view shown_name(std::string_view name, Arena& arena);

// Value of `x-prefgate-rules`: ids, each once, in order of first appearance, joined by commas, at
// most 256 bytes, then ",+N" for the N left out. Empty where no rule acted. Rules in `observe` stay
// out of it: `observe` is for the journal only.
std::string_view rules_header(const Journal& journal, std::pmr::memory_resource& memory);

}  // namespace filters
