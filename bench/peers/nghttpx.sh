# shellcheck shell=bash disable=SC2154
# nghttpx: forwards without looking, like nginx; HTTP/1.1 on both sides, since that is what wrk speaks.

start_nghttpx() {
  local here=$folder/nghttpx frontend=';no-tls' backend=''
  [[ $1 == tls ]] && frontend=''
  [[ $2 == tls ]] && backend=';tls;sni=localhost'
  port_of[nghttpx]=$(free_port)
  mkdir "$here"
  sed -e "s|@DIRECTORY@|$here|; s|@CERTIFICATES@|$certs|; s|@PORT@|${port_of[nghttpx]}|; s|@TLS@|$frontend|" \
    -e "s|@UPSTREAM_PORT@|${upstream_port[$2]}|; s|@UPSTREAM_TLS@|$backend|" \
    bench/peers/nghttpx.conf >"$here/nghttpx.conf"
  start "$proxy_core" "$here.log" nghttpx --conf="$here/nghttpx.conf"
  pid_of[nghttpx]=$started
  within_5s port_is_open "${port_of[nghttpx]}" || fail "$(cat "$here.log" "$here"/*.log)"
}

stop_nghttpx() { stop "${pid_of[nghttpx]}" QUIT; }
lines_of_nghttpx() { cat "$folder/nghttpx/exchanges.jsonl"; }
