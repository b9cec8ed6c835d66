#!/usr/bin/env bash
# parts.sh - the parts of the bench in order, beside the stack of bench/run.sh.
#
# ONLY="limits sagas" runs these alone. In ROUND=base everything is measured; in the rounds
# 1m and x2 only what a million orders or a second instance could change, under names that
# end so.
set -euo pipefail

measure=build/$MODE/bench/measure

# --- what parts need ----------------------------------------------------------------

await_ready() {
    local deadline=$((SECONDS + 60))
    until curl -fs -o /dev/null "$GATEWAY_URL/healthz"; do
        [ $SECONDS -lt $deadline ] || { echo "bench: the stack is not ready" >&2; return 1; }
        sleep 0.1
    done
}

# PostgreSQL can say when each transaction was committed; saga.h needs it.
note_commits() {
    psql -qX "$POSTGRES_URL" -c 'ALTER SYSTEM SET track_commit_timestamp = on'
    infra/stack.sh restart postgres >/dev/null
    await_ready
}

# In the place of the order service something that says the same to all: the gateway is the
# stack's own, with all its settings.
http_limits() {
    local pid
    infra/stack.sh stop order >/dev/null
    "$measure" constant &
    pid=$!
    until curl -fs -o /dev/null "http://127.0.0.1:$ORDER_1_PORT/"; do sleep 0.05; done
    "$measure" http
    kill "$pid"
    wait "$pid" 2>/dev/null || true
    infra/stack.sh start order >/dev/null
    await_ready
}

limits() {
    bench/limits.sh
    "$measure" broker
    http_limits
}

# --- parts and rounds ---------------------------------------------------------------

part() { # name command...
    [[ " ${ONLY:-$1} " == *" $1 "* ]] || return 0
    local began=$SECONDS
    printf '\n--- %s%s\n' "$1" "${BENCH_SUFFIX:-}"
    "${@:2}"
    echo "    ($((SECONDS - began)) s)"
}

base() {
    bench/servers.sh
    [ -z "${STORED:-}" ] || bench/fill.sh "$STORED"
    "$measure" prepare
    part limits limits
    part reads "$measure" reads
    part check bench/check.sh
    part writes "$measure" writes
    part sagas "$measure" sagas
    part sustained "$measure" sustained
    part cost bench/cost.sh
    [ -n "${ONLY:-}" ] || return 0
    part pruning bench/pruning.sh # four minutes, and an hour: when asked for
    part hour bench/hour.sh
}

# Shorter, for there is the base to hold it against.
again() { # suffix
    export BENCH_SUFFIX=$1 RATES=200 SUSTAINED_S=${SUSTAINED_S:-15}
    [ "${BENCH_SECONDS%.*}" -lt 3 ] || export BENCH_SECONDS=3
    "$measure" prepare
    part reads "$measure" reads
    part writes "$measure" writes
    part sagas "$measure" sagas
    part sustained "$measure" sustained
}

many() {
    bench/fill.sh "${MANY:-1000000}"
    again .1m
}

twice() {
    [ -z "${STORED:-}" ] || bench/fill.sh "$STORED"
    again .x2
}

note_commits
for round in ${ROUNDS:-base}; do
    case $round in
    base) base ;;
    1m) many ;;
    x2) twice ;;
    *) echo "bench: there is no round $round" >&2; exit 2 ;;
    esac
done
