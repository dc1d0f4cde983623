// owner-api: a stand-in for the vendor's API, for tests, benches and showing prefgate at work.
#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/owner_api/server.hpp"

int main(int argc, char** argv) {
  owner_api::ServerOptions options;
  std::size_t devices = 100'000;
  std::size_t logged = 0;

  CLI::App app("A stand-in for the vendor's API. Prints where it listens, ends on SIGTERM.");
  app.add_option("--listen", options.listen,
                 "ADDRESS:PORT for clear text, port 0: any; repeatable");
  app.add_option("--listen-tls", options.listen_tls, "ADDRESS:PORT for TLS; repeatable");
  auto* certificate = app.add_option("--certificate", options.certificate, "PEM file, chain");
  app.add_option("--private-key", options.private_key, "PEM file")->needs(certificate);
  app.add_option("--client-ca", options.client_ca, "PEM file: clients must show a certificate");
  app.add_option("--threads", options.threads, "event loops")->check(CLI::Range(1, 64));
  app.add_option("--devices", devices, "whose preferences are remembered")
      ->check(CLI::PositiveNumber);
  app.add_option("--log", logged, "requests to remember for GET /_admin/log; 0: none")->take_last();
  CLI11_PARSE(app, argc, argv);

  try {
    if (options.listen.empty() && options.listen_tls.empty())
      throw std::runtime_error("nothing to listen on: give --listen or --listen-tls");
    if (!options.listen_tls.empty() && options.private_key.empty())
      throw std::runtime_error("--listen-tls needs --certificate and --private-key");
    owner_api::Service service(devices, logged);
    owner_api::Server server(options, service);
    for (const auto& url : server.urls()) std::cout << "listening " << url << std::endl;
    server.run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "owner-api: " << error.what() << '\n';
    return 2;
  }
}
