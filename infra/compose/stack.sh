#!/usr/bin/env bash
# stack.sh VERB [argument...] - the whole system in containers; infra/stack.sh calls it,
# and its help tells the verbs: they are the same, and so are the settings.
#
# Each stack is a project of Compose, waybill-$NAME. What is kept of it outside the
# engine is in build/compose/$NAME: the settings of the last "up", and for tests copies
# of the secrets.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ROOT=${here%/infra/compose}
. "$ROOT/infra/native/layout.sh"
READY_TIMEOUT_S=${READY_TIMEOUT_S:-120} # all of it, and not one phase of several
. "$ROOT/infra/native/ready.sh"
check_name
PROJECT=waybill-$NAME
STATE=$ROOT/build/compose/$NAME
BASE=$(mkdir -p "$STATE/etc" && port_base "$STATE")

trap 'rmdir "$STATE/etc" "$STATE" "${STATE%/*}" 2>/dev/null || true' EXIT # if there was none

compose() {
    local files=(-f "$ROOT/docker-compose.yml") file
    for file in "$ROOT"/{docker-compose,compose}.override.y{a,}ml "$STATE"/{settings,wires,disk}.yml; do
        [ ! -f "$file" ] || files+=(-f "$file")
    done
    [ ! -e "$STATE/inner-ports" ] || files+=(-f "$here/ports.yml")
    docker compose -p "$PROJECT" --project-directory "$ROOT" "${files[@]}" "$@"
}

# --- up and down ----------------------------------------------------------------

up() {
    local began=$SECONDS before scales
    echo "Stack $NAME, in containers"
    remember
    before=$(running | sort)
    build
    mapfile -t scales < <(scale_arguments)
    # Profiles that others are in stay as they are.
    wait_healthy up "$(healthy)" up -d --wait --wait-timeout "$READY_TIMEOUT_S" "${scales[@]}"
    echo "  all $(running | wc -l) containers are healthy, $((SECONDS - began)) s"
    [ -n "${NO_SAMPLE:-}" ] || [ "$before" = "$(running | sort)" ] || demo sample
    what_next
}

# A command of Compose that waits until all is well, with a line for each container as it
# becomes ready.
wait_healthy() { # name of its log, lines of healthy() that need no saying, command...
    local log=$STATE/$1.log said=$2 began=${EPOCHREALTIME/[.,]/} pid line ended result=0
    compose "${@:3}" >"$log" 2>&1 &
    pid=$!
    while :; do
        # The last look comes after the end.
        if kill -0 $pid 2>/dev/null; then ended=''; else ended=yes; fi
        while IFS= read -r line; do
            [[ -n $line && $'\n'$said$'\n' != *$'\n'"$line"$'\n'* ]] || continue
            said+=$'\n'$line
            progress_line "${line%% *}" ready '' "$(seconds_since "$began")"
        done < <(healthy)
        [ -z "$ended" ] || break
        sleep 0.3
    done
    wait $pid || result=$?
    [ $result != 0 ] || return 0
    show_log "$log"
    compose logs --tail 12 "$(first_unhealthy)" >&2
    exit 1
}

healthy() { # -> "order-1 <id>" lines
    docker ps --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False \
        --filter health=healthy --format '{{.Names}} {{.ID}}' | sed "s/^$PROJECT-//"
}

# What Compose says is for a log; when it fails, here is the log's end.
quietly() { # name of its log, command...
    local log=$STATE/$1.log result=0
    "${@:2}" 2>"$log" || result=$?
    if [ $result = 0 ]; then rm -f "$log"; else show_log "$log"; fi
    return $result
}

show_log() { # file
    echo "waybill: that failed. Its log: $1" >&2
    tail -n 12 "$1" | sed 's/^/    /' >&2
}

# "make test" says NO_BUILD=1 when it has compiled the programs of this machine; the
# images are brought up to date all the same, unless it is NO_BUILD=images.
build() {
    [ "${NO_BUILD:-}" != images ] || return 0
    echo "  building (the first time this takes minutes)"
    compose build "${SERVICES[@]}" provider init wayctl >"$STATE/build.log" 2>&1 || {
        show_log "$STATE/build.log"
        exit 1
    }
}

