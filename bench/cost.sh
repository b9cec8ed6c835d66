#!/usr/bin/env bash
# cost.sh - what the stack costs to run: bench/cost around a load of RATE orders a second, the
# start of each service, and the sizes of programs and, where an engine has them, of images.
# Run by parts.sh, beside a native stack.
set -euo pipefail
cd "$(dirname "$0")/.."

cost=build/$MODE/bench/cost/cost measure=build/$MODE/bench/measure
services='user order inventory payment notification'

figure() { # name, unit, value
    printf '  %-36s %12s %s\n' "$@"
    [ -z "${BENCH_OUT:-}" ] || jq -nc --arg n "$1" --arg u "$2" --argjson v "$3" \
        '{name: $n, unit: $u, better: "less", runs: [$v]}' >>"$BENCH_OUT"
}

# Without what a debugger wants, as in an image.
program_sizes() {
    local service stripped
    stripped=$(mktemp)
    for service in $services; do
        strip -o "$stripped" "build/$MODE/$service"
        figure "cost.binary.$service" KiB $(($(stat -c %s "$stripped") / 1024))
    done
    rm -f "$stripped"
}

image_sizes() {
    local service bytes
    for service in $services; do
        bytes=$(docker image inspect -f '{{.Size}}' "waybill/$service" 2>/dev/null) || continue
        figure "cost.image.$service" MiB "$(awk -v b="$bytes" 'BEGIN { printf "%.1f", b / 1048576 }')"
    done
}

"$cost" start "$RUNS"
"$cost" around "$RUNS" env RATES="${RATE:-200}" RUNS=1 BENCH_SUFFIX= "$measure" sagas
program_sizes
! command -v docker >/dev/null || image_sizes
