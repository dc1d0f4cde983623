#include "filters/policy/run_tests.hpp"

#include <algorithm>

#include "filters/json_text.hpp"
#include "filters/pipeline.hpp"

namespace filters {
namespace {

// The device of a test, whatever its token.
class GivenHash final : public SecretHash {
 public:
  explicit GivenHash(const Digest& digest) : digest_(digest) {}
  Digest mac(std::string_view) const override { return digest_; }

 private:
  Digest digest_;
};

std::string listed(const std::vector<std::string>& ids) {
  std::string text = "[";
  for (const auto& id : ids) text += (text.size() > 1 ? ", " : "") + id;
  return text + "]";
}

std::string said(std::optional<bool> value) {
  return !value ? "absent" : *value ? "true" : "false";
}

void encode(std::string_view text, std::string& out) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
}

class OneTest {
 public:
  OneTest(const PolicyTest& test, const Contract& contract, const Pipeline& pipeline, Moment now)
      : test_(test), endpoint_(*endpoint_of(test, contract)), pipeline_(pipeline), now_(now) {}

  TestResult run(std::vector<std::string>& applied) {
    if (compose()) {
      forwarded_ = pipeline_.on_head(exchange_) && pipeline_.on_body(exchange_);
      if (forwarded_) exchange_.apply_edits();
      note_rules();
      compare();
    }
    std::ranges::copy(rules_, std::back_inserter(applied));
    return {&test_, std::move(differences_)};
  }

 private:
  // What the test says of a field, or the contract's example; none where it is to be left out.
  std::optional<std::string> value_of(const ContractField& field, bool required) {
    for (const auto& [name, value] : test_.fields)
      if (name == field.name) return value;
    if (!required) return {};
    constexpr std::string_view stand_in = "test-device";
    if (!field.example.empty()) return field.example;
    if (!field.values.empty()) return field.values.front();
    if (field.secret && field.matches(stand_in)) return std::string(stand_in);
    differences_.push_back(
        {"request", "a value for `" + field.name + "`", "none: the contract has no example of it"});
    return {};
  }

  bool compose() {
    const bool post = test_.method == Method::post;
    JsonText json(arena_, 1024);
    std::string query;
    json.begin_object();
    for (const auto& field : endpoint_.fields()) {
      if (!(post ? field.in_body : field.in_query) || field.type != FieldType::string) continue;
      const auto value = value_of(field, post ? field.required_in_body : field.required_in_query);
      if (!value) continue;
      if (post) {
        json.key(field.name);
        json.string(*value);
      } else {
        query.append(query.empty() ? "" : "&").append(field.name) += '=';
        encode(*value, query);
      }
    }
    if (const auto map = map_field(endpoint_); map != Endpoint::none) {
      json.key(endpoint_.fields()[map].name);
      json.begin_object();
      for (const auto& [name, value] : test_.preferences) {
        json.string_key(name, JsonText::unlimited);
        json.boolean(value);
      }
      json.end_object();
    }
    json.end_object();
    fill_in(post, query, json.text());
    return differences_.empty();
  }

  void fill_in(bool post, std::string_view query, std::string_view body) {
    auto& request = exchange_.request;
    request.method = test_.method;
    request.method_name = post ? "POST" : "GET";
    request.path = endpoint_.path();
    request.query = post ? std::string_view{} : arena_.copy(query);
    request.has_query = !post;
    request.headers.append("Authorization", "Bearer test");
    if (post) {
      request.headers.append("Content-Type", "application/json");
      request.has_body = request.length_given = true;
      request.body = arena_.copy(body);
    }
    exchange_.endpoint = &endpoint_;
    exchange_.now = test_.at.value_or(now_);
    exchange_.identity.client_address = test_.address;
    exchange_.identity.client_names = test_.client_names;
    if (test_.device) hash_.emplace(*test_.device);
    if (hash_) exchange_.identity.hash = &*hash_;
  }

  void note_rules() {
    constexpr std::string_view prefix = "policy.";
    for (const auto& entry : exchange_.journal) {
      if (!entry.rule.starts_with(prefix)) continue;
      const std::string id(entry.rule.substr(prefix.size()));
      if (std::ranges::find(rules_, id) == rules_.end()) rules_.push_back(id);
    }
  }

  void compare() {
    const auto& expected = test_.expect;
    if (expected.forwarded && *expected.forwarded != forwarded_)
      differ("decision", *expected.forwarded ? "forwarded" : "rejected", decision());
    if (expected.status && *expected.status != exchange_.verdict.status())
      differ("status", std::to_string(*expected.status),
             forwarded_ ? "forwarded" : std::to_string(exchange_.verdict.status()));
    if (!expected.preferences.empty()) compare_preferences();
    if (expected.rules && *expected.rules != rules_)
      differ("rules", listed(*expected.rules), listed(rules_));
  }

  std::string decision() const {
    if (forwarded_) return "forwarded";
    const auto& verdict = exchange_.verdict;
    return "rejected (" + std::string(info(verdict.reason).token) + ": " +
           std::string(verdict.detail) + ")";
  }

  void compare_preferences() {
    if (!forwarded_) return differ("preferences", "some", "none: " + decision());
    Document document(arena_);
    (void)index_json(exchange_.outgoing_body, arena_, document);
    const auto map = map_field(endpoint_);
    for (const auto& [name, wanted] : test_.expect.preferences) {
      std::optional<bool> got;
      for (const auto& member : document.members)
        if (member.parent != Document::root && member.name == name &&
            document.members[member.parent].name == endpoint_.fields()[map].name)
          got = member.text == "true";
      if (got != wanted) differ("preferences." + name, said(wanted), said(got));
    }
  }

  void differ(std::string what, std::string expected, std::string got) {
    differences_.push_back({std::move(what), std::move(expected), std::move(got)});
  }

  const PolicyTest& test_;
  const Endpoint& endpoint_;
  const Pipeline& pipeline_;
  Moment now_;
  Arena arena_;
  Exchange exchange_{arena_};
  std::optional<GivenHash> hash_;
  bool forwarded_ = false;
  std::vector<std::string> rules_;
  std::vector<Difference> differences_;
};

Pipeline pipeline_of(PolicyRules rules) {
  Settings settings;
  settings.policy = std::make_shared<const PolicyRules>(std::move(rules));
  return make_pipeline(settings);
}

}  // namespace

TestRun run_tests(const PolicyRules& rules, const Contract& contract, Moment now, TestModes modes) {
  auto judged = rules;
  for (auto& rule : judged.rules)
    if (modes == TestModes::as_enforced && rule.mode != Mode::off) {
      rule.mode = Mode::enforce;
      rule.rollout = PolicyRule::everyone;
    }
  const Pipeline pipeline = pipeline_of(judged);
  // A test without a device is about one that every rollout has reached.
  for (auto& rule : judged.rules) rule.rollout = PolicyRule::everyone;
  const Pipeline to_all = pipeline_of(std::move(judged));

  TestRun run;
  std::vector<std::string> applied;
  for (const auto& test : rules.tests)
    run.results.push_back(
        OneTest(test, contract, test.device ? pipeline : to_all, now).run(applied));
  for (const auto& rule : rules.rules)
    if (rule.mode != Mode::off && std::ranges::find(applied, rule.id) == applied.end())
      run.never_applied.push_back(rule.id);
  return run;
}

}  // namespace filters
