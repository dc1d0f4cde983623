// PreferenceMap: preferences of one exchange, a POST's or a GET's answer, while rules change them.
// It journals each change as it is made, keeps the document true, and makes the edits at the end,
// so that whatever many rules did to a member is one edit, and a member that is added looks like
// those around it. Arena memory; used by Policy alone.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "filters/exchange.hpp"
#include "filters/policy/rules.hpp"

namespace filters {

// Where a map stands.
struct MapPlace {
  Document& document;
  std::uint32_t holder;  // the member that is the map, an object; Document::root: there is none
  Edits& edits;
  Place place;
  Mode most = Mode::enforce;  // below: nothing is edited, and no rule says more in the journal
};
// In the body of a POST.
MapPlace of_request(Exchange& exchange);

class PreferenceMap {
 public:
  PreferenceMap(const PolicyRules& rules, Exchange& exchange, const MapPlace& where);

  // There is a map to act on.
  bool present() const { return holder_ != Document::root; }
  // What the rule does to the map, or, below `enforce`, what it would do; whether that is anything.
  bool apply(const PolicyRule& rule);
  // The last rule that added a member, where there are now more than the contract takes; else
  // nullptr. To be asked after all rules: a later one may have made room.
  const PolicyRule* overfilled_by() const;
  // Makes the edits, and puts members added to a body into the document. Once, at the end.
  void finish();

 private:
  struct Added {
    std::uint16_t name;
    bool value;
    bool dropped;
  };

  void force(const PolicyRule& rule, const PreferenceValue& wanted);
  void provide(const PolicyRule& rule, const PreferenceValue& wanted);
  void forbid(const PolicyRule& rule);
  template <class Visit>
  bool each_named(std::uint16_t name, Visit visit);
  Added* added(std::uint16_t name);
  void add(const PolicyRule& rule, const PreferenceValue& wanted);
  void write(const PolicyRule& rule, Operation operation, std::string_view name,
             std::string_view before, std::string_view after);

  void edit_members();
  Span edit_removals();
  void edit_additions(Span in_place_of);
  std::string_view text_of_added(std::string_view before_first, std::string_view separator,
                                 std::string_view colon, std::string_view after_last) const;
  void insert_members();

  const PolicyRules& rules_;
  Exchange& exchange_;
  Document& document_;
  Edits& edits_;
  const Place place_;
  const Mode most_;
  const std::uint32_t holder_;
  std::size_t count_ = 0;                    // of members, as they will be sent
  bool repeated_ = false;                    // names are: Validate let them pass
  std::pmr::vector<std::uint32_t> by_name_;  // first member of each of the rules' names
  std::uint32_t last_ = Document::root;      // member, and the one before it; root: none
  std::uint32_t before_last_ = Document::root;
  std::pmr::vector<std::uint32_t> touched_;  // members with another value
  std::pmr::vector<std::uint32_t> dropped_;
  std::pmr::vector<Added> added_;
  const PolicyRule* last_adder_ = nullptr;
  std::size_t written_ = 0;  // entries of the journal
};

}  // namespace filters
