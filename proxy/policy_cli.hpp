// The commands of `prefgate policy`: what they take, what they print, and their exit status. They
// need no gateway and change nothing. Owned by `run` of proxy/cli.hpp; the main thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "filters/policy/rules.hpp"
#include "proxy/cli.hpp"

namespace CLI {
class App;
}

namespace proxy {

class PolicyCli {
 public:
  // Adds the commands to the command line.
  explicit PolicyCli(CLI::App& app);

  // After parsing: is it one of these, and then what comes of it?
  bool parsed() const;
  // 0 yes; 1 no, or a file has faults; 2 a file cannot be read.
  int run(Streams streams) const;

 private:
  int test(const filters::Contract& contract, Streams streams) const;
  int diff(const filters::Contract& contract, Streams streams) const;

  CLI::App* policy_;
  CLI::App* test_;
  CLI::App* diff_;
  std::string file_;            // what is tested
  std::string before_, after_;  // what is compared
  std::string audit_;           // the directory
  std::string contract_ = "builtin";
  std::string format_ = "text";
  std::string since_, until_;  // which records; empty: all
  std::string fail_above_;     // a share; empty: none
  bool as_enforced_ = false;
};

// "policy policy.yaml: 3 rules (2 enforce, 1 observe), 1 exception, 4 tests"
std::string summary(const filters::PolicyRules& rules, const std::filesystem::path& file);

}  // namespace proxy
