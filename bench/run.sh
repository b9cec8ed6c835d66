#!/usr/bin/env bash
# run.sh - make bench: stacks of its own from nothing, every part of the bench beside them, a
# table, and bench/results/.
#
#   ONLY="limits sagas"    these parts alone, and without the rounds with a million orders and
#                          with two instances; ROUNDS="base 1m x2" says which
#   BENCH_SECONDS=5        how long a run counts, RUNS=3 how many there are of each figure
#   RATES="50 200"         orders a second in the part sagas
#   MANY=1000000           finished orders stored in the round 1m
#   BENCH_OUT=file         figures are appended there, and not kept in bench/results
set -euo pipefail
cd "$(dirname "$0")/.."

export NAME=${NAME:-bench} STACK=native MODE=release NO_BUILD=1
export BENCH_SECONDS=${BENCH_SECONDS:-5} RUNS=${RUNS:-3} STORED=${STORED-10000}
rounds=${ROUNDS:-$([ -n "${ONLY:-}" ] && echo base || echo base 1m x2)}

# The gateway counts requests by address, and all of ours come from one.
export GATEWAY_RATE=1000000r/s GATEWAY_BURST=1000000 GATEWAY_LOGIN_RATE=100r/s GATEWAY_LOGIN_BURST=1000
export GATEWAY_CONNECTIONS=65535
# An order that waits in the backlog of an overload is not to be cancelled for it.
export ORDER_SAGA_DEADLINE_S=${ORDER_SAGA_DEADLINE_S:-300}

kept=''
if [ -z "${BENCH_OUT:-}" ]; then
    [ -n "${ONLY:-}" ] || kept=bench/results # parts are no result
    export BENCH_OUT=build/bench/lines.jsonl
    rm -f "$BENCH_OUT"
fi
mkdir -p "$(dirname "$BENCH_OUT")" bench/results
bench/facts.sh

beside_a_stack() { # rounds
    ROUNDS=$1 tools/with-stack.sh bench/parts.sh | grep --line-buffered -vE '^ *(make|The API|The admin)'
}

two_instances() { # command...
    local service
    for service in user order inventory payment notification; do export "SCALE_$service=2"; done
    "$@"
}

one=$(tr ' ' '\n' <<<"$rounds" | grep -vx x2 | paste -sd' ' || true)
[ -z "$one" ] || beside_a_stack "$one"
[[ " $rounds " != *" x2 "* ]] || two_instances beside_a_stack x2

echo
build/release/bench/report/report "$BENCH_OUT" $kept
