// What the admin listener says: the four pages, made of a gateway's vitals when they are asked for.
// Used on the admin's thread. No page holds a secret, a key or anything that a client has sent.
#pragma once

#include <string>
#include <vector>

#include "proxy/admin.hpp"
#include "proxy/vitals.hpp"

namespace proxy {

// /livez, /readyz, /metrics, /status. `vitals` must outlive them.
std::vector<AdminPage> admin_pages(const Vitals& vitals);

// The metrics, in the text format 0.0.4 of Prometheus.
std::string metrics_text(const Vitals& vitals);
// One JSON object on one line.
std::string status_json(const Vitals& vitals);

}  // namespace proxy
