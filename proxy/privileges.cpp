#include "proxy/privileges.hpp"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <stdexcept>

namespace proxy {

void drop_privileges() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (capng_get_caps_process() != 0)
    throw std::runtime_error("which capabilities this process has cannot be read");
  if (capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE) return;
  const bool binds = capng_have_capability(CAPNG_PERMITTED, CAP_NET_BIND_SERVICE) == 1;
  // The bounding set, too, where it may be changed.
  const bool bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
  capng_clear(CAPNG_SELECT_ALL);
  if (binds)
    capng_updatev(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                  CAP_NET_BIND_SERVICE, -1);
  if (capng_apply(bounding ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS) != 0)
    throw std::runtime_error("capabilities cannot be given up");
}

}  // namespace proxy
