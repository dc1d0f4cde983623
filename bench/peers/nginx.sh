# shellcheck shell=bash disable=SC2154
# nginx: forwards without looking. What the others are held against.

# run_nginx NAME TEMPLATE IN OUT: fills in the template's @WORDS@, sets pid_of[NAME] and port_of[NAME].
run_nginx() {
  local here=$folder/$1 tls='' scheme=http user=()
  [[ $3 == tls ]] && tls=' ssl'
  [[ $4 == tls ]] && scheme=https
  ((EUID == 0)) && user=(-g 'user root;')
  port_of[$1]=$(free_port)
  mkdir "$here"
  sed -e "s|@DIRECTORY@|$here|; s|@CERTIFICATES@|$certs|; s|@PORT@|${port_of[$1]}|" \
    -e "s|@TLS@|$tls|; s|@UPSTREAM_SCHEME@|$scheme|; s|@UPSTREAM_PORT@|${upstream_port[$4]}|" \
    -e "s|@PEERS@|$PWD/bench/peers|" "bench/peers/$2" >"$here/nginx.conf"
  start "$proxy_core" "$here.log" nginx -c "$here/nginx.conf" "${user[@]}"
  pid_of[$1]=$started
  within_5s port_is_open "${port_of[$1]}" || fail "$(cat "$here.log" "$here"/*.log)"
}

start_nginx() { run_nginx nginx nginx.conf "$@"; }
stop_nginx() { stop "${pid_of[nginx]}" QUIT; }
lines_of_nginx() { cat "$folder/nginx/exchanges.jsonl"; }
