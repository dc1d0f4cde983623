// What `load_config` says of wrong configurations, word for word.
#include <doctest/doctest.h>

#include "proxy/config.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace proxy;

namespace {

// The lines of what was found, without the file's name.
std::string found(const std::string& text) {
  const tests::TemporaryDirectory directory;
  const LoadedConfig loaded = load_config(directory.write("x", text));
  CHECK_FALSE(loaded.unreadable);
  CHECK(loaded.config.has_value() != filters::has_error(loaded.diagnostics));
  std::string lines;
  for (Diagnostic diagnostic : loaded.diagnostics) {
    diagnostic.file = "x";
    lines += (lines.empty() ? "" : "\n") + to_string(diagnostic).substr(1);
  }
  const std::string folder = directory.path().string();
  if (const auto at = lines.find(folder); at != lines.npos) lines.replace(at, folder.size(), "DIR");
  return lines;
}

struct Case {
  std::string text, lines;
};

void check(const std::vector<Case>& cases) {
  for (const auto& [text, lines] : cases) {
    CAPTURE(text);
    CHECK(found(text) == lines);
  }
}

// `text` on line 1, in a config that is right otherwise.
std::vector<Case> beside_smallest(std::vector<Case> cases) {
  for (Case& each : cases)
    each.text += "\nlisten: [{address: \"127.0.0.1:0\"}]\nupstream: {url: https://api.example}\n";
  return cases;
}

}  // namespace

TEST_CASE("a config that is no map, or not even YAML, is refused") {
  check({
      {"", ": expected a map of keys, got nothing"},
      {"# nothing\n", ": expected a map of keys, got nothing"},
      {"x\n", ":1:1: expected a map of keys, got `x`"},
      {"[]\n", ":1:1: expected a map of keys, got a list"},
      {"{}\n", ": `listen` is missing\n: `upstream` is missing"},
      {"listen: [}\n", ":1:10: not YAML: illegal flow end"},
      {"workers: &a 1\nlimits: {fields: *a}\n",
       ":1:10: anchors are not taken here: write the value out\n"
       ":2:18: aliases are not taken here: write the value out"},
  });
}

TEST_CASE("faults of listen") {
  const std::string upstream = "\nupstream: {url: https://api.example}\n";
  const std::string expected = "expected an address such as 127.0.0.1:8080 or \"[::1]:8443\", got ";
  std::vector<Case> cases{
      {"listen:", ":1:1: expected a list of listeners, got nothing"},
      {"listen: 127.0.0.1:80", ":1:9: expected a list of listeners, got `127.0.0.1:80`"},
      {"listen: {address: 127.0.0.1:80}", ":1:9: expected a list of listeners, got a map"},
      {"listen: []", ":1:9: expected at least one listener"},
      {"listen: [127.0.0.1:80]", ":1:10: expected a map of keys, got `127.0.0.1:80`"},
      {"listen: [{}]", ":1:10: `address` is missing"},
      {"listen: [{address: localhost:80}]", ":1:20: " + expected + "`localhost:80`"},
      {"listen: [{address: 8080}]", ":1:20: " + expected + "`8080`"},
      {"listen: [{address: 127.0.0.1:65536}]", ":1:20: " + expected + "`127.0.0.1:65536`"},
      // Unquoted brackets are a list to YAML.
      {"listen: [{address: [::1]}]", ":1:20: " + expected + "a list"},
      {"listen: [{address: 127.0.0.1:80}, {address: 127.0.0.1:80}]",
       ":1:45: another listener above has this address"},
      {"listen: [{address: \"[::1]:80\"}, {address: \"[0:0::1]:80\"}]",
       ":1:43: another listener above has this address"},
      {"listen: [{address: 127.0.0.1:0}, {address: 127.0.0.1:0}]", ""},  // two ports
      {"listen: [{address: 127.0.0.1:80, tls: }]", ":1:34: expected a map of keys, got nothing"},
      {"listen: [{address: 127.0.0.1:80, tls: {}}]",
       ":1:39: `certificate` is missing\n:1:39: `private_key` is missing"},
      {"listen: [{address: 127.0.0.1:80, tls: {certificat: a, private_key: b}}]",
       ":1:40: unknown key `certificat` (did you mean `certificate`?)"},
      {"listen: [{address: 127.0.0.1:80, tls: {certificate: a, private_key: [b], ca: c}}]",
       ":1:69: expected a file name, got a list\n:1:74: unknown key `ca`"},
      {"listen: [{address: 127.0.0.1:80, tls: {certificate: a, private_key: \"b\\nc\"}}]",
       ":1:69: expected a file name, got control characters"},
  };
  for (Case& each : cases) each.text += upstream;
  check(cases);
}

