# shellcheck shell=bash
# prepare.sh - makes what the components need before they start: folders, secrets,
# configuration, PostgreSQL's data, one runit service directory each.
#
# Safe to run again at any time: secrets and data are made once, everything else is
# written anew, and fingerprint() tells what that changed.

PASSWORDS='
admin-password
provider-key
redis
redis-admin
rabbitmq-admin
user-postgres
order-postgres         order-rabbitmq
inventory-postgres     inventory-rabbitmq
payment-postgres       payment-rabbitmq
notification-postgres
'

# Made in this shell and its children: readable by the stack's user only.
umask 077

make_folders() {
    mkdir -p "$STATE"/{bin,secrets,service,log,run/gateway} \
        "$STATE"/etc/{postgres,rabbitmq,redis,gateway/conf.d} "$STATE"/data/{rabbitmq,redis,provider}
}

# --- secrets --------------------------------------------------------------------

make_secrets() {
    make_passwords
    make_jwt_keys
    make_rabbitmq_hashes
    make_erlang_cookie
}

make_passwords() {
    local name
    for name in $PASSWORDS; do
        [ -s "$STATE/secrets/$name" ] || openssl rand -hex 24 >"$STATE/secrets/$name"
    done
}

# Tokens are signed with ES256: only user has the private key, everyone can verify.
make_jwt_keys() {
    local private=$STATE/secrets/jwt-private.pem public=$STATE/secrets/jwt-public.pem
    [ -s "$private" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$private"
    [ -s "$public" ] || openssl pkey -in "$private" -pubout -out "$public"
}

# What RabbitMQ stores of a password: base64(salt + sha256(salt + password)). Kept, so
# that the definitions stay the same from one start to the next.
make_rabbitmq_hashes() {
    local file salt
    for file in "$STATE"/secrets/*rabbitmq "$STATE/secrets/rabbitmq-admin"; do
        [ -s "$file.hash" ] && continue
        salt=$(openssl rand -hex 4)
        {
            unhex "$salt"
            { unhex "$salt"; tr -d '\n' <"$file"; } | openssl dgst -sha256 -binary
        } | openssl base64 -A >"$file.hash"
    done
}

unhex() { # hexadecimal digits -> bytes
    # shellcheck disable=SC2001 # ${//} has no &
    printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"
}

make_erlang_cookie() {
    local cookie=$STATE/data/rabbitmq/.erlang.cookie
    [ ! -s "$cookie" ] || return 0
    openssl rand -hex 24 >"$cookie"
    chmod 400 "$cookie"
}

sha256_of() { # file, without its newline
    tr -d '\n' <"$1" | openssl dgst -sha256 -r | cut -d' ' -f1
}

# --- configuration --------------------------------------------------------------

# ${NAME} in a template becomes the variable's value, for the names given only: nginx
# and regular expressions have dollars of their own.
render() { # template, output, names...
    local template=$1 output=$2
    shift 2
    # shellcheck disable=SC2016 # these are names for envsubst
    envsubst "$(printf '${%s} ' "$@")" <"$template" >"$output"
}

configure() {
    echo "$BASE" >"$STATE/etc/port_base"
    configure_servers
    configure_postgres
    configure_rabbitmq
    configure_redis
    configure_gateway
}

# Read by the servers' run scripts.
configure_servers() {
    {
        printf '%s=%q\n' NAME "$NAME" POSTGRES_BIN "$(postgres_bin)" \
            POSTGRES_PORT "$(port_of postgres)" EPMD_PORT "$(port_of epmd)" \
            RABBITMQ_DIST_PORT $((BASE + RABBITMQ_DIST_OFFSET))
    } >"$STATE/etc/servers.env"
}

# The newest installed, but existing data can only be read by the version that made it.
postgres_bin() {
    local version='*'
    [ -s "$STATE/data/postgres/PG_VERSION" ] && version=$(<"$STATE/data/postgres/PG_VERSION")
    # shellcheck disable=SC2086 # the star is meant
    printf '%s\n' /usr/lib/postgresql/$version/bin | sort -V | tail -1
}

configure_postgres() {
    cp "$STATE/infra/postgres/pg_hba.conf" "$STATE/etc/postgres/pg_hba.conf"
    OWNER=$(id -un) render "$STATE/infra/postgres/pg_ident.conf.template" \
        "$STATE/etc/postgres/pg_ident.conf" OWNER
    overrides postgres '' >"$STATE/etc/postgres/environment"
}

configure_rabbitmq() (
    export RABBITMQ_LISTEN RABBITMQ_DEFINITIONS RABBITMQ_MEMORY=${RABBITMQ_MEMORY:-512MB}
    RABBITMQ_LISTEN=$LISTEN_ON:$(port_of rabbitmq)
    RABBITMQ_DEFINITIONS=$STATE/etc/rabbitmq/definitions.json
    render "$STATE/infra/rabbitmq/rabbitmq.conf.template" "$STATE/etc/rabbitmq/rabbitmq.conf" \
        RABBITMQ_LISTEN RABBITMQ_DEFINITIONS RABBITMQ_MEMORY

    export AMQP_ADMIN_HASH AMQP_ORDER_HASH AMQP_INVENTORY_HASH AMQP_PAYMENT_HASH
    AMQP_ADMIN_HASH=$(<"$STATE/secrets/rabbitmq-admin.hash")
    AMQP_ORDER_HASH=$(<"$STATE/secrets/order-rabbitmq.hash")
    AMQP_INVENTORY_HASH=$(<"$STATE/secrets/inventory-rabbitmq.hash")
    AMQP_PAYMENT_HASH=$(<"$STATE/secrets/payment-rabbitmq.hash")
    render "$STATE/infra/rabbitmq/definitions.json.template" "$RABBITMQ_DEFINITIONS" "${!AMQP_@}"
)

configure_redis() (
    export REDIS_BIND=$LISTEN_ON REDIS_DIR=${REDIS_DIR:-$STATE/data/redis} REDIS_MEMORY=${REDIS_MEMORY:-256mb}
    export REDIS_PORT REDIS_PASSWORD_SHA256 REDIS_ADMIN_PASSWORD_SHA256
    REDIS_PORT=$(port_of redis)
    REDIS_PASSWORD_SHA256=$(sha256_of "$STATE/secrets/redis")
    REDIS_ADMIN_PASSWORD_SHA256=$(sha256_of "$STATE/secrets/redis-admin")
    render "$STATE/infra/redis/redis.conf.template" "$STATE/etc/redis/redis.conf" "${!REDIS_@}"
)

# The templates are the same ones that the nginx image fills in by itself.
configure_gateway() (
    local template
    export GATEWAY_LISTEN GATEWAY_ACCESS_LOG GATEWAY_RATE GATEWAY_BURST \
        GATEWAY_LOGIN_RATE GATEWAY_LOGIN_BURST GATEWAY_CONNECTIONS GATEWAY_USER_SERVERS GATEWAY_ORDER_SERVERS \
        GATEWAY_INVENTORY_SERVERS GATEWAY_PAYMENT_SERVERS GATEWAY_NOTIFICATION_SERVERS
    . "$STATE/infra/gateway/defaults.env"
    GATEWAY_LISTEN=$LISTEN_ON:$(port_of gateway)
    : "${GATEWAY_USER_SERVERS:=$(upstream_servers user)}"
    : "${GATEWAY_ORDER_SERVERS:=$(upstream_servers order)}"
    : "${GATEWAY_INVENTORY_SERVERS:=$(upstream_servers inventory)}"
    : "${GATEWAY_PAYMENT_SERVERS:=$(upstream_servers payment)}"
    : "${GATEWAY_NOTIFICATION_SERVERS:=$(upstream_servers notification)}"
    cp "$STATE/infra/gateway/nginx.conf" "$STATE/etc/gateway/nginx.conf"
    for template in "$STATE"/infra/gateway/templates/*.template; do
        render "$template" "$STATE/etc/gateway/conf.d/$(basename "$template" .template)" "${!GATEWAY_@}"
    done
)

upstream_servers() { # service
    local instance
    for instance in $(instances_of "$1"); do
        printf 'server 127.0.0.1:%d max_fails=3 fail_timeout=3s; ' "$(port_of "$instance")"
    done
}

# --- PostgreSQL's data ----------------------------------------------------------

make_database() {
    [ -s "$STATE/data/postgres/PG_VERSION" ] && return
    rm -rf "$STATE/data/postgres"
    "$(postgres_bin)/initdb" -D "$STATE/data/postgres" -U postgres -E UTF8 --locale=C.UTF-8 \
        --auth=scram-sha-256 --pwfile=<(openssl rand -hex 24) --data-checksums \
        --no-instructions >"$STATE/log/initdb.log" 2>&1 ||
        fail "PostgreSQL could not make its data; see $STATE/log/initdb.log"
}

# Roles and databases, once PostgreSQL runs and whenever the script changed.
make_roles() {
    local print
    print=$(cat "$STATE/infra/postgres/roles.sql" "$STATE"/secrets/*-postgres | cksum)
    [ "$print" = "$(cat "$STATE/data/roles.print" 2>/dev/null)" ] && return
    SECRETS=$STATE/secrets psql -X -q -h "$STATE/run" -p "$(port_of postgres)" -U postgres \
        -d postgres -f "$STATE/infra/postgres/roles.sql" >"$STATE/log/roles.log" 2>&1 ||
        fail "PostgreSQL refused the roles; see $STATE/log/roles.log"
    echo "$print" >"$STATE/data/roles.print"
}

# --- the services' environment --------------------------------------------------

# Exactly what each may know. ORDER_SAGA_DEADLINE_S=5 in the caller's environment
# replaces or adds a setting of order; see overrides().
environment_of() { # instance -> NAME=value lines
    local instance=$1 component
    component=$(component_of "$instance")
    printf '%s=%s\n' PORT "$(port_of "$instance")" LISTEN_ADDRESS 127.0.0.1 \
        LOG_LEVEL "${LOG_LEVEL:-info}"
    case $component in
    provider)
        printf '%s=%s\n' PROVIDER_KEY_FILE "$STATE/secrets/provider-key" \
            LEDGER_FILE "$STATE/data/provider/ledger"
        ;;
    *) common_environment "$instance" "$component" ;;
    esac
    case $component in
    user)
        printf '%s=%s\n' JWT_PRIVATE_KEY_FILE "$STATE/secrets/jwt-private.pem" \
            ADMIN_EMAIL "$ADMIN_EMAIL" ADMIN_PASSWORD_FILE "$STATE/secrets/admin-password"
        ;;
    order)
        bus_environment order
        redis_environment
        printf '%s=%s\n' USER_URL "$(urls_of user)" INVENTORY_URL "$(urls_of inventory)" \
            SAGA_DEADLINE_S 60
        ;;
    inventory)
        bus_environment inventory
        echo SAMPLE_CATALOGUE=true
        ;;
    payment)
        bus_environment payment
        printf '%s=%s\n' PROVIDER_URL "$(url_of provider)" \
            PROVIDER_KEY_FILE "$STATE/secrets/provider-key"
        ;;
    notification)
        redis_environment
        echo "USER_URL=$(urls_of user)"
        ;;
    esac
    # Sanitizers take their options from the environment.
    env | grep -E '^(A|T|L|UB)SAN_OPTIONS=' || true
}

common_environment() { # instance, component
    printf '%s=%s\n' INSTANCE "$1" \
        DATABASE_URL "postgresql://waybill_$2@127.0.0.1:$(port_of postgres)/waybill_$2" \
        DATABASE_PASSWORD_FILE "$STATE/secrets/$2-postgres" \
        JWT_PUBLIC_KEY_FILE "$STATE/secrets/jwt-public.pem"
}

bus_environment() { # component
    printf '%s=%s\n' AMQP_HOST 127.0.0.1 AMQP_PORT "$(port_of rabbitmq)" AMQP_VHOST waybill \
        AMQP_USER "$1" AMQP_PASSWORD_FILE "$STATE/secrets/$1-rabbitmq"
}

redis_environment() {
    printf '%s=%s\n' REDIS_HOST 127.0.0.1 REDIS_PORT "$(port_of redis)" \
        REDIS_PASSWORD_FILE "$STATE/secrets/redis"
}

url_of() { # instance
    echo "http://127.0.0.1:$(port_of "$1")"
}

# Each instance, for there is no name here that stands for all of them.
urls_of() { # service -> with commas between
    local instance urls=()
    for instance in $(instances_of "$1"); do urls+=("$(url_of "$instance")"); done
    (IFS=,; echo "${urls[*]}")
}

# tests/chaos moves the clock of single processes.
FOR_EXPERIMENTS='LD_PRELOAD SKEW_FILE'

# The caller's <SERVICE>_<NAME> for each NAME that the service has: those above and
# those that its --help lists. Others are somebody else's (USER_ZDOTDIR, say).
overrides() { # component, NAME=value lines
    local name variable
    for name in $({ cut -d= -f1 <<<"$2"; settings_in_help "$1"; echo "$FOR_EXPERIMENTS"; } | sort -u); do
        variable=${1^^}_$name
        [ -z "${!variable+set}" ] || echo "$name=${!variable}"
    done
}

settings_in_help() { # component
    "$STATE/bin/$1" --help 2>/dev/null | grep -oE '^ *[A-Z][A-Z0-9_]+\b' || true
}

# --- runit service directories --------------------------------------------------

make_service_directory() { # instance
    local dir=$STATE/service/$1 run=../../infra/native/run
    if [ ! -d "$dir/control" ]; then
        mkdir -p "$dir/log" "$dir/control"
        ln -s "$run/finish" "$dir/finish"
        ln -s "../$run/log" "$dir/log/run"
    fi
    if [[ $(kind_of "$1") == @(service|scaled) ]]; then
        write_run_script "$1" >"$dir/run.new"
        chmod 700 "$dir/run.new"
        mv "$dir/run.new" "$dir/run"
    elif [ ! -L "$dir/run" ]; then
        ln -s "$run/$1" "$dir/run"
        [ ! -e "$STATE/infra/native/run/$1.stop" ] || ln -s "../$run/$1.stop" "$dir/control/t"
    fi
}

write_run_script() { # instance
    local component settings line
    component=$(component_of "$1")
    settings=$(environment_of "$1")
    printf '#!/usr/bin/env bash\n# %s - written by "infra/stack.sh up"; to change NAME, set %s_NAME there.\n' \
        "$1" "${component^^}"
    printf '. ../../infra/native/run/prelude.sh\nend_leftovers\nbecome_leader\nexec env -i \\\n'
    # The last of a name wins.
    { echo "$settings"; overrides "$component" "$settings"; } |
        while IFS= read -r line; do printf '    %q \\\n' "$line"; done
    printf '    chpst -P %q\n' "$STATE/bin/$component"
}

# Everything that a running component was started from; when it changes, restart.
fingerprint() { # instance
    local files=("$STATE/service/$1/run") component
    component=$(component_of "$1")
    case $component in
    postgres) files+=("$STATE/infra/postgres/postgresql.conf" "$STATE"/etc/{servers.env,postgres/*}) ;;
    epmd) files+=("$STATE/etc/servers.env") ;;
    rabbitmq) files+=("$STATE/infra/rabbitmq/enabled_plugins" "$STATE"/etc/{servers.env,rabbitmq/*}) ;;
    redis) files+=("$STATE/etc/redis/redis.conf") ;;
    gateway) files+=("$STATE"/etc/gateway/{nginx.conf,conf.d/*}) ;;
    *) files+=("$STATE/bin/$component" "$STATE"/secrets/*.pem) ;;
    esac
    cat "${files[@]}" | cksum
}
