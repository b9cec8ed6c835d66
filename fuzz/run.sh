#!/usr/bin/env bash
# Runs fuzz targets of build/fuzz one after another: run.sh TARGET...
# FUZZ_SECONDS says for how long each. What it learns of inputs stays in build/fuzz/corpus,
# so that the next run begins there; findings go to build/fuzz/findings.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
seconds=${FUZZ_SECONDS:-20} failures=0
# Inputs are small and arenas poison what they release: a long memory only costs time.
export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=16}

# stat LOG NAME: of libFuzzer's final statistics
stat() {
    awk -v name="stat::$2:" '$1 == name { print $2 }' "$1"
}

for target in "$@"; do
    learned=build/fuzz/corpus/$target
    findings=build/fuzz/findings/$target
    log=build/fuzz/$target.log
    mkdir -p "$learned" "$findings"
    folders=("$learned" "fuzz/corpus/$target")
    [ ! -d "fuzz/regression/$target" ] || folders+=("fuzz/regression/$target")
    "build/fuzz/fuzz/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$findings/" \
        "${folders[@]}" >"$log" 2>&1
    status=$?
    if ((status == 0)); then
        printf '  ok    %-24s %10s executions, %s edges\n' "$target" \
            "$(stat "$log" number_of_executed_units)" \
            "$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d ' ' -f 2)"
    else
        printf '  FOUND %-24s %s, %s\n' "$target" "$log" "$findings"
        grep -E 'does not hold|SUMMARY|runtime error' "$log"
        failures=$((failures + 1))
    fi
done
((failures == 0))
