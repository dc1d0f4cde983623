// The definitions of RFC 9162 section 2 written down as they stand there, with lists of entries and
// without a thought for cost: what the tree of the product is compared with. Shares only SHA-256
// with it. Tests only.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "proxy/evidence/sha256.hpp"

namespace tests::naive {

using proxy::Hash;
using Entries = std::span<const std::string>;

inline std::string text(const Hash& hash) {
  return {hash.begin(), hash.end()};
}

// 2.1.1
inline std::size_t split(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
inline Hash root(Entries d) {
  if (d.empty()) return proxy::sha256("");
  if (d.size() == 1) return proxy::sha256(std::string(1, '\0') + d[0]);
  const auto k = split(d.size());
  return proxy::sha256("\x01" + text(root(d.first(k))) + text(root(d.subspan(k))));
}

// 2.1.3.1
inline std::vector<Hash> path(std::size_t m, Entries d) {
  if (d.size() == 1) return {};
  const auto k = split(d.size());
  auto result = m < k ? path(m, d.first(k)) : path(m - k, d.subspan(k));
  result.push_back(m < k ? root(d.subspan(k)) : root(d.first(k)));
  return result;
}

// 2.1.4.1
inline std::vector<Hash> subproof(std::size_t m, Entries d, bool b) {
  if (m == d.size()) return b ? std::vector<Hash>{} : std::vector<Hash>{root(d)};
  const auto k = split(d.size());
  auto result = m <= k ? subproof(m, d.first(k), b) : subproof(m - k, d.subspan(k), false);
  result.push_back(m <= k ? root(d.subspan(k)) : root(d.first(k)));
  return result;
}
inline std::vector<Hash> proof(std::size_t m, Entries d) {
  return subproof(m, d, true);
}

}  // namespace tests::naive
