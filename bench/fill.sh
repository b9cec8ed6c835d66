#!/usr/bin/env bash
# fill.sh N - stores finished orders in all databases until there are N, as if they had been
# placed last January: orders, reservations, payments, mails, customers; the books balance.
#
# Beside a stack that runs, in the environment of tools/with-stack.sh. The provider gets one
# charge for all of them.
set -euo pipefail
cd "$(dirname "$0")/fill"

fill() { # service
    local url=${1^^}_DATABASE_URL
    psql -X -q -A -t -v first="$first" -v last="$last" -f "$1.sql" "${!url}"
}

tell_provider() { # amount
    curl -fsS -o /dev/null "$PROVIDER_URL/v1/charges" \
        -H "Authorization: Bearer $(<"$PROVIDER_KEY_FILE")" -H 'Content-Type: application/json' \
        -H "Idempotency-Key: fill-$first-$last" \
        -d "{\"amount\":$1,\"currency\":\"EUR\",\"method\":\"pm_ok\",\"reference\":\"fill-$first-$last\"}"
}

wait_for() { # pid...
    local pid
    for pid in "$@"; do wait "$pid"; done
}

stored=$(psql -XAt "$ORDER_DATABASE_URL" -c 'SELECT count(*) FROM orders')
first=$((stored + 1)) last=${1:?how many}
[ "$first" -le "$last" ] || exit 0

fill order &
pids=($!)
for service in user inventory notification; do
    fill $service &
    pids+=($!)
done
amount=$(fill payment)
wait_for "${pids[@]}"
[ "$amount" = 0 ] || tell_provider "$amount"
psql -Xq "$POSTGRES_URL" -c CHECKPOINT
echo "    $((last - first + 1)) finished orders stored, $last in all ($SECONDS s)"
