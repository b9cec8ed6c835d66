#!/usr/bin/env bash
# servers.sh - the servers' settings as they say themselves, appended to BENCH_OUT; it fails
# when one of them is not as durable as what we ship.
set -euo pipefail

setting() { # name, value
    printf '  %-36s %s\n' "$1" "$2"
    [ -z "${BENCH_OUT:-}" ] || jq -nc --arg n "$1" --arg v "$2" '{setting: $n, value: $v}' >>"$BENCH_OUT"
}

must_be() { # name, value, pattern
    setting "$1" "$2"
    # shellcheck disable=SC2053 # it is a pattern
    [[ $2 == $3 ]] || { echo "bench: $1 is $2, which loses what was promised" >&2; exit 1; }
}

postgres() {
    psql -XAt "$POSTGRES_URL" -c "SELECT current_setting('$1')"
}

redis() {
    infra/stack.sh redis-cli CONFIG GET "$1" | tail -n 1
}

gateway() { # directive
    grep -hoE "^ *$1 [^;]*" "$STATE"/etc/gateway/nginx.conf "$STATE"/etc/gateway/conf.d/*.conf |
        sed -E 's/^ *[^ ]* //' | sort -u | paste -sd '|' | sed 's/|/; /g'
}

for name in fsync synchronous_commit full_page_writes; do
    must_be "postgresql.$name" "$(postgres $name)" on
done
for name in shared_buffers max_wal_size wal_compression max_connections jit autovacuum_naptime track_commit_timestamp; do
    setting "postgresql.$name" "$(postgres $name)"
done

queues=$(infra/stack.sh rabbitmqctl -q list_queues -p waybill name type durable --no-table-headers)
must_be rabbitmq.queues "$(awk '{ print $2, $3 }' <<<"$queues" | sort -u | paste -sd,)" 'quorum true'
setting rabbitmq.erlang "$(tr '\0' ' ' <"/proc/$(<"$STATE/service/rabbitmq/supervise/pid")/cmdline" | grep -oE '[-+]sbwt[a-z]* [a-z]+' | paste -sd' ')"
setting rabbitmq.memory_limit "$(sed -n 's/^vm_memory_high_watermark.absolute = //p' "$STATE/etc/rabbitmq/rabbitmq.conf")"

must_be redis.appendonly "$(redis appendonly)" yes
must_be redis.appendfsync "$(redis appendfsync)" '@(always|everysec)'
must_be redis.maxmemory-policy "$(redis maxmemory-policy)" noeviction
setting redis.maxmemory "$(redis maxmemory)"

for name in worker_processes worker_connections keepalive_requests keepalive_timeout limit_req access_log; do
    setting "nginx.$name" "$(gateway $name)"
done
