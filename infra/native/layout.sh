# shellcheck shell=bash
# layout.sh - the tables of the native stack: its components, their ports, its name.
#
# Sourced by everything here. Knows names and numbers, does nothing.
# shellcheck disable=SC2034 # the tables are used by those who source this

# Component, port (counted from the stack's port base), kind; in the order of starting.
# "scaled" services may run several instances: order-1, order-2.
COMPONENTS='
postgres        32   server
epmd            74   server
rabbitmq        72   server
redis           79   server
provider        10   service
user             1   scaled
inventory        3   scaled
payment          5   scaled
order            2   scaled
notification     4   scaled
gateway         80   gateway
'
RABBITMQ_DIST_OFFSET=73 # where rabbitmqctl talks to the broker
LISTEN_ON=127.0.0.1
INSTANCE_STEP=100       # a second instance listens this much higher, a third twice as much

NAME=${NAME:-main}
MODE=${MODE:-release}

ORDERED=()  # components in the order of starting
SERVICES=() # those of them that are ours, and scaled
declare -A OFFSET KIND
while read -r component offset kind; do
    [ -n "$component" ] || continue
    ORDERED+=("$component") OFFSET[$component]=$offset KIND[$component]=$kind
    [ "$kind" != scaled ] || SERVICES+=("$component")
done <<<"$COMPONENTS"
unset component offset kind

fail() { # message...
    printf 'waybill: %s\n' "$*" >&2
    exit 1
}

check_name() {
    [[ $NAME =~ ^[a-z][a-z0-9-]{0,23}$ ]] ||
        fail "NAME=$NAME: a stack's name is 1 to 24 of a-z, 0-9 and -, a letter first"
}

# What the caller says, else what this stack used last, else by name: names other than
# main and test share twenty ranges below the kernel's ephemeral ports.
port_base() { # state folder
    if [ -n "${PORT_BASE:-}" ]; then
        echo "$PORT_BASE"
    elif [ -s "$1/etc/port_base" ]; then
        cat "$1/etc/port_base"
    else
        case $NAME in
        main) echo 8000 ;;
        test) echo 9000 ;;
        *) echo $((10000 + $(cksum <<<"$NAME" | cut -d' ' -f1) % 20 * 1000)) ;;
        esac
    fi
}

# An instance's component: order-2 -> order.
component_of() { # instance
    case $1 in *-[0-9]*) echo "${1%-*}" ;; *) echo "$1" ;; esac
}

kind_of() { # instance
    echo "${KIND[${1%-[0-9]*}]}"
}

port_of() { # instance
    local number=1
    case $1 in *-[0-9]*) number=${1##*-} ;; esac
    echo $((BASE + OFFSET[${1%-[0-9]*}] + INSTANCE_STEP * (number - 1)))
}

# SCALE_order=3, or SCALE=2 for all; in containers, too.
scale_of() { # service
    local scale=SCALE_$1
    echo "${!scale:-${SCALE:-1}}"
}

# order -> order-1 order-2 ... as many as its scale says; others keep their name.
instances_of() { # component
    local i scale
    if [ "${KIND[$1]}" != scaled ]; then
        echo "$1"
        return
    fi
    scale=$(scale_of "$1")
    for ((i = 1; i <= scale; i++)); do
        echo "$1-$i"
    done
}

all_instances() {
    local component
    for component in "${ORDERED[@]}"; do
        instances_of "$component"
    done
}
