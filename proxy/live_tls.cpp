#include "proxy/live_tls.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace proxy {

LiveTls::Wanted LiveTls::wanted_by(const Config& config) {
  Wanted wanted{std::vector<std::optional<TlsFiles>>(config.listen.size()), config.upstream.tls,
                config.upstream.ca};
  std::ranges::transform(config.listen, wanted.listeners.begin(), &Listen::tls);
  return wanted;
}

LiveTls::LiveTls(const Config& started) : wanted_(wanted_by(started)) {
  if (const auto loaded = load(TlsRenewal::asked); !loaded.contexts)
    throw std::runtime_error(loaded.fault);
}

RenewedTls LiveTls::load_again(const Config& config) {
  auto before = std::exchange(wanted_, wanted_by(config));
  auto watched = watch_;
  auto found = load(TlsRenewal::asked);
  if (!found.contexts) {
    wanted_ = std::move(before);
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
  for (const auto& files : wanted_.listeners) {
    if (!files) continue;
    follow(files->certificate);
    follow(files->private_key);
    if (files->client_ca) follow(*files->client_ca);
  }
  if (wanted_.upstream && wanted_.upstream_ca) follow(*wanted_.upstream_ca);
  watch_.follow(std::move(digests));
  loaded_ = Clock::now();
  try {
    TlsContexts made;
    for (const auto& files : wanted_.listeners)
      made.listeners.push_back(
          files ? std::make_shared<const TlsContext>(make_server_context(*files)) : nullptr);
    if (wanted_.upstream)
      made.upstream = std::make_shared<const TlsContext>(make_client_context(wanted_.upstream_ca));
    contexts_ = std::move(made);
  } catch (const std::runtime_error& error) {
    return {.contexts = {}, .fault = error.what(), .why = why};
  }
  return {.contexts = contexts_, .fault = {}, .why = why};
}

}  // namespace proxy
