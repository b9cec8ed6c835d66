#!/usr/bin/env bash
# hour.sh - does memory grow? Orders come at a steady rate for an hour, and the resident memory of
# each service is read every minute. Told as cost.rss.<service>.hour.first and .last, the medians of
# the second and of the last ten minutes, and .hour.growth between them. Run by parts.sh.
#
#   HOUR_S=3600 HOUR_RATE=50    how long, and orders a second; six equal parts in any case
set -euo pipefail
cd "$(dirname "$0")/.."

measure=build/$MODE/bench/measure
seconds=${HOUR_S:-3600} rate=${HOUR_RATE:-50}
services='user order inventory payment notification'
samples=$(mktemp)
trap 'rm -f "$samples"' EXIT

# In KiB, of the first instance of each.
sample() {
    local service pid
    for service in $services; do
        pid=$(<"$SERVICE_DIR/$service-1/supervise/pid")
        echo "$service $(sed -nE 's/^VmRSS:\s*([0-9]+) kB/\1/p' "/proc/$pid/status")"
    done >>"$samples"
}

# Of a service's samples the median of one sixth, in MiB.
median() { # service, sixth
    awk -v s="$1" '$1 == s { print $2 }' "$samples" |
        awk -v part="$2" '{ all[NR] = $1 } END {
            for (i = int(NR * (part - 1) / 6) + 1; i <= int(NR * part / 6); i++) print all[i] }' |
        sort -n | awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR + 1) / 2)] / 1024 }'
}

figure() { # name, value
    printf '  %-36s %12s MiB\n' "$@"
    [ -z "${BENCH_OUT:-}" ] || jq -nc --arg n "$1" --argjson v "$2" \
        '{name: $n, unit: "MiB", better: "less", runs: [$v]}' >>"$BENCH_OUT"
}

tell() { # service
    local first last
    first=$(median "$1" 2) last=$(median "$1" 6)
    figure "cost.rss.$1.hour.first" "$first"
    figure "cost.rss.$1.hour.last" "$last"
    figure "cost.rss.$1.hour.growth" "$(awk -v a="$first" -v b="$last" 'BEGIN { printf "%.2f", b - a }')"
}

env RATES="$rate" RUNS=1 BENCH_SECONDS="$seconds" BENCH_SUFFIX= BENCH_OUT='' "$measure" sagas &
load=$!
while kill -0 $load 2>/dev/null; do
    sample
    sleep "$((seconds / 60 > 0 ? seconds / 60 : 1))"
done
wait $load
for service in $services; do tell "$service"; done
