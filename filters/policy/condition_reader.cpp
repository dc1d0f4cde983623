// The map `when` of a rule. What no request can be asks for something by mistake: a platform that
// the contract does not have, a range without a version, an end before the beginning.
#include <algorithm>

#include "filters/policy/reader.hpp"

namespace filters {
namespace {

constexpr std::array<Folding, text_field_names.size()> foldings{Folding::locale, Folding::exact,
                                                                Folding::exact};

std::vector<const ContractField*> fields_named(const Contract& contract, std::string_view name) {
  std::vector<const ContractField*> fields;
  for (const auto& endpoint : contract.endpoints())
    if (const auto at = endpoint.find(name); at != Endpoint::none)
      if (endpoint.fields()[at].type == FieldType::string) fields.push_back(&endpoint.fields()[at]);
  return fields;
}

class ConditionReader {
 public:
  ConditionReader(Section& when, PolicyReading& reading, PolicyRule& rule)
      : when_(when), reading_(reading), rule_(rule) {}

  void run() {
    read_methods();
    for (std::size_t i = 0; i < text_field_names.size(); ++i) read_text(i);
    read_versions();
    read_groups();
    read_window();
    compare_platform();
    when_.finish();
  }

 private:
  void read_methods() {
    const auto texts = read_texts(when_, "method", "GET, POST or both");
    if (texts.empty()) return;
    rule_.when.get = rule_.when.post = false;
    for (const auto* node : texts) {
      if (node->text == "GET")
        rule_.when.get = true;
      else if (node->text == "POST")
        rule_.when.post = true;
      else
        when_.error(node->mark, "expected GET or POST, got " + describe(*node));
    }
  }

  // A glob that nothing the contract accepts can match would never act.
  void check_glob(const YamlNode& node, std::size_t field,
                  const std::vector<const ContractField*>& fields) {
    std::string fault;
    const auto pattern = compile_globs(std::vector{node.text}, foldings[field], fault);
    if (!pattern) return when_.error(node.mark, fault);
    std::string_view nearest;
    for (const auto* each : fields) {
      if (some_text(*each, std::vector<Wanted>{{*pattern}}) != false) return;
      if (nearest.empty()) nearest = Endpoint::nearest_value(*each, node.text);
    }
    when_.error(node.mark,
                describe(node) + " never matches: by the contract, " +
                    std::string(text_field_names[field]) + " " + fields.front()->expectation +
                    (nearest.empty() ? "" : " (did you mean `" + std::string(nearest) + "`?)"));
  }

  void read_text(std::size_t field) {
    const auto name = text_field_names[field];
    const auto nodes = read_texts(when_, name, "texts, with * for any characters");
    if (nodes.empty()) return;
    const auto fields = fields_named(reading_.around.contract, name);
    if (fields.empty())
      return when_.error(name, "the contract has no field `" + std::string(name) + "`");
    std::vector<std::string> globs;
    for (const auto* node : nodes) {
      check_glob(*node, field, fields);
      globs.push_back(node->text);
    }
    rule_.when.texts[field] =
        reading_.text_set(std::move(globs), foldings[field], when_.mark(name));
  }

  void read_versions() {
    const auto nodes = read_texts(when_, version_field_name, "a range such as \">=4.10 <5\"");
    if (nodes.empty()) return;
    if (fields_named(reading_.around.contract, version_field_name).empty())
      return when_.error(version_field_name, "the contract has no field `app_version`");
    std::vector<VersionRange> ranges;
    for (const auto* node : nodes) {
      std::string fault;
      const auto range = parse_version_range(node->text, fault);
      if (!range)
        when_.error(node->mark, fault + ", got " + describe(*node));
      else if (range->empty())
        when_.error(node->mark, "no version is in " + describe(*node) + ": it never matches");
      else
        ranges.push_back(*range);
    }
    rule_.when.versions = merged(std::move(ranges));
  }

  void read_groups() {
    std::vector<std::string> names(reading_.group_marks.size());
    std::ranges::transform(reading_.group_marks, names.begin(),
                           [](const auto& group) { return group.first; });
    for (const auto* node : read_texts(when_, "group", "names of groups")) {
      const auto found = std::ranges::find(names, node->text);
      if (found == names.end())
        when_.error(node->mark,
                    "no group is named " + describe(*node) + did_you_mean(node->text, names));
      else
        rule_.when.groups.push_back(static_cast<std::uint16_t>(found - names.begin()));
    }
  }

  void read_window() {
    read_moment(when_, "from", rule_.when.from);
    if (!read_moment(when_, "until", rule_.when.until)) return;
    if (rule_.when.until <= rule_.when.from)
      when_.error("until", "`until` is not after `from`: the rule never matches");
    else if (rule_.when.until <= reading_.around.now && rule_.mode != Mode::off)
      when_.warn("until", "rule `" + rule_.id + "` ended on " + format_moment(rule_.when.until));
  }

  // Device types of other contracts may have nothing to do with platforms: so only where each one
  // begins with a platform's name.
  void compare_platform() {
    const auto at = [&](TextField field) {
      return rule_.when.texts[static_cast<std::size_t>(field)];
    };
    const auto types = at(TextField::device_type), platforms = at(TextField::platform);
    if (types == Conditions::any || platforms == Conditions::any) return;
    const auto& contract = reading_.around.contract;
    const auto values = fields_named(contract, "platform").front()->values;
    const auto& field = *fields_named(contract, "device_type").front();
    const auto begins_with = [](const std::vector<std::string>& words) {
      std::vector<std::string> globs(words);
      for (auto& glob : globs) glob += '*';
      std::string fault;
      return *compile_globs(globs, Folding::exact, fault);
    };
    if (values.empty() ||
        some_text(field, std::vector<Wanted>{{begins_with(values), false}}) != false)
      return;
    std::vector<std::string> wanted;
    for (const auto& value : values)
      if (reading_.rules.texts[platforms].pattern.matches(value)) wanted.push_back(value);
    const auto prefix = begins_with(wanted);
    if (some_text(field, std::vector<Wanted>{{reading_.rules.texts[types].pattern}, {prefix}}) ==
        false)
      when_.warn("device_type", "no device type here is of a platform that `platform` asks for");
  }

  Section& when_;
  PolicyReading& reading_;
  PolicyRule& rule_;
};

}  // namespace

void read_conditions(Section& when, PolicyReading& reading, PolicyRule& rule) {
  ConditionReader(when, reading, rule).run();
}

}  // namespace filters