TEST_CASE("faults of upstream") {
  const std::string listen = "listen: [{address: \"127.0.0.1:0\"}]\n";
  std::vector<Case> cases{
      {"", ": `upstream` is missing"},
      {"upstream:", ":2:1: expected a map of keys, got nothing"},
      {"upstream: https://api.example", ":2:11: expected a map of keys, got `https://api.example`"},
      {"upstream: {ca: system}", ":2:11: `url` is missing"},
      {"upstream: {urls: https://a}", ":2:12: unknown key `urls` (did you mean `url`?)"},
      {"upstream: {url: api.example}",
       ":2:17: expected a URL such as https://api.example or http://127.0.0.1:8080"},
      {"upstream: {url: https://t:s3cret@api.example}",
       ":2:17: the URL must not hold a user name or password"},
      {"upstream: {url: https://api.example/x}",
       ":2:17: the URL must not have a path: requests keep their own"},
      {"upstream: {url: http://127.0.0.1, ca: ca.pem}", ":2:39: never used: `url` is not https"},
      {"upstream: {url: http://127.0.0.1, ca: system}", ""},
      {"upstream: {url: https://a, timeouts: {connect: 31s}}",
       ":2:48: never reached: `total` is 30s"},
      {"upstream: {url: https://a, timeouts: {total: 5s, first_byte: 5s}}", ""},
      {"upstream: {url: https://a, timeouts: {total: 5s, first_byte: 5001ms, idle: 6s}}",
       ":2:62: never reached: `total` is 5s\n:2:76: never reached: `total` is 5s"},
      {"upstream: {url: https://a, timeouts: {total: 0s}}", ":2:46: expected 1ms to 1d, got `0s`"},
      {"upstream: {url: https://a, timeouts: {total: 25h, dns: 1s}}",
       ":2:46: expected 1ms to 1d, got `25h`\n:2:51: unknown key `dns`"},
      {"upstream: {url: https://a, pool: {connections: 8, idle: 9}}",
       ":2:57: never reached: `connections` is 8"},
      {"upstream: {url: https://a, pool: {connections: 0}}", ":2:48: expected 1 to 65536, got `0`"},
      {"upstream: {url: https://a, pool: {connections: many, wait: 1}}",
       ":2:48: expected a whole number, got `many`\n:2:54: unknown key `wait`"},
      {"upstream: {url: https://a, ejection: {failures: 0, time: 1s, most_time: 1s}}", ""},
      {"upstream: {url: https://a, ejection: {time: 2s, most_time: 1s}}",
       ":2:45: never reached: `most_time` is 1s"},
      {"upstream: {url: https://a, ejection: {most_time: 1s, answers: 500}}",
       ":2:63: expected one of none, gateway, 5xx, got `500`"},
  };
  for (Case& each : cases) each.text = listen + each.text + "\n";
  check(cases);
}

TEST_CASE("faults of the upstream's addresses and resolver") {
  const std::string address = "expected an address such as 127.0.0.1:8080 or \"[::1]:8443\", got ";
  const std::string resolver =
      "expected system or an address such as 127.0.0.1:53 or \"[::1]:53\", got ";
  const std::string unused = "never used: there is no name to look up";
  std::vector<Case> cases{
      {"url: https://a, addresses: [10.0.0.1:443, \"[::1]:443\"]", ""},
      {"url: https://a, addresses: []", ""},
      {"url: https://a, addresses: 10.0.0.1:443",
       ":2:39: expected a list of addresses, got `10.0.0.1:443`"},
      {"url: https://a, addresses: [10.0.0.1, b.example:1, 10.0.0.1:0]",
       ":2:40: " + address + "`10.0.0.1`\n:2:50: " + address + "`b.example:1`\n:2:63: " + address +
           "`10.0.0.1:0`"},
      {"url: https://a, addresses: [10.0.0.1:1, 10.0.0.1:2, 10.0.0.1:1]",
       ":2:64: address `10.0.0.1:1` is there already"},
      {"url: https://a, resolver: system", ""},
      {"url: https://a, resolver: 127.0.0.1:5353", ""},
      {"url: https://a, resolver: dns.example:53", ":2:38: " + resolver + "`dns.example:53`"},
      {"url: https://a, resolver: 127.0.0.1:0", ":2:38: " + resolver + "`127.0.0.1:0`"},
      {"url: https://10.0.0.1, resolver: 127.0.0.1:53", ":2:45: " + unused},
      {"url: https://a, addresses: [10.0.0.1:443], resolver: 127.0.0.1:53", ":2:65: " + unused},
  };
  for (Case& each : cases)
    each.text = "listen: [{address: \"127.0.0.1:0\"}]\nupstream: {" + each.text + "}\n";
  check(cases);
}

