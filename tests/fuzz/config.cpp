// Input: a configuration file. Whatever is in it, what comes back is a configuration or faults with
// their places.
#include "proxy/config.hpp"

#include <algorithm>
#include <string>

#include "tests/fuzz/targets.hpp"
#include "tests/support/temporary_directory.hpp"

namespace fuzz {
namespace {

void check_usable(const proxy::Config& config) {
  require(!config.listen.empty(), "a configuration without a listener");
  require(!config.upstream.host.empty() && !config.upstream.authority.empty(),
          "a configuration without an upstream");
  require(config.workers >= 1 && config.workers <= config.limits.connections,
          "workers without a connection each");
  require(config.audit.directory.is_absolute(), "a path that depends on where we are");
  require(config.limits.head > 0 && config.limits.fields > 0 && config.limits.target > 0,
          "a limit that lets nothing pass");
}

}  // namespace

void config(std::string_view input) {
  static const tests::TemporaryDirectory directory;
  const auto lines = static_cast<int>(std::ranges::count_if(
                         input, [](char c) { return c == '\n' || c == '\r'; })) +
                     1;
  const auto file = directory.write("prefgate.yaml", input);
  const auto loaded = proxy::load_config(file);
  require(!loaded.unreadable, "the file was not read");
  require(loaded.config.has_value() != filters::has_error(loaded.diagnostics),
          "both a configuration and a fault, or neither");
  int last = 0;
  for (const auto& diagnostic : loaded.diagnostics) {
    if (diagnostic.file != file) continue;  // of a contract that it names
    require(diagnostic.mark.line >= last, "the faults are not in the file's order");
    last = diagnostic.mark.line;
    require(last <= lines, "a fault lies behind the file");
    require(!diagnostic.what.empty(), "a fault without words");
    const auto text = to_string(diagnostic);
    require(std::ranges::none_of(
                text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
            "a fault is not one line");
  }
  if (loaded.config) check_usable(*loaded.config);
}

}  // namespace fuzz
