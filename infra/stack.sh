#!/usr/bin/env bash
# stack.sh VERB [argument...] - the whole system on this machine, in containers or without.
#
#   up                  install what is missing, build, start, wait, place a sample order
#   down                stop everything; data stays
#   status              a table: state, pid, port, uptime, memory, restarts
#   logs [component]    readable; follows on a terminal
#   demo                five ways an order can go
#   start|stop|restart [component...]
#   kill component [signal]; freeze|thaw component: all its processes
#   psql [service] | rabbitmqctl ... | redis-cli ...    into the servers
#   ask component path  what a service says at its own port: ask order /readyz
#   env                 KEY=value lines for tests
#   destroy             down, and remove this stack's data
#   clean               down and remove all stacks of this checkout, and what was built
#
# Settings come from the environment: NAME (main), MODE (release), PORT_BASE, SCALE_order=2
# (SCALE=2: of each service), ORDER_SAGA_DEADLINE_S=5 (any setting of any service), NO_SAMPLE=1,
# NO_BUILD=1, LOG_LEVEL.
# STACK=compose or native decides how it runs; else choose.sh does.
# infra/README.md says how it is laid out.
#
# In containers compose/stack.sh does all. Without, this file does what needs the checkout
# or root; the rest is native/control.sh, run as the stack's owner: whoever calls, or the
# system user "waybill" when that is root, because PostgreSQL refuses to run as root and
# the others should.
set -euo pipefail

infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ROOT=${infra%/*}
STACKS=$ROOT/build/stacks
. "$infra/native/layout.sh"
. "$infra/native/machine.sh"
. "$infra/choose.sh"

PROGRAMS="${SERVICES[*]} provider"

up() {
    local began=${EPOCHREALTIME/[.,]/} result=0
    echo "Stack $NAME"
    "$infra/native/packages.sh" run
    build
    place_state
    check_disk
    check_ports
    deliver
    as_owner "$STATE/infra/native/control.sh" up || result=$?
    case $result in
    0) ;;
    10) [ -n "${NO_SAMPLE:-}" ] || sample_order ;;
    *) exit "$result" ;;
    esac
    what_next "$began"
}

build() {
    [ -z "${NO_BUILD:-}" ] || return 0
    # Not a part of the make that may have called us: it must not share its job slots.
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
        make -s --no-print-directory -C "$ROOT" -j"$(nproc)" MODE="$MODE" all
}

# Give the owner its copy of what it runs. A file at a time and only if it changed, so
# that a running program keeps its own; through a pipe, so that the owner need not be
# able to read the checkout.
deliver() {
    local program file
    for program in $PROGRAMS; do
        [ -x "$ROOT/build/$MODE/$program" ] || fail "build/$MODE/$program is missing: build it first"
        deliver_file "$ROOT/build/$MODE/$program" "$STATE/bin/$program"
    done
    while IFS= read -r file; do
        deliver_file "$infra/$file" "$STATE/infra/$file"
    done < <(cd "$infra" && find native gateway postgres rabbitmq redis -type f)
}

deliver_file() { # from, to
    local mode=644
    ! cmp -s "$1" "$2" || return 0
    [ ! -x "$1" ] || mode=755
    # shellcheck disable=SC2016 # expanded by the inner shell
    as_owner sh -c 'mkdir -p "${1%/*}" && cat >"$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1"' \
        _ "$2" "$mode" <"$1"
}

sample_order() {
    "$infra/demo.sh" sample
}

what_next() { # when it began
    local url make=make
    url=http://127.0.0.1:$(port_of gateway)
    [ "$NAME" = main ] || make="make NAME=$NAME"
    cat <<TEXT

The API is at $url ($url/healthz tells how it is).
    $make demo            five ways an order can go
    $make status          what runs, and what it uses
    $make logs s=order    what a service says; without s, all of them
    $make down            stop; the data stays
The administrator is ${ADMIN_EMAIL:-admin@waybill.example}, the password is in $STATE/secrets/admin-password
TEXT
}

inside() { # verb...
    find_state || fail "there is no stack $NAME here. Start it with: make up"
    as_owner "$STATE/infra/native/control.sh" "$@"
}

destroy() {
    if find_state; then
        inside down >/dev/null
    elif [ -z "$STATE" ]; then
        return 0 # there is none, not even half of one
    fi
    rm -rf "$STATE" "${STACKS:?}/$NAME"
    rmdir "${STATE%/*}" 2>/dev/null || true # /var/tmp/waybill-...; build/stacks if it was the last
    echo "Stack $NAME is gone, with its data."
}

clean() {
    local stack
    ! engine_answers || "$infra/compose/stack.sh" clean
    for stack in "$STACKS"/*; do
        if [ -e "$stack" ]; then NAME=${stack##*/} destroy; fi
    done
    rm -rf "${ROOT:?}/build"
}

check_name
verb=${1:-help}
[ $# -eq 0 ] || shift
way=$(way_to_run)
case $way-$verb in
*-help | *-clean) ;;
compose-*) exec "$infra/compose/stack.sh" "$verb" "$@" ;;
esac
case $verb in
up | destroy | clean) "$verb" ;;
down) if find_state; then inside down; else echo "There is no stack $NAME here."; fi ;;
demo) find_state || fail "there is no stack $NAME here. Start it with: make up"; exec "$infra/demo.sh" "$@" ;;
help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0" ;;
*) inside "$verb" "$@" ;;
esac
