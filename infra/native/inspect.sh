# shellcheck shell=bash
# inspect.sh - shows what is there: status, logs, and the values that tests need.

# --- status ---------------------------------------------------------------------

status() {
    local instance all_ready=true
    if ! supervisor_pid >/dev/null; then
        echo "Stack $NAME is down. Start it with: make up"
        return 1
    fi
    printf '%-16s %-10s %8s %7s %10s %10s %9s\n' COMPONENT STATE PID PORT UPTIME RESIDENT RESTARTS
    for instance in $(present_instances); do
        status_line "$instance" || all_ready=false
    done
    $all_ready
}

status_line() { # instance
    local state=down pid='' uptime=- resident=-
    if pid=$(pid_of "$1"); then
        state='not ready'
        is_ready "$1" && state=ready
        uptime=$(uptime_of "$1")
        resident=$(resident_of "$pid")
    elif sv status "$STATE/service/$1" 2>/dev/null | grep -qE '^finish|want up'; then
        state=restarting
    fi
    printf '%-16s %-10s %8s %7s %10s %10s %9s\n' "$1" "$state" "${pid:--}" "$(port_of "$1")" \
        "$uptime" "$resident" "$(restarts_of "$1")"
    [ "$state" = ready ]
}

uptime_of() { # instance -> 2h05m, 3m07s, 12s
    local s
    s=0$(sv status "$STATE/service/$1" | sed -nE 's/^run: [^;]*\) ([0-9]+)s.*/\1/p')
    s=$((10#$s))
    if ((s >= 3600)); then
        printf '%dh%02dm' $((s / 3600)) $((s % 3600 / 60))
    elif ((s >= 60)); then
        printf '%dm%02ds' $((s / 60)) $((s % 60))
    else
        echo "${s}s"
    fi
}

# The process's resident set, and of its children what they share with nobody:
# PostgreSQL's would otherwise count its buffers once for each connection.
resident_of() { # pid
    local kib child
    kib=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status" 2>/dev/null)
    for child in $(descendants "$1"); do
        kib=$((kib + $(awk '/^Private_/ { n += $2 } END { print n + 0 }' "/proc/$child/smaps_rollup" 2>/dev/null)))
    done
    awk -v kib="$kib" 'BEGIN { printf "%.1f MiB", kib / 1024 }'
}

descendants() { # pid
    local child
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        echo "$child"
        descendants "$child"
    done
}

# --- logs -----------------------------------------------------------------------

# On a terminal: the last lines, then what comes. Piped: the last lines. What the
# services write (one JSON object a line) becomes time, component, level, message,
# and whatever else the line holds.
logs() { # [component]
    local instance files=() follow=()
    for instance in $(present_instances); do
        if [ -z "${1:-}" ] || [ "$instance" = "$1" ] || [ "$(component_of "$instance")" = "$1" ]; then
            files+=("$STATE/log/$instance/current")
        fi
    done
    [ ${#files[@]} -gt 0 ] || fail "no such component: ${1:-}. There are: $(present_instances | xargs)"
    [ ! -t 1 ] || follow=(-F)
    tail -n "${LINES_BACK:-30}" -v "${follow[@]}" "${files[@]}" 2>/dev/null |
        jq -nRr --unbuffered -f "$STATE/infra/native/logs.jq"
}

# --- values for tests and other tools --------------------------------------------

environment() {
    local component instance port
    printf '%s=%s\n' NAME "$NAME" STATE "$STATE" PORT_BASE "$BASE" \
        BIN_DIR "$STATE/bin" SECRETS_DIR "$STATE/secrets" LOG_DIR "$STATE/log" \
        SERVICE_DIR "$STATE/service" DATABASE_FOLDER "$STATE/data/postgres" INSTANCES "$(present_instances | xargs)"
    for instance in $(present_instances); do
        port=${instance^^}
        printf '%s_PORT=%s\n' "${port//-/_}" "$(port_of "$instance")"
    done
    for component in "${SERVICES[@]}"; do
        printf '%s=%s\n' "${component^^}_URL" "$(url_of "$component-1")" \
            "${component^^}_DATABASE_URL" "$(superuser_url "waybill_$component")"
    done
    printf '%s=%s\n' GATEWAY_URL "$(url_of gateway)" PROVIDER_URL "$(url_of provider)" \
        PROVIDER_KEY_FILE "$STATE/secrets/provider-key" LEDGER_FILE "$STATE/data/provider/ledger" \
        POSTGRES_URL "$(superuser_url postgres)" \
        RABBITMQ_MEMORY "$(sed -n 's/^vm_memory_high_watermark.absolute = //p' "$STATE/etc/rabbitmq/rabbitmq.conf")" \
        AMQP_HOST 127.0.0.1 AMQP_PORT "$(port_of rabbitmq)" AMQP_VHOST waybill AMQP_USER admin \
        AMQP_PASSWORD_FILE "$STATE/secrets/rabbitmq-admin" \
        AMQP_URL "amqp://admin:$(<"$STATE/secrets/rabbitmq-admin")@127.0.0.1:$(port_of rabbitmq)/waybill" \
        REDIS_HOST 127.0.0.1 REDIS_PORT "$(port_of redis)" REDIS_USER admin \
        REDIS_PASSWORD_FILE "$STATE/secrets/redis-admin" \
        REDIS_URL "redis://admin:$(<"$STATE/secrets/redis-admin")@127.0.0.1:$(port_of redis)" \
        ADMIN_EMAIL "$ADMIN_EMAIL" ADMIN_PASSWORD_FILE "$STATE/secrets/admin-password" \
        JWT_PRIVATE_KEY_FILE "$STATE/secrets/jwt-private.pem" \
        JWT_PUBLIC_KEY_FILE "$STATE/secrets/jwt-public.pem"
}

# Over the socket, where the stack's owner and root need no password.
superuser_url() { # database
    echo "postgresql:///$1?host=${STATE// /%20}/run&port=$(port_of postgres)&user=postgres"
}
