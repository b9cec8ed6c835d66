#!/usr/bin/env bash
# check.sh - the same requests by wrk, a public load tool, and by our generator, both as fast
# as 32 connections go: generator.check.wrk.* and generator.check.ours.* should agree.
set -euo pipefail

measure=build/$MODE/bench/measure
by_wrk() { # url, token
    wrk -t 1 -c 32 -d "$seconds" -H "Authorization: Bearer $2" "$1" >"$out" || return 1
    ! grep -q 'Non-2xx' "$out" || { echo "bench: wrk was refused: $(cat "$out")" >&2; return 1; }
    sed -n 's/^Requests\/sec: *//p' "$out"
}

seconds=$(((${BENCH_SECONDS%.*} + 2) / 3)) # wrk knows whole ones only
out=$(mktemp)
trap 'rm -f "$out"' EXIT

"$measure" check
"$measure" moments
command -v wrk >/dev/null || { echo "    no second opinion: wrk is not installed"; exit 0; }
while read -r name url token; do
    runs=()
    for ((i = 0; i < ${RUNS:?}; i++)); do runs+=("$(by_wrk "$url" "$token")"); done
    bench/tell.sh "generator.check.wrk.$name" answers/s "${runs[@]}"
done < <("$measure" targets)
