# shellcheck shell=bash disable=SC2154
# nginx as a relay of bytes: the floor. What a proxy costs that parses nothing and writes nothing down.

start_relay() { run_nginx relay relay.conf "$@"; }
stop_relay() { stop "${pid_of[relay]}" QUIT; }
