#!/usr/bin/env bash
# containers.sh - builds the images and runs the end-to-end tests against them; .ci/run calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

said=$(docker compose --profile '*' config -q 2>&1) || said+=' (it failed)'
if [ -n "$said" ]; then
    echo "docker compose config says: $said"
    exit 1
fi

# What README promises: the core stack fits into 1 GB.
limits=$(docker compose config | sed -nE 's/^ *mem_limit: "?([0-9]+)"?$/\1/p')
sum=$((${limits//$'\n'/ + }))
echo "the limits of memory of all containers together: $((sum / 1000000)) MB"
[ "$sum" -lt 1000000000 ] || { echo "that is more than 1 GB"; exit 1; }

make test STACK=compose ONLY="e2e chaos/test_chaos"
make test STACK=compose ONLY=e2e SCALE=2