# What Compose has to hear each time, and what the next command has to know.
remember() {
    echo "$BASE" >"$STATE/etc/port_base"
    if [ -n "${INNER_PORTS:-}" ]; then : >"$STATE/inner-ports"; else rm -f "$STATE/inner-ports"; fi
    write_settings
}

scale_arguments() {
    local service
    for service in "${SERVICES[@]}"; do
        printf -- '--scale\n%s=%s\n' "$service" "$(scale_of "$service")"
    done
}

# ORDER_HTTP_WORKERS=8 in the caller's environment: any setting of any service, if its
# source knows it. Others are somebody else's (USER_ZDOTDIR, say); where things are is ours
# to say, and ORDER_DATABASE_URL what "env" tells tests.
write_settings() {
    local service name value settings
    rm -f "$STATE/settings.yml"
    for service in "${SERVICES[@]}" provider; do
        settings=''
        for name in $(compgen -e "${service^^}_" || true); do
            value=${!name}
            name=${name#"${service^^}_"}
            [[ " $(settings_of "$service") " != *" $name "* ]] ||
                settings+="      $name: '${value//\'/\'\'}'"$'\n'
        done
        [ -z "$settings" ] || printf '  %s:\n    environment:\n%s' "$service" "${settings//\$/\$\$}"
    done >"$STATE/settings.new"
    [ ! -s "$STATE/settings.new" ] || { echo 'services:' && cat "$STATE/settings.new"; } >"$STATE/settings.yml"
    rm "$STATE/settings.new"
}

settings_of() { # service -> names
    { cat "$ROOT/services/$1"/*.c "$ROOT/tools/$1"/*.c "$ROOT/libs/common/service_config.c" 2>/dev/null || true; } |
        sed -nE 's/^ *\{"([A-Z][A-Z0-9_]+)", *CONFIG_.*/\1/p' | grep -vxE 'PORT|LISTEN_ADDRESS|DATABASE_URL' | xargs
}

down() {
    quietly down compose --profile '*' down --remove-orphans
    echo "Stack $NAME is down. Its data stays in the volumes ${PROJECT}_*."
}

destroy() {
    unmount_data
    quietly down compose --profile '*' down --volumes --remove-orphans
    rm -rf "$STATE"
    echo "Stack $NAME is gone, with its data."
}

# A run of chaos that was cut short leaves its file system over PostgreSQL's volume, where
# the engine cannot remove it.
unmount_data() {
    local data seen=${OUTER_MOUNTS:-/proc/self}
    data=$(data_of_postgres 2>/dev/null) || return 0
    ! grep -qs " $data " "$seen/mounts" || nsenter --mount="$seen/ns/mnt" umount --lazy "$data"
}

data_of_postgres() { # -> its folder, as the engine sees it
    docker volume inspect -f '{{.Mountpoint}}' "${PROJECT}_postgres-data"
}

clean() {
    local stack
    for stack in "$ROOT"/build/compose/*/; do
        [ ! -d "$stack" ] || NAME=$(basename "$stack") "$here/stack.sh" destroy
    done
    docker image rm "${SERVICES[@]/#/waybill/}" waybill/{provider,tools,wayctl} >/dev/null 2>&1 || true
}

what_next() {
    local url make=make
    url=http://127.0.0.1:$(gateway_port)
    [ "$NAME" = main ] || make="make NAME=$NAME"
    cat <<TEXT

The API is at $url ($url/healthz tells how it is).
    $make demo            five ways an order can go
    $make status          what runs, and what it uses
    $make logs s=order    what a service says; without s, all of them
    $make down            stop; the data stays
The administrator is ${ADMIN_EMAIL:-admin@waybill.example}, the password: docker compose -p $PROJECT run --rm secret
TEXT
}

demo() { # [sample]
    quietly demo compose run --rm --no-deps -T demo /infra/demo.sh "$@"
}

# --- containers -----------------------------------------------------------------

running() { # -> id of each container that runs
    docker ps -q --filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False
}

# order is each of order-1, order-2...; order-2 is that one.
containers() { # [component or instance] -> "order-1 <container's name>" lines
    local filters=(--filter "label=com.docker.compose.project=$PROJECT" --filter label=com.docker.compose.oneoff=False)
    case ${1:-} in
    '') ;;
    *-[0-9]*)
        filters+=(--filter "label=com.docker.compose.service=${1%-*}"
            --filter "label=com.docker.compose.container-number=${1##*-}")
        ;;
    *) filters+=(--filter "label=com.docker.compose.service=$1") ;;
    esac
    docker ps -a "${filters[@]}" --format '{{.Names}}' | sed "s/^$PROJECT-\(.*\)/\1 &/" | grep -v '^init-1 ' | sort
}

each() { # component or instance -> containers' names
    local found
    found=$(containers "$1" | cut -d' ' -f2)
    [ -n "$found" ] || fail "no such component: $1. There are: $(containers | cut -d' ' -f1 | xargs)"
    echo "$found"
}

first_unhealthy() { # -> its component
    local name state
    while read -r name _; do
        state=$(docker inspect -f '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$PROJECT-$name")
        [ "$state" = 'running healthy' ] || { component_of "$name" && return; }
    done < <(containers)
    echo gateway
}

stop_components() { # component...
    local component
    for component in "$@"; do
        # shellcheck disable=SC2046 # words
        docker stop $(each "$component") >/dev/null
    done
}

start_components() { # component...
    local component
    for component in "$@"; do
        # shellcheck disable=SC2046 # words
        docker start $(each "$component") >/dev/null
    done
}

restart() { # [component...]
    [ $# -gt 0 ] || set -- provider "${SERVICES[@]}" gateway
    set -- "${@%-[0-9]*}"
    quietly restart compose restart "$@"
    wait_healthy restart "$(healthy)" up -d --wait --no-recreate --no-deps "$@"
}

# A signal as the kernel or an accident would send it. "docker kill" means that the
# operator wants the container down, and the engine then does not start it again; so one
# that sees the machine's processes sends it, and the restart policy does the rest.
kill_component() { # component [signal]
    local container pids=''
    for container in $(each "$1"); do
        pids+=" $(pid_of "$container")" || fail "$1 does not run"
    done
    signal "${2:-TERM}" "$pids"
}

# A component hangs, with all its processes, until it is thawed.
freeze() { # component, signal
    local container pids=''
    for container in $(each "$1"); do
        pids+=" $(docker top "$container" -eo pid | tail -n +2 | xargs)"
    done
    signal "$2" "$pids"
}

signal() { # signal, pids of this machine
    docker run --rm --network none --pid host --user 0:0 --cap-drop ALL --cap-add KILL --read-only \
        waybill/tools -c "kill -s $1 $2"
}

# What has just died is about to be started again: wait for that.
pid_of() { # container -> its first process
    local pid i
    for ((i = 0; i < 300; i++)); do
        pid=$(docker inspect -f '{{.State.Pid}} {{.State.Restarting}}' "$1")
        case $pid in
        '0 false') return 1 ;;
        '0 true') sleep 0.1 ;;
        *) echo "${pid% *}" && return ;;
        esac
    done
    return 1
}

# --- looking inside -------------------------------------------------------------

status() {
    local names all_ready=true
    names=$(containers | cut -d' ' -f2)
    if [ -z "$names" ]; then
        echo "Stack $NAME is down. Start it with: make up"
        return 1
    fi
    printf '%-16s %-10s %-26s %20s %9s\n' COMPONENT STATE STARTED MEMORY RESTARTS
    # shellcheck disable=SC2086 # words
    docker inspect $names -f '{{.Name}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}} {{.State.StartedAt}} {{.RestartCount}}' |
        join -a 1 -e - -o 1.1,1.2,1.3,1.4,1.5,2.2,2.3,2.4 - <(docker stats --no-stream --format '/{{.Name}} {{.MemUsage}}' $names | sort) |
        status_lines || all_ready=false
    $all_ready
}

status_lines() {
    local name state health started restarts used limit result=0
    while read -r name state health started restarts used _ limit; do
        [ "$state $health" != 'running healthy' ] || state=ready
        [ "$state $health" != 'running unhealthy' ] || state='not ready'
        [ "$state $health" != 'running starting' ] || state=starting
        printf '%-16s %-10s %-26s %20s %9s\n' "${name#/"$PROJECT"-}" "$state" "${started%.*}Z" "$used of $limit" "$restarts"
        [ "$state" = ready ] || result=1
    done
    return $result
}

# Readable when jq is here: Compose's "order-1  | line" become tail's headings for logs.jq.
logs() { # [component]
    local follow=()
    [ ! -t 1 ] || follow=(-f)
    if ! command -v jq >/dev/null; then
        compose logs --no-color --tail "${LINES_BACK:-30}" "${follow[@]}" ${1:+"${1%-[0-9]*}"}
        return
    fi
    compose logs --no-color --tail "${LINES_BACK:-30}" "${follow[@]}" ${1:+"${1%-[0-9]*}"} |
        awk '{ sub(/^\033\[[0-9]*K/, ""); at = index($0, "|"); who = substr($0, 1, at - 1); gsub(/ /, "", who)
               if (who != last) { print "==> /" who "/current <=="; last = who }
               print substr($0, at + 2); fflush() }' |
        jq -nRr --unbuffered -f "$ROOT/infra/native/logs.jq"
}

interactive() { # container, command...: with a terminal when there is one
    local flags=(-i)
    [ ! -t 0 ] || flags+=(-t)
    docker exec "${flags[@]}" "$@"
}

run_psql() { # [service or database [argument...]]
    local database=${1:-postgres}
    [ $# -eq 0 ] || shift
    [ "${KIND[$database]:-}" != scaled ] || database=waybill_$database
    interactive "$PROJECT-postgres-1" psql -X -h /var/run/postgresql -U postgres "$database" "$@"
}

redis_cli() {
    # shellcheck disable=SC2016 # expanded inside
    interactive -u 0 "$PROJECT-redis-1" sh -c 'REDISCLI_AUTH=$(cat /waybill/secrets/redis-admin) exec redis-cli --user admin "$@"' redis-cli "$@"
}

# A service's own port, from a container on its network.
ask() { # component or instance, path
    local name
    for name in $(each "$1"); do
        docker run --rm --network "${PROJECT}_front" --cap-drop ALL --read-only --entrypoint curl waybill/tools \
            -s "http://$name:800${OFFSET[$(component_of "$1")]}$2"
    done
}

# The operator's tool in a container beside the others. Where there is no terminal its input
# stays closed: it may run in a loop that reads names.
ctl() { # command...
    local flags=(--interactive=false -T)
    if [ -t 0 ] && [ -t 1 ]; then flags=(); fi
    [ -n "$(running)" ] || { echo "waybill: stack $NAME is down. Start it with: make up" >&2; exit 2; }
    OPERATOR_HOST=$(uname -n) compose --progress quiet run --rm --no-deps "${flags[@]}" wayctl "$@"
}

# --- values for tests and other tools --------------------------------------------

# The same names as the native stack's. Servers and services are reachable from here
# when the stack was started with INNER_PORTS=1.
environment() {
    local component password port
    [ -e "$STATE/inner-ports" ] ||
        echo "waybill: servers and services cannot be reached there; INNER_PORTS=1 make up publishes their ports" >&2
    copy_secrets
    printf '%s=%s\n' NAME "$NAME" STATE "$STATE" PORT_BASE "$BASE" SECRETS_DIR "$STATE/secrets" LOG_DIR "$STATE/log" \
        INSTANCES "$(containers | cut -d' ' -f1 | sed -E 's/^(postgres|rabbitmq|redis|provider|gateway)-1$/\1/' | xargs)" \
        CONTAINERS_HOST "$(docker network inspect "${PROJECT}_front" -f '{{(index .IPAM.Config 0).Gateway}}')" \
        DATABASE_FOLDER "$(data_of_postgres)" CLIENT_ADDRESSES_HIDDEN 1 KILL_COMMAND "docker compose -p $PROJECT kill -s KILL"
    port=$(gateway_port) || return
    echo "GATEWAY_PORT=$port"
    for component in postgres rabbitmq redis provider; do
        echo "${component^^}_PORT=$(port_of "$component")"
    done
    password=$(<"$STATE/secrets/postgres")
    for component in "${SERVICES[@]}"; do
        printf '%s=%s\n' "${component^^}_1_PORT" "$(first_inner_port "$component")" \
            "${component^^}_URL" "http://127.0.0.1:$(first_inner_port "$component")" \
            "${component^^}_DATABASE_URL" "postgresql://postgres:$password@127.0.0.1:$POSTGRES_PORT/waybill_$component"
    done
    printf '%s=%s\n' GATEWAY_URL "http://127.0.0.1:$port" PROVIDER_URL "http://127.0.0.1:$PROVIDER_PORT" \
        PROVIDER_KEY_FILE "$STATE/secrets/provider-key" \
        POSTGRES_URL "postgresql://postgres:$password@127.0.0.1:$POSTGRES_PORT/postgres" \
        RABBITMQ_MEMORY "$(sed -nE 's/^ *RABBITMQ_MEMORY: ([^ ]+).*/\1/p' "$ROOT/docker-compose.yml")" \
        AMQP_HOST 127.0.0.1 AMQP_PORT "$RABBITMQ_PORT" AMQP_VHOST waybill AMQP_USER admin \
        AMQP_PASSWORD_FILE "$STATE/secrets/rabbitmq-admin" \
        AMQP_URL "amqp://admin:$(<"$STATE/secrets/rabbitmq-admin")@127.0.0.1:$RABBITMQ_PORT/waybill" \
        REDIS_HOST 127.0.0.1 REDIS_PORT "$REDIS_PORT" REDIS_USER admin \
        REDIS_PASSWORD_FILE "$STATE/secrets/redis-admin" \
        REDIS_URL "redis://admin:$(<"$STATE/secrets/redis-admin")@127.0.0.1:$REDIS_PORT" \
        ADMIN_EMAIL "${ADMIN_EMAIL:-admin@waybill.example}" ADMIN_PASSWORD_FILE "$STATE/secrets/admin-password" \
        JWT_PRIVATE_KEY_FILE "$STATE/secrets/jwt-private.pem" JWT_PUBLIC_KEY_FILE "$STATE/secrets/jwt-public.pem"
}

copy_secrets() (
    umask 077
    mkdir -p "$STATE/secrets" "$STATE/log"
    docker run --rm --network none --user 0:0 --cap-drop ALL --cap-add DAC_READ_SEARCH \
        -v "${PROJECT}_secrets:/secrets:ro" --entrypoint tar waybill/tools -C /secrets -c . |
        tar -x --no-same-owner --no-same-permissions -C "$STATE/secrets"
)

# Ports beside the gateway's, as in infra/README.md; of services user 210, order 220 and so
# on from the port base on, and as many as there are instances: so each is always in use.
first_inner_port() { # service
    echo $((BASE + 200 + 10 * OFFSET[$1]))
}

gateway_port() { # as it was published
    local address
    address=$(docker port "$PROJECT-gateway-1" 8080) || fail "stack $NAME has no gateway. Start it with: make up"
    echo "${address##*:}"
}

export_ports() {
    local service first
    for service in postgres rabbitmq redis provider; do
        export "${service^^}_PORT=$(port_of "$service")"
    done
    for service in "${SERVICES[@]}"; do
        first=$(first_inner_port "$service")
        export "${service^^}_PORTS=$first-$((first + $(scale_of "$service") - 1))"
    done
    # Of the first stack they are in .env; the environment says more than that, for each.
    [ "$NAME-$BASE" = main-8000 ] || export GATEWAY_PORT=${GATEWAY_PORT:-$(port_of gateway)}
    [ "$NAME" = main ] || export MANAGEMENT_PORT=${MANAGEMENT_PORT:-$((BASE + 90))}
}

export_ports
verb=${1:?verb}
shift
case $verb in
up | down | status | destroy | clean | restart) "$verb" "$@" ;;
demo | logs | ctl | ask) "$verb" "$@" ;;
env) environment ;;
kill) kill_component "$@" ;;
freeze) freeze "$1" STOP ;;
thaw) freeze "$1" CONT ;;
start) start_components "$@" ;;
stop) stop_components "$@" ;;
psql) run_psql "$@" ;;
rabbitmqctl | rabbitmq-queues | rabbitmq-diagnostics) interactive "$PROJECT-rabbitmq-1" "$verb" "$@" ;;
redis-cli) redis_cli "$@" ;;
*) fail "no such verb: $verb" ;;
esac
