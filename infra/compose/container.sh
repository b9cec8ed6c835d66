# shellcheck shell=bash
# container.sh - the native stack's tables and functions as they hold inside a container;
# sourced by the scripts here. Folders are the same below /waybill, ports count from
# 8000, servers listen where everyone expects them, and everything listens to the others.
# shellcheck disable=SC2034 # settings for those functions
STATE=/waybill
. "$STATE/infra/native/layout.sh"
. "$STATE/infra/native/prepare.sh"

BASE=8000
LISTEN_ON=0.0.0.0

port_of() { # component
    case $1 in
    postgres) echo 5432 ;;
    rabbitmq) echo 5672 ;;
    redis) echo 6379 ;;
    *) echo $((BASE + OFFSET[$1])) ;;
    esac
}

# Each component is a user of its own, with a group of the same number: so that a secret
# in the shared volume can be read by whom it concerns and nobody else. The compose file
# has the same numbers.
id_of() { # component
    echo $((10000 + OFFSET[$1]))
}
