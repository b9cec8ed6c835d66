#!/usr/bin/env bash
# wayctl.sh COMMAND... - the operator's tool, with the addresses of the stack NAME (main):
# on this machine or, when the stack is in containers, in one of its own.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck disable=SC2034 # choose.sh looks there
STACKS=$ROOT/build/stacks
. "$ROOT/infra/native/layout.sh"
. "$ROOT/infra/choose.sh"
program=$ROOT/build/$MODE/wayctl

way=$(way_to_run) || exit 2
[ "$way" = native ] || exec "$ROOT/infra/compose/stack.sh" ctl "$@"
[ -x "$program" ] || { echo "wayctl.sh: $program is missing: make" >&2; exit 2; }
environment=$("$ROOT/infra/stack.sh" env) || exit 2
while IFS= read -r line; do
    export "${line?}"
done <<<"$environment"
exec "$program" "$@"
