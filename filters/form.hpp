// A form, `application/x-www-form-urlencoded`, as JSON. Names come through as they are, misspelt
// ones too: what they should have been is for the rules that read JSON. A form that two servers
// could read in two ways is a fault, never a guess. Arena memory, near-linear time.
#pragma once

#include <string_view>

#include "filters/contract/contract.hpp"
#include "filters/document.hpp"

namespace filters {

// A decoded name, "notification_preferences[alarm]": the member `alarm` of an object.
struct FormName {
  std::string_view name;    // what stands before the brackets, or all of it
  std::string_view member;  // empty: there are no brackets
  bool clear = true;        // false: brackets of any other shape; `name` is all of it then
};
FormName split_form_name(std::string_view decoded);

// "true" or "false" for the four texts that mean one in a form (`true`, `false`, `1`, `0`), else
// "".
std::string_view boolean_of_form(std::string_view text);

// Sets `json` to the object that `form` spells: one line, fields in the order of the form, all
// members of one object together where the first of them stands. Values are strings; of members of
// an object that holds booleans, those that mean one are booleans. Faults, with their offset into
// `form`, leave `json` alone: those of `index_query`, a name given twice, a name both with brackets
// and without, brackets of any other shape than name[member].
Fault form_to_json(std::string_view form, const Endpoint& endpoint, Arena& arena,
                   std::string_view& json);

}  // namespace filters
