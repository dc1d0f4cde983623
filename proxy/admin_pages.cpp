#include "proxy/admin_pages.hpp"

namespace proxy {
namespace {

using Content = AdminPage::Content;

Content readiness(const Vitals& vitals) {
  const auto state = vitals.state();
  const std::string_view more = state == "refusing" ? ": records cannot be written" : "";
  return {.status = state == "ready" ? 200 : 503,
          .body = std::string(state) + std::string(more) + "\n"};
}

Content metrics(const Vitals& vitals) {
  return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(vitals)};
}

Content status(const Vitals& vitals) {
  return {.type = "application/json", .body = status_json(vitals)};
}

}  // namespace

std::vector<AdminPage> admin_pages(const Vitals& vitals) {
  return {{"/livez", [] { return Content{.body = "ok\n"}; }},
          {"/readyz", [&] { return readiness(vitals); }},
          {"/metrics", [&] { return metrics(vitals); }},
          {"/status", [&] { return status(vitals); }}};
}

}  // namespace proxy
