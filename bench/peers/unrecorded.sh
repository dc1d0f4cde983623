# shellcheck shell=bash disable=SC2154
# prefgate without its audit: what it takes less is what recording costs. Started by prefgate.sh.

start_unrecorded() { start_gateway unrecorded none "$1" "$2"; }

stop_unrecorded() { stop "${pid_of[unrecorded]}" TERM; }
