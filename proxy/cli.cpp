#include "proxy/cli.hpp"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
#include <ostream>
#include <sstream>

#include "filters/yaml/units.hpp"
#include "proxy/addresses.hpp"
#include "proxy/audit_cli.hpp"
#include "proxy/config.hpp"
#include "proxy/log.hpp"
#include "proxy/policy_cli.hpp"
#include "proxy/read_file.hpp"
#include "proxy/version.hpp"

namespace proxy {
namespace {

constexpr int yes = 0;
constexpr int no = 1;
constexpr int wrong_usage = 2;
constexpr std::size_t most_request_bytes = 16 * 1024 * 1024;

struct Arguments {
  std::string config;
  std::string request;  // empty or "-": standard input
  bool json = false;
};

void print(const std::vector<Diagnostic>& diagnostics, std::ostream& err) {
  for (const Diagnostic& diagnostic : diagnostics) err << to_string(diagnostic) << '\n';
}

int status_of(const LoadedConfig& loaded) {
  if (loaded.config) return yes;
  return loaded.unreadable ? wrong_usage : no;
}

std::string_view to_string(OnFull on_full) {
  switch (on_full) {
    case OnFull::reject:
      return "requests are rejected";
    case OnFull::drop:
      return "records are dropped and counted";
    case OnFull::block:
      return "requests wait";
  }
  return {};
}

void summarise(const Config& config, std::ostream& out) {
  out << config.file.string() << ": ok\n";
  for (const Listen& listen : config.listen) {
    out << "  listens on " << format_endpoint(listen.host, listen.port);
    if (!listen.tls)
      out << " in clear text";
    else
      out << (listen.tls->client_ca ? " with TLS, clients show a certificate" : " with TLS");
    out << '\n';
  }
  if (!config.admin.host.empty())
    out << "  health and metrics at " << format_endpoint(config.admin.host, config.admin.port)
        << '\n';
  out << "  forwards to " << (config.upstream.tls ? "https://" : "http://")
      << config.upstream.authority << ", trusting "
      << (!config.upstream.tls ? "the network"
          : config.upstream.ca ? config.upstream.ca->string()
                               : "the system's certificate authorities")
      << '\n';
  for (const auto& [host, port] : config.upstream.addresses)
    out << "  connects to " << format_endpoint(host, port) << '\n';
  if (const auto& resolver = config.upstream.resolver)
    out << "  asks " << format_endpoint(resolver->host, resolver->port) << " for addresses\n";
  for (const auto& endpoint : config.contract->endpoints())
    out << "  governs " << endpoint.allowed_methods() << ' ' << endpoint.path() << '\n';
  out << "  other paths are " << (config.forward_other_paths ? "forwarded" : "rejected")
      << "; governed bodies of at most " << filters::format_size(config.limits.body) << '\n';
  if (const auto& limit = config.filters.rate_limit; limit.mode != filters::Mode::off)
    out << "  limits each " << to_string(limit.per) << " to " << to_string(limit.rate) << ", "
        << limit.burst << " at once (" << to_string(limit.mode) << ")\n";
  if (config.filters.policy)
    out << "  " << summary(*config.filters.policy, *config.policy_file) << '\n';
  out << "  records in " << config.audit.directory.string() << "; when they cannot be written, "
      << to_string(config.audit.on_full) << '\n';
  out << "  workers: " << config.workers << '\n';
}

int check(const Arguments& arguments, Streams streams) {
  const LoadedConfig loaded = load_config(arguments.config, NamedFiles::check);
  print(loaded.diagnostics, streams.err);
  if (loaded.config) summarise(*loaded.config, streams.out);
  return status_of(loaded);
}

int serve_checked(const Arguments& arguments, const Commands& commands, Streams streams) {
  const LoadedConfig loaded = load_config(arguments.config, NamedFiles::check);
  if (!loaded.config) {
    print(loaded.diagnostics, streams.err);
    return status_of(loaded);
  }
  start_log(loaded.config->log);
  for (const Diagnostic& warning : loaded.diagnostics) spdlog::warn("{}", to_string(warning));
  return commands.serve(*loaded.config);
}

// Needs none of the files that the configuration names: it can be run anywhere. No (1) is of the
// request alone, so a configuration with faults is 2.
int explain_one(const Arguments& arguments, const Commands& commands, Streams streams) {
  const LoadedConfig loaded = load_config(arguments.config);
  if (!loaded.config) {
    print(loaded.diagnostics, streams.err);
    return wrong_usage;
  }
  const auto form = arguments.json   ? ReportForm::json
                    : streams.colour ? ReportForm::coloured
                                     : ReportForm::plain;
  if (arguments.request.empty() || arguments.request == "-")
    return commands.explain(*loaded.config, streams.in, streams.out, form);
  FileText request = read_file(arguments.request, most_request_bytes);
  if (!request.fault.empty()) {
    streams.err << arguments.request << ": cannot read: " << request.fault << '\n';
    return wrong_usage;
  }
  std::istringstream in(std::move(request.text));
  return commands.explain(*loaded.config, in, streams.out, form);
}

}  // namespace

bool takes_colour(bool terminal, const char* no_color, const char* term) {
  const bool unwanted = no_color && *no_color != '\0';
  return terminal && !unwanted && term && std::string_view(term) != "dumb";
}

namespace {

// CLI11 only says that it misses a command.
bool is_unknown_command(const CLI::App& app, int argc, const char* const* argv, std::ostream& err) {
  if (argc < 2 || argv[1][0] == '-') return false;
  std::vector<std::string> names;
  for (const auto* const command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::ranges::find(names, argv[1]) != names.end()) return false;
  const std::vector<std::string_view> words(names.begin(), names.end());
  const auto meant = filters::nearest_word(argv[1], words);
  err << "there is no command `" << argv[1] << "`";
  if (!meant.empty()) err << " (did you mean `" << meant << "`?)";
  err << ": see prefgate --help\n";
  return true;
}

}  // namespace

int run(int argc, const char* const* argv, const Commands& commands, Streams streams) {
  CLI::App app{"A reverse proxy that repairs, validates and records the requests of one API."};
  app.name("prefgate");
  app.require_subcommand(1);
  Arguments arguments;
  const auto command = [&](const char* name, const char* does) {
    CLI::App* sub = app.add_subcommand(name, does);
    sub->add_option("-c,--config", arguments.config, "the configuration")
        ->required()
        ->type_name("FILE");
    return sub;
  };
  const CLI::App* serve = command("serve", "run the gateway");
  const CLI::App* check_only = command("check", "load everything and print every fault");
  CLI::App* explain = command("explain", "one HTTP request through the chain, without a network");
  explain
      ->add_option("request", arguments.request, "the request as it is sent; none: standard input")
      ->type_name("REQUEST.http");
  explain->add_flag("--json", arguments.json, "print one JSON object");
  const AuditCli audit(app);
  const PolicyCli policy(app);
  app.add_subcommand("version", "print the version, and those of compiler and libraries");
  if (is_unknown_command(app, argc, argv, streams.err)) return wrong_usage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, streams.out, streams.err) == 0 ? yes : wrong_usage;
  }
  if (serve->parsed()) return serve_checked(arguments, commands, streams);
  if (check_only->parsed()) return check(arguments, streams);
  if (explain->parsed()) return explain_one(arguments, commands, streams);
  if (audit.parsed()) return audit.run(streams);
  if (policy.parsed()) return policy.run(streams);
  streams.out << version_text();
  return yes;
}

}  // namespace proxy
