#include "proxy/live_tls.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace proxy {
namespace {

std::vector<std::optional<TlsFiles>> files_of(const std::vector<Listen>& listeners) {
  std::vector<std::optional<TlsFiles>> files(listeners.size());
  std::ranges::transform(listeners, files.begin(), &Listen::tls);
  return files;
}

}  // namespace

LiveTls::LiveTls(const Config& started)
    : listeners_(files_of(started.listen)),
      upstream_tls_(started.upstream.tls),
      upstream_ca_(started.upstream.ca) {
  if (const auto loaded = load(TlsRenewal::asked); !loaded.contexts)
    throw std::runtime_error(loaded.fault);
}

RenewedTls LiveTls::load_again(const Config& config) {
  auto before = std::exchange(listeners_, files_of(config.listen));
  auto watched = watch_;
  auto found = load(TlsRenewal::asked);
  if (!found.contexts) {
    listeners_ = std::move(before);
    watch_ = std::move(watched);
  }
  return found;
}

std::optional<RenewedTls> LiveTls::look(Clock::time_point now) {
  if (watch_.changed()) return load(TlsRenewal::files_changed);
  if (now - loaded_ >= longest) return load(TlsRenewal::tickets_old);
  return {};
}

// The digests are taken first: what changes while the files are read is seen by the next look.
RenewedTls LiveTls::load(TlsRenewal why) {
  std::vector<FileDigest> digests;
  const auto follow = [&](const std::filesystem::path& file) {
    digests.push_back({file, digest_of_file(file)});
  };
  for (const auto& files : listeners_) {
    if (!files) continue;
    follow(files->certificate);
    follow(files->private_key);
    if (files->client_ca) follow(*files->client_ca);
  }
  if (upstream_tls_ && upstream_ca_) follow(*upstream_ca_);
  watch_.follow(std::move(digests));
  loaded_ = Clock::now();
  try {
    TlsContexts made;
    for (const auto& files : listeners_)
      made.listeners.push_back(
          files ? std::make_shared<const TlsContext>(make_server_context(*files)) : nullptr);
    if (upstream_tls_)
      made.upstream = std::make_shared<const TlsContext>(make_client_context(upstream_ca_));
    contexts_ = std::move(made);
  } catch (const std::runtime_error& error) {
    return {.contexts = {}, .fault = error.what(), .why = why};
  }
  return {.contexts = contexts_, .fault = {}, .why = why};
}

}  // namespace proxy
