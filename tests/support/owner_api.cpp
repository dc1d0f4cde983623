#include "tests/support/owner_api.hpp"

#include <stdexcept>

namespace tests {
namespace {

std::vector<std::string> command(std::vector<std::string> more) {
  const auto folder = development_certificates();
  std::vector<std::string> all{binary("owner-api"),
                               "--listen",
                               "127.0.0.1:0",
                               "--listen-tls",
                               "127.0.0.1:0",
                               "--certificate",
                               folder / "upstream.pem",
                               "--private-key",
                               folder / "upstream.key",
                               "--log",
                               "100"};
  for (auto& each : more) all.push_back(std::move(each));
  return all;
}

// "listening http://127.0.0.1:PORT"
std::uint16_t port_in(const std::string& line) {
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

Answer ask(std::uint16_t port, const std::string& text) {
  Client client(port);
  auto answer = client.exchange(text);
  if (answer.status != 200) throw std::runtime_error("the stand-in's admin path: " + answer.body);
  return answer;
}

}  // namespace

OwnerApi::OwnerApi(std::vector<std::string> more) : process_(command(std::move(more))) {
  port_ = port_in(process_.line());
  tls_port_ = port_in(process_.line());
}

void OwnerApi::next(std::string_view orders, int count) const {
  const std::string body =
      R"({"do":")" + std::string(orders) + R"(","count":)" + std::to_string(count) + "}";
  ask(port_, request("POST", "/_admin/next", {}, body));
}

rapidjson::Document OwnerApi::log() const {
  const auto answer = ask(port_, request("GET", "/_admin/log"));
  rapidjson::Document document;
  document.Parse(answer.body.data(), answer.body.size());
  if (document.HasParseError()) throw std::runtime_error("the stand-in's log is not JSON");
  return document;
}

std::uint64_t OwnerApi::received() const {
  return log()["received"].GetUint64();
}

void OwnerApi::reset() const {
  ask(port_, request("POST", "/_admin/reset"));
}

std::string logged_field(const rapidjson::Value& entry, std::string_view name) {
  for (const auto& field : entry["fields"].GetArray())
    if (field["name"].GetString() == name && field.HasMember("value"))
      return field["value"].GetString();
  return {};
}

}  // namespace tests
