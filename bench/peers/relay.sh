# shellcheck shell=bash disable=SC2154
# A relay of bytes: the floor. What a proxy costs that parses nothing and writes nothing down.

start_relay() {
  local here=$folder/relay
  port_of[relay]=$(free_port)
  mkdir "$here"
  sed -e "s|@PORT@|${port_of[relay]}|; s|@UPSTREAM_PORT@|${upstream_port[$2]}|" \
    bench/peers/relay.cfg >"$here/relay.cfg"
  start "$proxy_core" "$here.log" haproxy -db -f "$here/relay.cfg"
  pid_of[relay]=$started
  within_5s port_is_open "${port_of[relay]}" || fail "$(cat "$here.log")"
}

stop_relay() { stop "${pid_of[relay]}" TERM; }
