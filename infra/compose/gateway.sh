#!/usr/bin/env bash
# gateway.sh - nginx in its container, following the instances that come and go.
#
# Looks every second which addresses the services' names have, and when that changed,
# writes the upstreams anew and has nginx reload: connections in use are served to their
# end, connections to services stay open between requests, and instances that fail are
# left alone for a while. Names in proxy_pass would have none of that, and "resolve" in
# an upstream came to nginx only with 1.27.3.
set -euo pipefail

. /waybill/infra/compose/container.sh
declare -A ADDRESSES FAILURES
PATIENCE=3 # answers without an address, in a row, before a service is taken for gone

# As in the native stack, but for the addresses. Each service has a port of its own: an
# address that went to another service answers nothing there.
upstream_servers() { # service
    local address
    for address in ${ADDRESSES[$1]:-127.0.0.1}; do # nobody there: refused at once
        printf 'server %s:%d max_fails=3 fail_timeout=3s; ' "$address" "$(port_of "$1")"
    done
}

# True when something is different from the last time. One process for each name, for
# this runs all day.
look_up() {
    local service answer address kind changed=1
    for service in "${SERVICES[@]}"; do
        local found=()
        answer=$(getent ahostsv4 "$service") || answer='' # nobody has this name
        while read -r address kind _; do
            [ "$kind" != STREAM ] || found+=("$address")
        done <<<"$answer"
        # One lost answer of the engine's is no reason to forget a service. If it is away, and
        # back with the same address, nginx must not use the connections that it had to it.
        if [ ${#found[@]} -gt 0 ]; then
            FAILURES[$service]=0
        else
            FAILURES[$service]=$((${FAILURES[$service]:-0} + 1))
            [ "${FAILURES[$service]}" != 1 ] || changed=0
            [ "${FAILURES[$service]}" -ge $PATIENCE ] || continue
        fi
        # In an order that does not change from one answer to the next.
        if [ ${#found[@]} -gt 1 ]; then mapfile -t found < <(printf '%s\n' "${found[@]}" | sort); fi
        if [ "${found[*]}" != "${ADDRESSES[$service]:-}" ]; then
            ADDRESSES[$service]=${found[*]}
            changed=0
        fi
    done
    return $changed
}

command=(nginx -p "$STATE/etc/gateway/" -e stderr -c "$STATE/etc/gateway/nginx.conf")
mkdir -p "$STATE/etc/gateway/conf.d"
look_up || true
configure_gateway
"${command[@]}" -g 'daemon off;' &
nginx=$!
trap 'kill -QUIT $nginx' TERM QUIT INT # nginx finishes what it serves

while kill -0 $nginx 2>/dev/null; do
    sleep 1 &
    wait $! || true # a signal ends the wait
    if look_up; then
        configure_gateway
        "${command[@]}" -t -q && kill -HUP $nginx
    fi
done
wait $nginx
