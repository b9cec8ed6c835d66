#!/usr/bin/env bash
# tell.sh NAME UNIT RUN... - a figure of which more is better, where figures.h tells its own.
set -euo pipefail

name=$1${BENCH_SUFFIX:-} unit=$2
shift 2
printf '  %-36s %12s %s\n' "$name" "$(printf '%.0f\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p")" "$unit"
[ -z "${BENCH_OUT:-}" ] ||
    printf '{"name":"%s","unit":"%s","better":"more","runs":[%s]}\n' "$name" "$unit" \
        "$(IFS=,; echo "$*")" >>"$BENCH_OUT"
