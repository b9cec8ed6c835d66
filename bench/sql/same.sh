#!/usr/bin/env bash
# same.sh - does saga.sh do to each service's tables what the service did to them? Both have
# just run; PostgreSQL counted their statements. What only one of them does is listed: either
# the services' SQL has changed and saga.sh has not, or a step is missing there.
set -euo pipefail

tables=$(psql -XAt "${TEST_DATABASE_URL%/*}/bench" -c \
    "SELECT string_agg(DISTINCT tablename, ',') FROM pg_tables WHERE schemaname LIKE 's\_%'")
orders=$(psql -XAt "$POSTGRES_URL" -c "SELECT max(calls) FROM pg_stat_statements WHERE query LIKE '%INSERT INTO orders%'")

# What is seldom done is done for no order: it looks after something else.
does() { # databases, and how a statement's service is found
    psql -XAtq "$POSTGRES_URL" -v tables="$tables" -v orders="$orders" -v databases="$1" <<SQL | sort -u
SELECT DISTINCT $2 || ': ' || replace(m[1], 'JOIN', 'FROM') || ' ' || m[3]
 FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid,
  regexp_matches(query, '(INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN)\s+(?:gate, )?(?:s_([a-z]+)\.)?([a-z_]+)', 'g') AS m
 WHERE datname LIKE :'databases' AND m[3] = ANY (string_to_array(:'tables', ','))
  AND query NOT LIKE '%pg_xact_commit_timestamp%' -- we ourselves
  AND CASE WHEN datname = 'bench' THEN calls >= 10 ELSE greatest(calls, rows) >= :orders / 4 END
SQL
}

if diff <(does 'waybill\_%' "replace(datname, 'waybill_', '')") <(does bench 'm[2]') >"${1:?report}"; then
    exit 0
fi
echo "    NOTE: the SQL floor and the services differ (< services, > bench/sql/saga.sh):"
grep '^[<>]' "$1" | sed 's/^/      /'
