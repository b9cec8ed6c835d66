# shellcheck shell=bash
# ready.sh - asks components whether they are ready, and waits with a line for each.

READY_TIMEOUT_S=${READY_TIMEOUT_S:-60}
PATIENCE=3 # deaths in a row after which waiting is pointless

is_ready() { # instance
    local port
    port=$(port_of "$1")
    case $1 in
    postgres) pg_isready -q -h "$STATE/run" -p "$port" ;;
    epmd) epmd -port "$port" -names >/dev/null 2>&1 ;;
    rabbitmq) accepts "$port" ;;
    redis) [ "$(redis_cli "$port" ping 2>/dev/null)" = PONG ] ;;
    gateway) answers "http://127.0.0.1:$port/healthz" ;;
    *) answers "http://127.0.0.1:$port/readyz" ;;
    esac
}

answers() { # url
    curl -fs -o /dev/null --max-time 2 "$1"
}

# Enough for RabbitMQ: it listens only when users and permissions are loaded. (And it
# does not log connections that say nothing; rabbitmqctl would start an Erlang VM.)
accepts() { # port
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

redis_cli() { # port, command...
    REDISCLI_AUTH=$(<"$STATE/secrets/redis-admin") redis-cli --user admin -h 127.0.0.1 -p "$@"
}

# --- waiting --------------------------------------------------------------------

seconds_since() { # microseconds of the clock, as in ${EPOCHREALTIME/./}
    local tenths=$(((${EPOCHREALTIME/[.,]/} - $1 + 50000) / 100000))
    echo "$((tenths / 10)).$((tenths % 10))"
}

progress_line() { # what, state, detail, seconds
    [ ! -t 1 ] || printf '\r\033[K'
    printf '  %-16s %-8s %-8s %6s s\n' "$@"
}

waiting_line() { # seconds, instances...
    [ ! -t 1 ] || printf '\r\033[K  waiting for %s ... %s s' "${*:2}" "$1"
}

# A line for each that was started, or that turns out not to be ready.
wait_ready() { # instance...
    local pending=("$@") still instance began=${EPOCHREALTIME/[.,]/} deadline=$((SECONDS + READY_TIMEOUT_S))
    local quiet=" $* "
    for instance in "${TOUCHED[@]}"; do quiet=${quiet/ $instance / }; done
    while :; do
        still=()
        for instance in "${pending[@]}"; do
            if ! is_ready "$instance"; then
                check_alive "$instance"
                still+=("$instance")
            elif [[ $quiet != *" $instance "* ]]; then
                progress_line "$instance" ready ":$(port_of "$instance")" "$(seconds_since "$began")"
            fi
        done
        [ ${#still[@]} -gt 0 ] || return 0
        quiet="" pending=("${still[@]}")
        [ $SECONDS -lt $deadline ] || give_up "${pending[0]}" "is not ready after $READY_TIMEOUT_S s"
        waiting_line "$(seconds_since "$began")" "${pending[@]}"
        sleep 0.1
    done
}

check_alive() { # instance
    local deaths
    deaths=$(restarts_of "$1")
    [ "$deaths" -lt "$PATIENCE" ] || give_up "$1" "died $deaths times while starting"
}

give_up() { # instance, what happened
    [ ! -t 1 ] || printf '\r\033[K'
    local log=$STATE/log/$1/current
    {
        echo "waybill: $1 $2. Its log: $log"
        tail -n 12 "$log" 2>/dev/null | sed 's/^/    /'
    } >&2
    exit 1
}
