// Input: a contract, or, after a '^', a pattern alone. What comes back is a contract or faults with
// their places; and a contract that was taken can be asked anything.
#include <algorithm>
#include <string>

#include "filters/arena.hpp"
#include "filters/contract/load_contract.hpp"
#include "filters/pipeline.hpp"
#include "tests/fuzz/targets.hpp"

namespace fuzz {
namespace {

using namespace filters;

void check_pattern(std::string_view text) {
  std::string fault;
  const auto pattern = Pattern::compile(text, fault);
  require(pattern.has_value() == fault.empty(), "both a pattern and a fault, or neither");
  if (!pattern) return;
  (void)pattern->matches(text);
  require(!pattern->matches("\xC3\xA4"), "a pattern takes what is not ASCII");
}

void check_field(const ContractField& field) {
  require(!field.name.empty() && !field.expectation.empty(), "a field without words");
  require(field.in_query || field.in_body, "a field that stands nowhere");
  require(field.least_length <= field.most_length, "lengths that nothing has");
  for (const auto& value : field.values) require(field.matches(value), "a value does not match");
}

// The request itself matters little: what is asked for, and what of it, comes from the contract.
void walk(const Endpoint& endpoint, Method method) {
  Arena arena;
  Exchange exchange(arena);
  exchange.endpoint = &endpoint;
  auto& request = exchange.request;
  request.method = method;
  request.method_name = method == Method::get ? "GET" : "POST";
  request.path = endpoint.path();
  request.query = method == Method::get ? "a=b&locale=EN&token=x%20" : "";
  request.body = method == Method::post ? R"({"a":"b","tier":" X ","map":{"news":"true"}})" : "";
  request.length_given = request.has_body = method == Method::post;
  request.headers.append("Authorization", "Bearer abc");
  if (method == Method::post) request.headers.append("Content-Type", "application/json");
  const auto pipeline = make_pipeline(Settings{});
  if (pipeline.on_head(exchange) && pipeline.on_body(exchange)) exchange.apply_edits();
}

}  // namespace

void contract(std::string_view input) {
  if (input.starts_with('^')) return check_pattern(input);
  const auto loaded = load_contract(std::string(input), "contract.yaml");
  require(loaded.contract.has_value() != has_error(loaded.diagnostics),
          "both a contract and a fault, or neither");
  for (const auto& diagnostic : loaded.diagnostics)
    require(!diagnostic.what.empty(), "a fault without words");
  if (!loaded.contract) return;
  require(!loaded.contract->endpoints().empty(), "a contract for nothing");
  for (const auto& endpoint : loaded.contract->endpoints()) {
    require(loaded.contract->match_path(endpoint.path()).endpoint == &endpoint,
            "a path belongs to another endpoint");
    for (const auto& field : endpoint.fields()) check_field(field);
    for (const auto& name : endpoint.preferences().known)
      require(endpoint.valid_preference_name(name), "a known name is not valid");
    walk(endpoint, Method::get);
    walk(endpoint, Method::post);
  }
}

}  // namespace fuzz
