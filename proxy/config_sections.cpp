#include "proxy/config_sections.hpp"

#include <algorithm>

#include "filters/yaml/units.hpp"
#include "proxy/addresses.hpp"

namespace proxy {
namespace {

using namespace std::chrono_literals;

constexpr Range<milliseconds> any_time{1ms, 24h};

std::optional<TlsFiles> read_tls(Section& listener) {
  auto section = listener.section("tls");
  if (!section) return {};
  TlsFiles files;
  for (const auto& [key, file] : {std::pair{"certificate", &files.certificate},
                                  std::pair{"private_key", &files.private_key}}) {
    section->require(key);
    section->path(key, *file);
  }
  std::filesystem::path client_ca;
  if (section->path("client_ca", client_ca)) files.client_ca = std::move(client_ca);
  section->finish();
  return files;
}

constexpr std::string_view an_address = "an address such as 127.0.0.1:8080 or \"[::1]:8443\"";
constexpr std::string_view an_address_or_none =
    "an address such as 127.0.0.1:9901 or \"[::1]:9901\", or none";

std::optional<Endpoint> to_endpoint(Section& section, std::string_view text,
                                    std::string_view expected) {
  auto endpoint = parse_endpoint(text);
  if (!endpoint)
    section.error("address", "expected " + std::string(expected) + ", got " +
                                 describe(*section.find("address")));
  return endpoint;
}

bool read_address(Section& section, Listen& listen) {
  section.require("address");
  std::string text;
  if (!section.text("address", text, an_address)) return false;
  const auto endpoint = to_endpoint(section, text, an_address);
  if (!endpoint) return false;
  listen.host = endpoint->host;
  listen.port = endpoint->port;
  if (!section.has("tls") && !is_loopback(listen.host))
    section.warn("address", "clear text, and not on loopback: tokens can be read on the way");
  return true;
}

// A value that another one keeps from ever mattering.
template <class T>
void keep_within(Section& section, std::string_view key, T value, std::string_view most_key, T most,
                 const std::string& most_text) {
  if (value > most)
    section.error(key, "never reached: `" + std::string(most_key) + "` is " + most_text);
}

void read_timeouts(Section& upstream, UpstreamConfig& config) {
  auto section = upstream.section("timeouts");
  if (!section) return;
  auto& timeouts = config.timeouts;
  section->time("total", timeouts.total, any_time);
  for (const auto& [key, value] :
       {std::pair{"connect", &timeouts.connect}, std::pair{"first_byte", &timeouts.first_byte},
        std::pair{"idle", &timeouts.idle}}) {
    if (section->time(key, *value, any_time))
      keep_within(*section, key, *value, "total", timeouts.total,
                  filters::format_time(timeouts.total));
  }
  section->finish();
}

void read_pool(Section& upstream, UpstreamConfig& config) {
  auto section = upstream.section("pool");
  if (!section) return;
  auto& pool = config.pool;
  section->count("connections", pool.connections, {1, 65'536});
  if (section->count("idle", pool.idle, {0, 65'536}))
    keep_within(*section, "idle", pool.idle, "connections", pool.connections,
                std::to_string(pool.connections));
  pool.idle = std::min(pool.idle, pool.connections);
  section->time("idle_timeout", pool.idle_timeout, any_time);
  section->count("waiting", pool.waiting, {0, 1'000'000});
  section->finish();
}

void read_ejection(Section& upstream, UpstreamConfig& config) {
  auto section = upstream.section("ejection");
  if (!section) return;
  auto& ejection = config.ejection;
  section->count("failures", ejection.failures, {0, 1'000'000});
  section->time("most_time", ejection.most_time, any_time);
  if (section->time("time", ejection.time, any_time))
    keep_within(*section, "time", ejection.time, "most_time", ejection.most_time,
                filters::format_time(ejection.most_time));
  ejection.time = std::min(ejection.time, ejection.most_time);
  section->choice<FailedAnswers>("answers", ejection.answers,
                                 {{"none", FailedAnswers::none},
                                  {"gateway", FailedAnswers::gateway},
                                  {"5xx", FailedAnswers::server}});
  section->finish();
}

// Addresses alone: a name has all of its own by `url`.
void read_addresses(Section& section, UpstreamConfig& upstream) {
  for (const YamlNode& item : section.list("addresses", "a list of addresses")) {
    const auto text = section.expand(item, an_address);
    if (!text) continue;
    const auto endpoint = parse_endpoint(*text);
    if (!endpoint || endpoint->port == 0)
      section.error(item.mark, "expected " + std::string(an_address) + ", got " + describe(item));
    else if (std::ranges::find(upstream.addresses, *endpoint) != upstream.addresses.end())
      section.error(item.mark, "address " + describe(item) + " is there already");
    else
      upstream.addresses.push_back(*endpoint);
  }
}

void read_resolver(Section& section, UpstreamConfig& upstream) {
  std::string text;
  constexpr std::string_view expected = "system or an address such as 127.0.0.1:53 or \"[::1]:53\"";
  if (!section.text("resolver", text, expected) || text == "system") return;
  upstream.resolver = parse_endpoint(text);
  if (!upstream.resolver || upstream.resolver->port == 0)
    section.error("resolver", "expected " + std::string(expected) + ", got " +
                                  describe(*section.find("resolver")));
  else if (!upstream.addresses.empty() || is_numeric(upstream.host))
    section.error("resolver", "never used: there is no name to look up");
}

void warn_of_clear_text(Section& section, const UpstreamConfig& upstream) {
  const bool stays = upstream.addresses.empty()
                         ? is_loopback(upstream.host)
                         : std::ranges::all_of(upstream.addresses, [](const Endpoint& each) {
                             return is_loopback(each.host);
                           });
  if (!upstream.tls && !stays)
    section.warn(upstream.addresses.empty() ? "url" : "addresses",
                 "clear text, and not to loopback: tokens can be read on the way");
}

bool read_url(Section& section, UpstreamConfig& upstream) {
  std::string text;
  section.require("url");
  if (!section.text("url", text, "a URL such as https://api.example")) return false;
  std::string_view fault;
  const auto origin = parse_origin(text, fault);
  if (!origin) {
    section.error("url", std::string(fault));
    return false;
  }
  upstream.tls = origin->tls;
  upstream.host = origin->host;
  upstream.port = origin->port;
  upstream.authority = origin->authority;
  return true;
}

}  // namespace

void read_listen(Section& root, Config& config) {
  root.require("listen");
  const auto& items = root.list("listen", "a list of listeners");
  if (items.empty() && root.has("listen") && root.find("listen")->kind == YamlNode::Kind::list)
    root.error("listen", "expected at least one listener");
  for (std::size_t i = 0; i < items.size(); ++i) {
    Section section = root.item("listen", i);
    Listen& listen = config.listen.emplace_back();  // a faulty one, too: item i is listener i
    if (items[i].kind != YamlNode::Kind::map) continue;
    const bool good = read_address(section, listen);
    listen.tls = read_tls(section);
    section.finish();
    const bool taken = std::ranges::any_of(config.listen, [&](const Listen& other) {
      return &other != &listen && other.port == listen.port && other.host == listen.host;
    });
    if (good && listen.port != 0 && taken)
      section.error("address", "another listener above has this address");
  }
}

// After `listen`: no listener may have its address.
void read_admin(Section& root, Config& config) {
  auto section = root.section("admin");
  if (!section) return;
  std::string text;
  if (section->text("address", text, an_address_or_none) && text == "none") {
    config.admin.host.clear();
  } else if (section->has("address") && !text.empty()) {
    const auto endpoint = to_endpoint(*section, text, an_address_or_none);
    if (endpoint) config.admin = {endpoint->host, endpoint->port};
    if (endpoint && !is_loopback(endpoint->host))
      section->warn("address",
                    "clear text, and not on loopback: anybody who gets there can read what the "
                    "gateway counts");
  }
  section->finish();
  const bool taken = std::ranges::any_of(config.listen, [&](const Listen& listen) {
    return listen.port == config.admin.port && listen.host == config.admin.host;
  });
  if (taken && config.admin.port != 0) section->error("address", "a listener has this address");
}

void read_upstream(Section& root, UpstreamConfig& upstream) {
  root.require("upstream");
  auto section = root.section("upstream");
  if (!section) return;
  const bool good = read_url(*section, upstream);
  read_addresses(*section, upstream);
  read_resolver(*section, upstream);
  if (good) warn_of_clear_text(*section, upstream);
  std::string ca;
  if (section->text("ca", ca, "system or a file name") && ca != "system") {
    std::filesystem::path file;
    if (section->path("ca", file)) upstream.ca = std::move(file);
    if (good && !upstream.tls) section->error("ca", "never used: `url` is not https");
  }
  read_timeouts(*section, upstream);
  read_pool(*section, upstream);
  read_ejection(*section, upstream);
  section->finish();
}

// After `upstream`.
void read_limits(Section& root, Config& config) {
  auto& limits = config.limits;
  auto section = root.section("limits");
  if (!section) return;
  section->size("head", limits.head, {256, mib});
  section->count("fields", limits.fields, {1, 10'000});
  if (section->size("target", limits.target, {16, mib}))
    keep_within(*section, "target", limits.target, "head", limits.head,
                filters::format_size(limits.head));
  limits.target = std::min(limits.target, limits.head);
  section->size("body", limits.body, {1, 64 * mib});
  section->count("connections", limits.connections, {1, 1'000'000});
  section->time("handshake", limits.handshake, any_time);
  section->time("request", limits.request, any_time);
  section->time("answer", limits.answer, any_time);
  section->time("idle", limits.idle, any_time);
  const auto total = config.upstream.timeouts.total;
  if (section->time("queue", limits.queue, any_time))
    keep_within(*section, "queue", limits.queue, "upstream.timeouts.total", total,
                filters::format_time(total));
  section->count("requests_per_connection", limits.requests_per_connection, {1, 1'000'000'000});
  section->finish();
}

void read_log(Section& root, LogConfig& log) {
  auto section = root.section("log");
  if (!section) return;
  section->choice<std::string>("level", log.level,
                               {{"trace", "trace"},
                                {"debug", "debug"},
                                {"info", "info"},
                                {"warn", "warn"},
                                {"error", "error"},
                                {"off", "off"}});
  section->choice<LogFormat>("format", log.format,
                             {{"text", LogFormat::text}, {"json", LogFormat::json}});
  section->finish();
}

}  // namespace proxy
