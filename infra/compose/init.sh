#!/usr/bin/env bash
# init.sh - the container that runs before all others: secrets, and the servers' configuration.
#
# Makes on its first run what is secret, and on every run the configuration out of the
# files in infra/, in two volumes that the others only read. Run as root, with no network.
set -euo pipefail

mkdir -p /waybill/infra
cp -r --remove-destination /infra/. /waybill/infra/
. /waybill/infra/compose/container.sh

PASSWORDS+=' postgres'

# Who may read it: the component, and a group when others need it too.
allow() { # file, component or root, [group's component]
    local group=0 owner=0
    [ "$2" = root ] || owner=$(id_of "$2")
    [ -z "${3:-}" ] || group=$(id_of "$3")
    chown "$owner:$group" "$STATE/$1"
    chmod 440 "$STATE/$1"
}

make_folders() {
    mkdir -p "$STATE"/secrets "$STATE"/etc/{postgres,rabbitmq,redis,gateway}
    chmod 755 "$STATE" "$STATE"/secrets "$STATE"/etc "$STATE"/etc/*
    # Below the gateway's tmpfs: some engines give that the mode of the folder it covers.
    chmod 1777 "$STATE"/etc/gateway
}

share_secrets() {
    local service
    chmod 400 "$STATE"/secrets/*
    chown 0:0 "$STATE"/secrets/*
    for service in "${SERVICES[@]}"; do
        allow "secrets/$service-postgres" "$service" postgres
    done
    for service in order inventory payment; do
        allow "secrets/$service-rabbitmq" "$service"
    done
    allow secrets/admin-password user
    allow secrets/jwt-private.pem user
    chmod 444 "$STATE/secrets/jwt-public.pem"
    allow secrets/provider-key payment provider
    allow secrets/redis root redis
    allow secrets/postgres root postgres
}

share_configuration() {
    allow etc/rabbitmq/rabbitmq.conf root rabbitmq
    allow etc/rabbitmq/definitions.json root rabbitmq
    allow etc/redis/redis.conf root redis
    chmod 444 "$STATE"/etc/postgres/*
}

make_folders
make_passwords
make_jwt_keys
make_rabbitmq_hashes
share_secrets

configure_rabbitmq
configure_redis
OWNER=postgres render "$STATE/infra/postgres/pg_ident.conf.template" "$STATE/etc/postgres/pg_ident.conf" OWNER
share_configuration

chown "$(id_of provider)" /data/provider
echo "secrets and configuration are in place"
