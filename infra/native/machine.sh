# shellcheck shell=bash
# machine.sh - what depends on the machine: who owns a stack, where its state is,
# whether disk and ports are there. Sourced by infra/stack.sh, which sets ROOT (the
# checkout) and STACKS (its build/stacks); sets STATE, OWNER and BASE.
# shellcheck disable=SC2034,SC2154

NEEDED_MIB=1024
USER_FOR_ROOT=waybill
LONGEST_STATE=80 # bytes; PostgreSQL's socket below it must fit into 107

# --- the owner --------------------------------------------------------------------

# Run as the stack's owner.
as_owner() { # command...
    if [ "$(id -un)" = "$OWNER" ]; then
        "$@"
    else
        HOME=$STATE setpriv --reuid "$OWNER" --regid "$(id -g "$OWNER")" --init-groups -- "$@"
    fi
}

choose_owner() {
    OWNER=$(id -un)
    [ "$(id -u)" = 0 ] || return 0
    OWNER=$USER_FOR_ROOT
    id -u "$OWNER" >/dev/null 2>&1 && return
    echo "  Servers do not run as root: making the system user $OWNER"
    useradd --system --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin --comment "Waybill, the reference suite" "$OWNER"
}

# --- the state folder -------------------------------------------------------------

# Set STATE and OWNER of a stack that exists.
find_state() {
    STATE=$(readlink -e "$STACKS/$NAME") || return 1
    OWNER=$(stat -c %U "$STATE")
    [ "$(id -u)" = 0 ] || [ "$(id -un)" = "$OWNER" ] ||
        fail "stack $NAME belongs to $OWNER: be $OWNER or root"
    BASE=$(port_base "$STATE")
    [ -x "$STATE/infra/native/control.sh" ]
}

# Make it if need be: build/stacks/<name>, or a link there to a folder that the owner
# can reach and whose path is short enough for a socket.
place_state() {
    find_state || true
    if [ -z "$STATE" ]; then
        choose_owner
        rm -f "$STACKS/$NAME" # a link to nowhere
        mkdir -p "$STACKS"
        STATE=$STACKS/$NAME
        if ! make_state "$STATE" || [ ${#STATE} -gt $LONGEST_STATE ]; then
            rmdir "$STATE" 2>/dev/null || true
            place_elsewhere
        fi
    fi
    BASE=$(port_base "$STATE")
}

# True when the owner can work in it.
make_state() { # folder
    install -d -m 755 -o "$OWNER" -g "$(id -g "$OWNER")" "$1" && as_owner test -w "$1" -a -x "$1"
}

place_elsewhere() {
    local parent
    parent=/var/tmp/waybill-$(cksum <<<"$ROOT" | cut -d' ' -f1)
    # /var/tmp is everybody's: take only a folder that we made.
    mkdir -m 755 "$parent" 2>/dev/null || [ "$(stat -c %u "$parent")" = "$(id -u)" ] ||
        fail "$parent belongs to someone else"
    STATE=$parent/$NAME
    make_state "$STATE" || fail "$OWNER cannot work in $STATE"
    ln -s "$STATE" "$STACKS/$NAME"
    echo "  $OWNER cannot use $STACKS: this stack's state is in $STATE"
}

# --- disk and ports ---------------------------------------------------------------

check_disk() {
    local free
    free=$(df --output=avail -m "$STATE" | tail -1)
    [ "$free" -ge $NEEDED_MIB ] ||
        fail "only $((free)) MiB are free below $STATE; the stack needs $NEEDED_MIB"
}

# Ports of components that do not run yet must be free.
check_ports() {
    local instance port taken=() listening
    listening=" $(listening_ports | xargs) "
    for instance in $(all_instances); do
        runs "$instance" && continue
        for port in $(ports_of "$instance"); do
            [[ $listening != *" $port "* ]] || taken+=("$port")
        done
    done
    [ ${#taken[@]} -gt 0 ] || return 0
    fail "port ${taken[0]} is in use by $(holder_of "${taken[0]}")$(and_more "${taken[@]}")." \
        "Free it, or choose other ports: make up PORT_BASE=$((BASE == 12000 ? 14000 : 12000))"
}

ports_of() { # instance
    port_of "$1"
    [ "$1" != rabbitmq ] || echo $((BASE + RABBITMQ_DIST_OFFSET))
}

and_more() { # first, others...
    [ $# -lt 2 ] || echo ", and so are ${*:2}"
}

runs() { # instance
    grep -qs '^run' "$STATE/service/$1/supervise/stat" &&
        [ -d "/proc/$(cat "$STATE/service/$1/supervise/pid")" ]
}

# The kernel's table has them in hexadecimal; 0A is LISTEN.
listening_ports() {
    local hex
    for hex in $(awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u); do
        echo $((16#$hex))
    done
}

holder_of() { # port -> "nginx (pid 12)" if this user may know
    local inode fd pid
    inode=$(awk -v port="$(printf ':%04X$' "$1")" '$4 == "0A" && $2 ~ port { print $10; exit }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    fd=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null || true)
    pid=${fd#/proc/}
    pid=${pid%%/*}
    if [ -n "$pid" ]; then
        echo "$(cat "/proc/$pid/comm") (pid $pid)"
    else
        echo "another user's process"
    fi
}
