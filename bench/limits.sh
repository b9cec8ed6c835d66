#!/usr/bin/env bash
# limits.sh - what PostgreSQL alone can do with the services' SQL, by pgbench; its figures
# go where those of bench/measure go.
set -euo pipefail

CLIENTS=16
url=${TEST_DATABASE_URL%/*} # over TCP, as services connect
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Transactions a second, of a run after a short one that does not count.
rate() { # database, seconds, pgbench's options...
    pgbench -n -M prepared -c "$CLIENTS" -j 2 -T "$2" "${@:3}" "$url/$1" >"$work/out" 2>&1 ||
        { head -n 20 "$work/out" >&2; return 1; }
    sed -n 's/^tps = \([0-9.]*\) (without.*/\1/p' "$work/out"
}

measure() { # figure, unit, database, pgbench's options...
    local runs=() i
    rate "$3" 1 "${@:4}" >"$work/warm"
    for ((i = 0; i < ${RUNS:?}; i++)); do runs+=("$(rate "$3" "${BENCH_SECONDS%.*}" "${@:4}")"); done
    "$here/tell.sh" "$1" "$2" "${runs[@]}"
}

# All services' tables in one database, each service's in a schema of its own.
make_scratch() {
    psql -qX "$POSTGRES_URL" -c 'DROP DATABASE IF EXISTS bench' -c 'CREATE DATABASE bench' 2>/dev/null
    local service
    for service in user order inventory payment notification; do
        {
            echo "CREATE SCHEMA s_$service; SET search_path = s_$service;"
            cat libs/common/migrations/*.sql "services/$service"/migrations/*.sql
        } | psql -qX -v ON_ERROR_STOP=1 "$url/bench"
    done
    psql -qX -v ON_ERROR_STOP=1 "$url/bench" -f "$here/sql/schema.sql"
}

text() { # so many characters
    head -c "$1" /dev/zero | tr '\0' x
}

saga() { # figure, unit, script
    "$here/sql/saga.sh" "$3" >"$work/$3.sql"
    measure "$1" "$2" bench -f "$work/$3.sql" -D envelope="$(text 650)" -D body="$(text 480)" \
        -D traceparent=00-0123456789abcdef0123456789abcdef-0123456789abcdef-01
}

# The query of GET /orders/{id} on the service's own database: a script for each of ten
# orders, for pgbench cannot pick from a list.
read_order() {
    local scripts=() n=0 order customer
    while IFS='|' read -r order customer; do
        n=$((n + 1))
        sed "s/:order_id/:o$n/; s/:user_id/:u$n/g" "$here/sql/read.sql" >"$work/read-$n.sql"
        scripts+=(-f "$work/read-$n.sql" -D "o$n=$order" -D "u$n=$customer")
    done < <(psql -XAt "$ORDER_DATABASE_URL" -c 'SELECT id, user_id FROM orders ORDER BY random() LIMIT 10')
    [ $n -gt 0 ] || { echo "bench: there are no orders to read" >&2; return 1; }
    measure limits.sql_read reads/s waybill_order "${scripts[@]}"
}

make_scratch
saga limits.sql_floor sagas/s saga
saga limits.sql_post orders/s post
"$here/sql/same.sh" "$work/same"
psql -qX "$POSTGRES_URL" -c 'DROP DATABASE bench'
read_order
