#!/usr/bin/env bash
# parts.sh - the parts of the bench in order, beside the stack of bench/run.sh.
set -euo pipefail

measure=build/$MODE/bench/measure
export BENCH_SECONDS=${BENCH_SECONDS:-10} RUNS=${RUNS:-3}

part() { # name command...
    [[ " ${ONLY:-$1} " == *" $1 "* ]] || return 0
    local began=$SECONDS
    echo
    echo "--- $1"
    "${@:2}"
    echo "    ($((SECONDS - began)) s)"
}

# PostgreSQL can say when each transaction was committed; saga.h needs it.
note_commits() {
    psql -qX "$POSTGRES_URL" -c 'ALTER SYSTEM SET track_commit_timestamp = on'
    infra/stack.sh restart postgres >/dev/null
    await_ready
}

await_ready() {
    local deadline=$((SECONDS + 60))
    until curl -fs -o /dev/null "$GATEWAY_URL/healthz"; do
        [ $SECONDS -lt $deadline ] || { echo "bench: the stack is not ready" >&2; return 1; }
        sleep 0.1
    done
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

note_commits
"$measure" prepare
part limits limits
part sagas "$measure" sagas
part sustained "$measure" sustained
part reads "$measure" reads
part writes "$measure" writes