TEST_CASE("faults of limits, and both sides of each bound") {
  check(beside_smallest({
      {"limits: {head: 256B, target: 16B}", ""},
      {"limits: {head: 255B}", ":1:16: expected 256B to 1MiB, got `255B`"},
      {"limits: {head: 1MiB, target: 1MiB}", ""},
      {"limits: {head: 1025KiB}", ":1:16: expected 256B to 1MiB, got `1025KiB`"},
      {"limits: {target: 15B}", ":1:18: expected 16B to 1MiB, got `15B`"},
      {"limits: {target: 16385B}", ":1:18: never reached: `head` is 16KiB"},
      {"limits: {fields: 1, connections: 1, requests_per_connection: 1, body: 1B}", ""},
      {"limits: {fields: 0, connections: 0, requests_per_connection: 0, body: 0B}",
       ":1:18: expected 1 to 10000, got `0`\n:1:34: expected 1 to 1000000, got `0`\n"
       ":1:62: expected 1 to 1000000000, got `0`\n:1:71: expected 1B to 64MiB, got `0B`"},
      {"limits: {fields: 10000, connections: 1000000, body: 64MiB}", ""},
      {"limits: {fields: 10001, connections: 1000001, body: 65MiB}",
       ":1:18: expected 1 to 10000, got `10001`\n:1:38: expected 1 to 1000000, got `1000001`\n"
       ":1:53: expected 1B to 64MiB, got `65MiB`"},
      {"limits: {body: 65536}",
       ":1:16: expected a size such as 64KiB, got `65536`: give a unit (B, KiB, MiB, GiB)"},
      {"limits: {body: 64kb}", ":1:16: expected a size such as 64KiB, got `64kb`"},
      {"limits: {body: [64KiB]}", ":1:16: expected a size such as 64KiB, got a list"},
      {"limits: {body: }", ":1:10: expected a size such as 64KiB, got nothing"},
      {"limits: {fields: 64KiB}", ":1:18: expected a whole number, got `64KiB`"},
      {"limits: {handshake: 1ms, request: 24h, idle: 1d, answer: 1ms, queue: 1ms}", ""},
      {"limits: {queue: 30s}", ""},
      {"limits: {queue: 31s}", ":1:17: never reached: `upstream.timeouts.total` is 30s"},
      {"limits: {answer: 0s}", ":1:18: expected 1ms to 1d, got `0s`"},
      {"limits: {handshake: 5m}", ":1:21: expected a time such as 30s, got `5m`"},
      {"limits: {idle: 60}",
       ":1:16: expected a time such as 30s, got `60`: give a unit (ms, s, min, h, d)"},
      {"limits: {hedd: 1KiB}", ":1:10: unknown key `hedd` (did you mean `head`?)"},
      {"limits: 1", ":1:9: expected a map of keys, got `1`"},
      {"limits: {body: \"" + std::string(100, 'x') + "\"}",
       ":1:16: expected a size such as 64KiB, got `" + std::string(64, 'x') + "...`"},
  }));
}

TEST_CASE("faults of workers, other_paths and contract, and of what is not there yet") {
  check(beside_smallest({
      {"workers: auto", ""},
      {"workers: 256", ""},
      {"workers: 0", ":1:10: expected 1 to 256, got `0`"},
      {"workers: 257", ":1:10: expected 1 to 256, got `257`"},
      {"workers: all", ":1:10: expected a whole number, got `all`"},
      {"workers: [1]", ":1:10: expected auto or a whole number, got a list"},
      {"workers: 5\nlimits: {connections: 4}",
       ":1:10: more workers than `limits.connections`, which is 4"},
      {"other_paths: rejected",
       ":1:14: expected one of forward, reject, got `rejected` (did you mean `reject`?)"},
      {"contract: a.yaml", ":1:11: cannot read DIR/a.yaml: No such file or directory"},
      {"contract: {}", ":1:11: expected builtin or a file name, got a map"},
      {"filters: {policy: {file: none}}", ""},
      {"filters: {policy: {file: []}}", ":1:26: expected none or a file name, got a list"},
      {"filters: {policy: {mode: enforce}}", ":1:20: unknown key `mode`"},
      {"filters: {repair: {placements: warn, encode: enforce}}",
       ":1:20: unknown key `placements` (did you mean `placement`?)\n:1:38: unknown key `encode`"},
      {"audit: {segment: 64MiB, segment_age: 7d, keep: 30d}", ""},
      {"audit: {keep: forever}", ""},
      {"<<: {workers: 1}", ":1:1: unknown key `<<`"},
      {"workers: 1\nworkers: 1", ":2:1: key `workers` is given twice, first on line 1"},
      {"nonsense: 1\nnonsense: 1",
       ":1:1: unknown key `nonsense`\n:2:1: key `nonsense` is given twice, first on line 1"},
      {"\"a\\x1b[31m\": 1", ":1:1: unknown key `a?[31m`"},
  }));
}

