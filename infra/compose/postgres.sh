#!/usr/bin/env bash
# postgres.sh - PostgreSQL in its container: data on the first start, roles whenever they changed.
#
# The image's own script is not used: this one does what the native stack does, with
# the same files, and never needs root.
set -euo pipefail

STATE=/waybill
export PGDATA=/var/lib/postgresql/data/cluster
settings=(
    -c config_file="$STATE/infra/postgres/postgresql.conf"
    -c hba_file="${HBA_FILE:-$STATE/infra/postgres/pg_hba.conf}"
    -c ident_file="$STATE/etc/postgres/pg_ident.conf"
    -c unix_socket_directories=/var/run/postgresql
    "$@"
)

# In a folder beside it, so that a start that was cut off leaves nothing half made.
make_data() {
    [ ! -s "$PGDATA/PG_VERSION" ] || return 0
    rm -rf "$PGDATA.new"
    initdb -D "$PGDATA.new" -U postgres -E UTF8 --locale=C.UTF-8 --auth=scram-sha-256 \
        --pwfile="$STATE/secrets/postgres" --data-checksums --no-instructions >/dev/null
    mv "$PGDATA.new" "$PGDATA"
}

# By a server that nobody can reach over the network yet.
make_roles() {
    local print
    print=$(cat "$STATE/infra/postgres/roles.sql" "$STATE"/secrets/*-postgres | cksum)
    [ "$print" != "$(cat "$PGDATA/roles.print" 2>/dev/null)" ] || return 0
    rm -f "$PGDATA/postmaster.pid"
    pg_ctl -s -w -o "${settings[*]} -c listen_addresses=" start
    SECRETS=$STATE/secrets psql -X -q -h /var/run/postgresql -U postgres -d postgres \
        -f "$STATE/infra/postgres/roles.sql" >/dev/null
    pg_ctl -s -w -m fast stop
    echo "$print" >"$PGDATA/roles.print"
}

make_data
make_roles
exec postgres "${settings[@]}" -c listen_addresses='*'
