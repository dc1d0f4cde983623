# shellcheck shell=bash disable=SC2154
# nginx with Lua doing prefgate's job: governed.conf, governed.lua.

start_lua() { run_nginx lua governed.conf "$@"; }
stop_lua() { stop "${pid_of[lua]}" QUIT; }
lines_of_lua() { cat "$folder/lua/exchanges.jsonl"; }
