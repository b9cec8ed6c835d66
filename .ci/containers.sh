#!/usr/bin/env bash
# containers.sh - builds the images and runs the end-to-end tests against them; .ci/run calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

said=$(docker compose --profile '*' config -q 2>&1)
if [ -n "$said" ]; then
    echo "docker compose config has warnings: $said"
    exit 1
fi
make test STACK=compose ONLY=e2e
make test STACK=compose ONLY=e2e SCALE=2
