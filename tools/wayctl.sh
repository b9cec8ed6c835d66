#!/usr/bin/env bash
# wayctl.sh COMMAND... - the operator's tool, with the addresses of the stack NAME (main).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
program=$root/build/${MODE:-release}/wayctl

[ -x "$program" ] || { echo "wayctl.sh: $program is missing: make" >&2; exit 2; }
environment=$("$root/infra/stack.sh" env) || exit 2
while IFS= read -r line; do
    export "${line?}"
done <<<"$environment"
exec "$program" "$@"
