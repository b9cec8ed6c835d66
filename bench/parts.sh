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
    infra/stack.sh up >/dev/null # waits until all are ready again
}

note_commits
"$measure" prepare
part limits bench/limits.sh
part sagas "$measure" sagas
part sustained "$measure" sustained
