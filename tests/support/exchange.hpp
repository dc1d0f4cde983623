// Makes exchanges for tests of filters: a request from its parts, sent through the chain, with the
// outgoing bytes at hand. Owns the text it was made from.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filters/pipeline.hpp"

namespace tests {

inline constexpr std::string_view path = "/api/1/notification_preferences";
inline constexpr std::string_view good_query =
    "locale=en_GB&device_token=abc%3Adef&device_type=ios&platform=ios&app_version=4.17.0-1566";
inline constexpr std::string_view good_body =
    R"({"locale":"en","device_token":"abc:def","device_type":"android-production-firebase",)"
    R"("platform":"android","app_version":"4.17.0","notification_preferences":{"alarm":true}})";

class TestExchange {
 public:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Has a good Authorization field, a POST also a good Content-Type and a length.
  TestExchange(std::string_view method, std::string_view query, std::string_view body = {},
               Fields fields = {})
      : method_(method), query_(query), body_(body) {
    for (const auto& [name, value] : fields) fields_.emplace_back(name, value);
    reset();
  }

  // Gives a POST another Content-Type, or none. To be called before anything runs.
  TestExchange& with_type(std::optional<std::string> type) {
    type_ = std::move(type);
    reset();
    return *this;
  }

  // As if the same request came once more, in the same slot.
  void reset() {
    exchange_.reset();
    arena_->reset();
    exchange_.emplace(*arena_);
    auto& request = exchange_->request;
    request.method_name = method_;
    request.method = method_ == "GET"    ? filters::Method::get
                     : method_ == "POST" ? filters::Method::post
                                         : filters::Method::other;
    request.path = path;
    request.query = query_;
    request.has_query = !query_.empty();
    request.authority = "owner-api.teslamotors.com";
    request.headers.append("Authorization", "Bearer abc.DEF-123==");
    if (request.method == filters::Method::post) {
      if (type_) request.headers.append("Content-Type", *type_);
      request.length_given = true;
    }
    for (const auto& [name, value] : fields_) request.headers.append(name, value);
    request.has_body = !body_.empty();
    request.body = body_;
    exchange_->request_id = "test-1";
    exchange_->endpoint = &filters::Contract::builtin().endpoints()[0];
  }

  // Through the whole chain. True where the request may go on; then the outgoing text is there.
  bool run(const filters::Settings& settings = {}) {
    settings_ = settings;
    return run(filters::make_pipeline(settings));
  }
  bool run(const filters::Pipeline& pipeline) {
    if (!pipeline.on_head(*exchange_) || !pipeline.on_body(*exchange_)) return false;
    exchange_->apply_edits();
    return true;
  }

  filters::Exchange& operator*() { return *exchange_; }
  filters::Exchange* operator->() { return &*exchange_; }
  filters::Arena& arena() { return *arena_; }

  // "rule pointer" of each entry, "kind " in front where it is no edit, joined by "; ".
  std::string story() const {
    std::string text;
    for (const auto& entry : exchange_->journal) {
      if (!text.empty()) text += "; ";
      if (entry.kind != filters::Kind::edit) text += std::string(to_string(entry.kind)) + " ";
      text += std::string(entry.rule) + " " + std::string(entry.pointer);
    }
    return text;
  }

 private:
  std::string method_, query_, body_;
  std::optional<std::string> type_ = "application/json";
  filters::Settings settings_;  // the journal points into their rules
  std::vector<std::pair<std::string, std::string>> fields_;
  std::unique_ptr<filters::Arena> arena_ = std::make_unique<filters::Arena>();
  std::optional<filters::Exchange> exchange_;
};

// The good body without one of its members.
std::string without(std::string_view name);
// The good body with `members`, as they are written, behind the others in place of `name`.
std::string moved(std::string_view name, std::string_view members);
// A real app's body: the five fields and `count` preferences, by the known names.
std::string app_body(std::size_t count, bool pretty = false);
// The API page's example map as the page prints it, the mangled zero-width space included, inside a
// POST's other fields.
std::string page_body();

}  // namespace tests
