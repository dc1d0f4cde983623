#include "proxy/version.hpp"

#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <rapidjson/rapidjson.h>
#include <spdlog/version.h>
#include <CLI/Version.hpp>
#include <boost/version.hpp>

// Both, and yaml-cpp's version, which has no macro of its own, come from CMakeLists.txt.
#ifndef PREFGATE_VERSION
#error "PREFGATE_VERSION is not defined"
#endif
#ifndef PREFGATE_YAML_CPP
#define PREFGATE_YAML_CPP "unknown"
#endif

namespace proxy {
namespace {

std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100'000) + "." +
         std::to_string(BOOST_VERSION / 100 % 1'000) + "." + std::to_string(BOOST_VERSION % 100);
}

std::string spdlog_version() {
  return std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
         std::to_string(SPDLOG_VER_PATCH);
}

}  // namespace

std::string version() {
  return PREFGATE_VERSION;
}

std::string commit() {
  const std::string commit = PREFGATE_COMMIT;
  return commit.empty() ? "unknown" : commit;
}

std::string version_text() {
  std::string text = "prefgate " + version() + "\n";
  const auto line = [&](std::string name, const std::string& value) {
    name.resize(10, ' ');
    text += name + value + "\n";
  };
  line("commit", commit());
#ifdef __clang__
  line("compiler", "Clang " __clang_version__);
#else
  line("compiler", "GCC " __VERSION__);
#endif
  line("Boost", boost_version());
  // The one in use is the system's, and may be newer than the one compiled against.
  line("OpenSSL", std::string(OpenSSL_version(OPENSSL_VERSION_STRING)) + " (built with " +
                      OPENSSL_FULL_VERSION_STR + ")");
  line("RapidJSON", RAPIDJSON_VERSION_STRING);
  line("yaml-cpp", PREFGATE_YAML_CPP);
  line("CLI11", CLI11_VERSION);
  line("spdlog", spdlog_version());
  return text;
}

}  // namespace proxy
