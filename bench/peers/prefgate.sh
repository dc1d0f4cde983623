# shellcheck shell=bash disable=SC2154,SC2034
# prefgate: every filter on, a policy of 20 rules, the audit at level `request`. The rate limit counts
# each of the load's 100 devices, at a rate that no load here can reach.

start_prefgate() { start_gateway prefgate request "$1" "$2"; }

# start_gateway NAME LEVEL IN OUT: the same at that level of the audit.
start_gateway() {
  local tls='' ca='' scheme=http here=$folder/$1
  [[ $3 == tls ]] && tls="
    tls: {certificate: $certs/gateway.pem, private_key: $certs/gateway.key}"
  [[ $4 == tls ]] && scheme=https ca=", ca: $certs/ca.pem"
  mkdir "$here"
  cat >"$here/prefgate.yaml" <<YAML
listen:
  - address: 127.0.0.1:0$tls
admin: {address: none}
workers: 1
upstream: {url: "$scheme://localhost:${upstream_port[$4]}"$ca}
limits: {requests_per_connection: 100000000}
filters:
  rate_limit: {per: device, rate: 1000/s, burst: 1000, mode: enforce}
  repair: {placement: enforce}
  policy: {file: $PWD/bench/peers/policy.yaml}
audit: {directory: audit, hmac_key: $certs/audit.hmac, level: $2}
YAML
  start "$proxy_core" "$here/prefgate.log" "$build/prefgate" serve -c "$here/prefgate.yaml"
  pid_of[$1]=$started
  within_5s grep -q 'is ready' "$here/prefgate.log" || fail "$(cat "$here/prefgate.log")"
  port_of[$1]=$(port_in "$here/prefgate.log" 'https*')
}

stop_prefgate() { stop "${pid_of[prefgate]}" TERM; }

# Of segments that are compressed by now too.
lines_of_prefgate() {
  find "$folder/prefgate/audit" -name '*.jsonl' -exec cat {} +
  find "$folder/prefgate/audit" -name '*.jsonl.zst' -exec zstd -dcq {} +
}
