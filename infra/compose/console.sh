#!/usr/bin/env bash
# console.sh [service] - psql on a service's database, as that service (order unless given).
set -euo pipefail
service=${1:-order}
[ $# -eq 0 ] || shift
PGPASSWORD=$(<"/waybill/secrets/$service-postgres")
export PGPASSWORD
exec psql -X -h postgres -U "waybill_$service" "waybill_$service" "$@"
