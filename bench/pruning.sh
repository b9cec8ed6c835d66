#!/usr/bin/env bash
# pruning.sh - is what was handled forgotten? The services are told to remember a minute
# instead of a week; orders come for a while; then inbox and idempotency must become empty
# again. The rows of both moments are told as growth.rows.*. Run by parts.sh; four minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

cost=build/$MODE/bench/cost/cost measure=build/$MODE/bench/measure
keep_s=60 patience_s=240

# The addresses that we are told are no settings of the services.
remember() { # seconds; nothing: as long as usual
    local service changes=()
    for service in USER ORDER INVENTORY PAYMENT NOTIFICATION; do
        changes+=(-u "${service}_DATABASE_URL")
    done
    for service in USER ORDER INVENTORY PAYMENT NOTIFICATION; do
        [ $# -eq 0 ] || changes+=("${service}_INBOX_KEEP_S=$1")
    done
    env "${changes[@]}" infra/stack.sh up >/dev/null
}

rows() {
    local url n=0
    for url in "$USER_DATABASE_URL" "$ORDER_DATABASE_URL" "$INVENTORY_DATABASE_URL" \
        "$PAYMENT_DATABASE_URL" "$NOTIFICATION_DATABASE_URL"; do
        n=$((n + $(psql -XAt "$url" -c 'SELECT (SELECT count(*) FROM inbox)
            + (SELECT count(*) FROM idempotency) + (SELECT count(*) FROM outbox)')))
    done
    echo "$n"
}

wait_until_forgotten() {
    local deadline=$((SECONDS + patience_s))
    until [ "$(rows)" = 0 ]; do
        [ $SECONDS -lt $deadline ] || return 0 # the figures will say so
        sleep 2
    done
}

remember $keep_s
env RATES="${RATE:-200}" RUNS=1 BENCH_OUT='' "$measure" sagas >/dev/null
"$cost" rows after_load
wait_until_forgotten
"$cost" rows after_pruning
remember
