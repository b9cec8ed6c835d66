#!/usr/bin/env bash
# run.sh - make bench: a stack of its own from nothing, and every part of the bench beside it.
#
# ONLY="limits sagas" runs these parts alone; all are in bench/parts.sh. BENCH_SECONDS=10 is
# how long a run counts, RUNS=3 how many there are of each. Figures are appended to BENCH_OUT.
set -euo pipefail
cd "$(dirname "$0")/.."

export NAME=${NAME:-bench} MODE=release NO_BUILD=1

# The gateway counts requests by address, and all of ours come from one.
export GATEWAY_RATE=1000000r/s GATEWAY_BURST=1000000 GATEWAY_LOGIN_RATE=100r/s GATEWAY_LOGIN_BURST=1000
export GATEWAY_CONNECTIONS=100000
# An order that waits in the backlog of an overload is not to be cancelled for it.
export ORDER_SAGA_DEADLINE_S=${ORDER_SAGA_DEADLINE_S:-300}

exec tools/with-stack.sh bench/parts.sh
