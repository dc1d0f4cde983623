// How often a test draws at random. What the sanitizers look for goes wrong within one draw, and
// each costs them ten times as much: they get a tenth. Everybody else gets all.
#pragma once

namespace tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

constexpr int draws(int count) {
  return sanitized ? count / 10 : count;
}

}  // namespace tests
