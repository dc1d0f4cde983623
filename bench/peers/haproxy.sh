# shellcheck shell=bash disable=SC2154
# HAProxy: forwards without looking, like nginx.

start_haproxy() {
  local here=$folder/haproxy bind='' server=''
  [[ $1 == tls ]] && bind="ssl crt $here/gateway.pem"
  [[ $2 == tls ]] && server="ssl verify required ca-file $certs/ca.pem sni str(localhost) verifyhost localhost"
  port_of[haproxy]=$(free_port)
  mkdir "$here"
  cat "$certs/gateway.pem" "$certs/gateway.key" >"$here/gateway.pem"
  sed -e "s|@PORT@|${port_of[haproxy]}|; s|@TLS@|$bind|" \
    -e "s|@UPSTREAM_PORT@|${upstream_port[$2]}|; s|@UPSTREAM_TLS@|$server|" \
    bench/peers/haproxy.cfg >"$here/haproxy.cfg"
  start "$proxy_core" "$here/exchanges.jsonl" haproxy -db -f "$here/haproxy.cfg"
  pid_of[haproxy]=$started
  within_5s port_is_open "${port_of[haproxy]}" || fail "$(cat "$here/exchanges.jsonl")"
}

# SIGUSR1 is its soft stop, which waits for idle connections.
stop_haproxy() { stop "${pid_of[haproxy]}" TERM; }
# It also says there what it warns of, and that it ends.
lines_of_haproxy() { grep '^{' "$folder/haproxy/exchanges.jsonl"; }