TEST_CASE("faults of filters") {
  const std::string mode = "expected one of off, observe, warn, enforce, got ";
  check(beside_smallest({
      {"filters: {authenticate: enforce}", ":1:25: expected a map of keys, got `enforce`"},
      {"filters: {authenticate: {mode: on}}", ":1:32: " + mode + "`on`"},
      {"filters: {repair: {alias: enforced, nearest: true, value: OFF}}",
       ":1:27: " + mode + "`enforced` (did you mean `enforce`?)\n:1:46: " + mode +
           "`true`\n:1:59: " + mode + "`OFF` (did you mean `off`?)"},
      {"filters: {validate: {unknown_parameter: off}}",
       ":1:22: unknown key `unknown_parameter` (did you mean `unknown_parameters`?)"},
      {"filters: {rewrite: {parameter_names: camel}}",
       ":1:38: expected one of canonical, documented, got `camel`"},
      {"filters: {rewrite: {headers: {set: [a], remove: {b: c}}}}",
       ":1:36: expected a map of keys, got a list\n"
       ":1:49: expected a list of header names, got a map"},
      {"filters: {rewrite: {headers: {set: {\"a b\": c, Host: x, transfer-encoding: y}}}}",
       ":1:37: expected a header name, got `a b`\n"
       ":1:47: header `Host` is not for a rule to change\n"
       ":1:56: header `transfer-encoding` is not for a rule to change"},
      {"filters: {rewrite: {headers: {remove: [Connection, authorization, X-Forwarded-For, TE]}}}",
       ":1:40: header `Connection` is not for a rule to change\n"
       ":1:52: header `authorization` is not for a rule to change\n"
       ":1:67: header `X-Forwarded-For` is not for a rule to change\n"
       ":1:84: header `TE` is not for a rule to change"},
      {"filters: {rewrite: {headers: {set: {X-A: s3cret, x-a: s3cret, X-A: s3cret}}}}",
       ":1:50: header `x-a` is set twice\n:1:63: header `X-A` is set twice"},
      {"filters: {rewrite: {headers: {set: {X-A: s3cret}, remove: [x-a]}}}",
       ":1:60: header `x-a` is set above"},
      {"filters: {rewrite: {headers: {set: {X-A: \" s3cret\", X-B: \"s3\\r\\ncret\", X-C: [x]}}}}",
       ":1:42: a header value has no white space around it\n"
       ":1:58: expected a header value, got control characters\n"
       ":1:77: expected a header value, got a list"},
      {"filters: {rewrite: {headers: {add: {}}}}", ":1:31: unknown key `add`"},
  }));
}

TEST_CASE("faults of audit and log name what this version takes") {
  check(beside_smallest({
      {"audit: {level: requests}",
       ":1:16: expected one of none, metadata, request, full, got `requests` (did you mean "
       "`request`?)"},
      {"audit: {durability: always}", ":1:21: expected one of none, batch, request, got `always`"},
      {"audit: {on_full: wait}", ":1:18: expected one of reject, drop, block, got `wait`"},
      {"audit: {segment: 1KiB, segment_age: 1ms, keep: never}",
       ":1:18: expected 4KiB to 4GiB, got `1KiB`\n:1:37: expected 1s to 3650d, got `1ms`\n"
       ":1:48: expected a time such as 30s, got `never`"},
      {"audit: {directory: \"\", hmac_key: [a]}",
       ":1:20: expected a file name, got an empty text\n"
       ":1:34: expected generated or a file name, got a list"},
      {"audit: {signing_key: {}}", ":1:22: expected generated or a file name, got a map"},
      {"log: {level: verbose, format: yaml}",
       ":1:14: expected one of trace, debug, info, warn, error, off, got `verbose`\n"
       ":1:31: expected one of text, json, got `yaml`"},
  }));
}
