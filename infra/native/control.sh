#!/usr/bin/env bash
# control.sh VERB - the native stack from inside, run as its owner; infra/stack.sh calls it.
#
# It runs from the stack's own copy of infra/ (build/stacks/<name>/infra): a stack goes
# on with the scripts and binaries it was started with, whatever the checkout does.
set -euo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
STATE=${here%/infra/native}
cd "$STATE" # the caller's folder may be closed to us
. "$here/layout.sh"
. "$here/prepare.sh"
. "$here/supervise.sh"
. "$here/ready.sh"
. "$here/inspect.sh"

ADMIN_EMAIL=${ADMIN_EMAIL:-admin@waybill.example}
BASE=$(port_base "$STATE")

# Exit status 10 says that something was started, 0 that all was well already.
up() {
    local began=${EPOCHREALTIME/[.,]/} instances instance servers=() others=()
    mapfile -t instances < <(all_instances)
    make_folders
    alone
    make_secrets
    configure
    make_database
    for instance in "${instances[@]}"; do
        if [ "$(kind_of "$instance")" = server ]; then servers+=("$instance"); else others+=("$instance"); fi
    done
    make_service_directories "${instances[@]}"
    start_supervisor

    apply "${servers[@]}"
    wait_ready "${servers[@]}"
    make_roles
    apply "${others[@]}"
    wait_ready "${others[@]}"
    [ ${#TOUCHED[@]} -eq 0 ] || return 10
    echo "  all ${#instances[@]} components are ready, $(seconds_since "$began") s"
}

# One up or down at a time.
alone() {
    exec 9>"$STATE/run/lock"
    flock -w 120 9 || fail "another command on stack $NAME has not finished for two minutes"
}

make_service_directories() { # instance...
    local instance new=()
    remove_surplus "$@"
    for instance in "$@"; do
        [ -d "$STATE/service/$instance" ] || new+=("$instance")
        make_service_directory "$instance"
    done
    if supervisor_pid >/dev/null; then hold_back "${new[@]}"; else hold_back "$@"; fi
}

# Those that take work first, so that they drain into servers that still run.
down() {
    local kinds
    alone
    if ! supervisor_pid >/dev/null && ! any_runsv; then
        echo "Stack $NAME is down."
        return
    fi
    for kinds in 'service scaled' gateway server; do
        # shellcheck disable=SC2046,SC2086 # words
        stop $(present_of_kind $kinds | grep -vx epmd)
    done
    stop epmd
    stop_supervisor
    still_listening || echo "Stack $NAME is down. Its data stays in $STATE."
}

any_runsv() {
    local instance
    for instance in $(present_instances); do
        ! has_runsv "$instance" || return 0
    done
    return 1
}

# Nothing may be left behind; if something is, say what.
still_listening() {
    local instance found=1
    for instance in $(present_instances); do
        if accepts "$(port_of "$instance")"; then
            echo "waybill: something still listens on port $(port_of "$instance") ($instance)" >&2
            found=0
        fi
    done
    return $found
}

# order means each of order-1, order-2...
matching() { # component or instance
    local instance found=''
    for instance in $(present_instances); do
        if [ "$instance" = "$1" ] || [ "$(component_of "$instance")" = "$1" ]; then
            echo "$instance"
            found=yes
        fi
    done
    [ -n "$found" ] || fail "no such component: $1. There are: $(present_instances | xargs)"
}

# For experiments and fault tests: only ever the stack's own process.
kill_component() { # component [signal]
    local instance pid
    for instance in $(matching "$1"); do
        pid=$(pid_of "$instance") || fail "$instance does not run"
        kill -s "${2:-TERM}" "$pid"
    done
}

# A component hangs, with all its processes, until it is thawed: what was frozen is on
# file, for whoever leads it may have been killed meanwhile.
freeze() { # component
    local instance pid pids
    for instance in $(matching "$1"); do
        pid=$(pid_of "$instance") || fail "$instance does not run"
        kill -s STOP "$pid" # no further children
        pids="$pid $(descendants "$pid" | xargs)"
        echo "$pids" >>"$STATE/run/$instance.frozen"
        # shellcheck disable=SC2086 # words
        kill -s STOP $pids 2>/dev/null || true # some may have ended
    done
}

thaw() { # component
    local instance
    for instance in $(matching "$1"); do
        # shellcheck disable=SC2046 # words
        kill -s CONT $(cat "$STATE/run/$instance.frozen") 2>/dev/null || true
        rm -f "$STATE/run/$instance.frozen"
    done
}

# Without arguments: everything but the servers that hold data.
restart() { # [component...]
    local component instances=()
    if [ $# -eq 0 ]; then
        mapfile -t instances < <(present_of_kind service scaled gateway)
    fi
    for component in "$@"; do
        # shellcheck disable=SC2207 # one word an instance
        instances+=($(matching "$component"))
    done
    stop "${instances[@]}"
    start "${instances[@]}"
    TOUCHED=("${instances[@]}")
    wait_ready "${instances[@]}"
}

start_components() { # component...
    local component
    for component in "$@"; do
        # shellcheck disable=SC2046 # words
        start $(matching "$component")
    done
}

stop_components() { # component...
    local component
    for component in "$@"; do
        # shellcheck disable=SC2046 # words
        hold_back $(matching "$component")
        # shellcheck disable=SC2046 # words
        stop $(matching "$component")
    done
}

# psql order: the service's database, as superuser.
run_psql() { # [service or database [argument...]]
    local database=${1:-postgres}
    [ $# -eq 0 ] || shift
    [ "${KIND[$database]:-}" != scaled ] || database=waybill_$database
    exec psql -X "$(superuser_url "$database")" "$@"
}

# A service's own port: ask order /metrics.
ask() { # component or instance, path
    local instance
    for instance in $(matching "$1"); do
        curl -s --max-time 5 "http://127.0.0.1:$(port_of "$instance")$2"
    done
}

verb=${1:?verb}
shift
case $verb in
up) up ;;
down) down ;;
status) status ;;
logs) logs "$@" ;;
env) environment ;;
kill) kill_component "$@" ;;
freeze | thaw) "$verb" "$@" ;;
start) start_components "$@" ;;
stop) stop_components "$@" ;;
restart) restart "$@" ;;
psql) run_psql "$@" ;;
ask) ask "$@" ;;
rabbitmqctl | rabbitmq-queues | rabbitmq-diagnostics) exec "$here/run/rabbitmq" "$verb" "$@" ;;
redis-cli) redis_cli "$(port_of redis)" --no-auth-warning "$@" ;;
*) fail "no such verb: $verb" ;;
esac
