#include "filters/journal.hpp"

#include <algorithm>

#include "filters/arena.hpp"

namespace filters {

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::off:
      return "off";
    case Mode::observe:
      return "observe";
    case Mode::warn:
      return "warn";
    case Mode::enforce:
      return "enforce";
  }
  return "";
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::edit:
      return "edit";
    case Kind::finding:
      return "finding";
    case Kind::violation:
      return "violation";
  }
  return "";
}

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::none:
      return "none";
    case Operation::add:
      return "add";
    case Operation::remove:
      return "remove";
    case Operation::replace:
      return "replace";
    case Operation::move:
      return "move";
  }
  return "";
}

std::string_view to_string(Place place) {
  switch (place) {
    case Place::query:
      return "query";
    case Place::body:
      return "body";
    case Place::header:
      return "header";
    case Place::path:
      return "path";
    case Place::answer:
      return "answer";
    case Place::connection:
      return "connection";
  }
  return "";
}

void Journal::write(const Entry& entry) {
  if (entry.mode == Mode::off) return;
  switch (entry.kind) {
    case Kind::edit:
      ++edits_;
      break;
    case Kind::finding:
      if (++findings_ > findings_kept && !make_room_for(entry.rule)) return;
      break;
    case Kind::violation:
      if (++violations_ > violations_kept) return;
      break;
  }
  entries_.push_back(entry);
}

// Drops the last finding of a rule that has others, where `rule` has none; whether it did. Once
// there is none to drop there never will be: nobody looks again, however many findings come.
bool Journal::make_room_for(std::string_view rule) {
  if (no_spare_) return false;
  const auto is_of = [](std::string_view id) {
    return [id](const Entry& entry) { return entry.kind == Kind::finding && entry.rule == id; };
  };
  if (std::ranges::any_of(entries_, is_of(rule))) return false;
  for (auto last = entries_.end(); last != entries_.begin();) {
    --last;
    if (last->kind != Kind::finding || std::none_of(entries_.begin(), last, is_of(last->rule)))
      continue;
    entries_.erase(last);
    return true;
  }
  no_spare_ = true;
  return false;
}

std::string_view shown_name(std::string_view name, Arena& arena) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  if (!name.empty() && name.size() <= longest_shown_name && std::ranges::all_of(name, harmless))
    return name;
  return arena.join({"(name of ", arena.decimal(name.size()), " bytes)"});
}

}  // namespace filters
