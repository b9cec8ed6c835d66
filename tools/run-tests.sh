#!/usr/bin/env bash
# Runs test programs one after the other and prints one line for each and one summary.
#   run-tests.sh LOG_FOLDER PROGRAM...
# A test that was skipped is counted by itself; with NO_SKIPS=1 it is a failure.
# A program's whole output is in LOG_FOLDER; it is shown when the program fails.
set -uo pipefail

logs=$1
shift
mkdir -p "$logs"
if (($# == 0)); then
    echo "no test program to run" >&2
    exit 1
fi
passed=0 failed=0 skipped=0 failures=()
began=$SECONDS

# count LOG WORD: the number in cmocka's "[  PASSED  ] 8 test(s)." lines, added up
count() {
    awk -v word="$2" '$0 ~ "^\\[ +" word " +\\] [0-9]+ test\\(s\\)" {
        sub(/^\[[^]]*\] /, ""); n += $1 } END { print n + 0 }' "$1"
}

for program in "$@"; do
    name=${program#build/*/}
    name=${name/tests\//}
    log=$logs/${name//\//-}.log
    start=$(date +%s%N)
    timeout --kill-after=10 "${TEST_TIMEOUT:-900}" "$program" >"$log" 2>&1
    status=$?
    ms=$((($(date +%s%N) - start) / 1000000))
    good=$(count "$log" PASSED)
    bad=$(count "$log" FAILED)
    left=$(count "$log" SKIPPED)
    # A crash, a time-out or a sanitizer's report fails the program, whatever it counted.
    if ((status != 0 && bad == 0)); then bad=1; fi
    # So does a program that ran no test.
    if ((good + bad == 0)); then bad=1; fi
    # And one that was to run all of them.
    if ((left > 0 && bad == 0)) && [ -n "${NO_SKIPS:-}" ]; then bad=$left; fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
    if ((bad == 0)); then
        printf '  ok    %-44s %3d tests %6d ms%s\n' "$name" "$good" "$ms" \
            "$( ((left == 0)) || echo ", $left skipped")"
    else
        printf '  FAIL  %-44s exit status %d, %s\n' "$name" "$status" "$log"
        failures+=("$log")
    fi
done

for log in "${failures[@]}"; do
    printf '\n--- %s\n' "$log"
    # A test that ended with the whole program has no line but this one.
    tail -n 1 "$log" | sed -n 's/^\[ RUN *\]/the program ended in:/p'
    grep -vE '^\[ (RUN|      OK) ' "$log" | tail -n 60
done

printf '\n%d passed, %d failed%s\n' "$passed" "$failed" "$( ((skipped == 0)) || echo ", $skipped skipped")"
printf '(%d programs in %d s)\n' $# $((SECONDS - began)) >&2
((failed == 0))
