#!/usr/bin/env bash
# measure.sh [--cold] - sizes, memory and times of the stack in containers, as Markdown,
# written between the marks in infra/README.md.
#
# Builds (with --cold without any cache of layers), starts a stack of its own from
# nothing, runs the demo, starts it again with data, takes it down. Takes a few minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ROOT=${here%/infra/compose}
PAGE=$ROOT/infra/README.md
export NAME=measure STACK=compose NO_BUILD=images NO_SAMPLE=1
stack() { "$ROOT/infra/stack.sh" "$@"; }
work=$(mktemp -d)
trap 'stack destroy >/dev/null; rm -rf "$work"' EXIT

seconds() { # command... -> seconds that it took, with tenths
    local began=${EPOCHREALTIME/[.,]/} tenths
    "$@" >"$work/out" 2>&1 || {
        cat "$work/out" >&2
        return 1
    }
    tenths=$(((${EPOCHREALTIME/[.,]/} - began + 50000) / 100000))
    echo "$((tenths / 10)).$((tenths % 10))"
}

up_and_order() {
    stack up
    stack demo sample
}

megabytes() { # bytes
    awk -v n="$1" 'BEGIN { printf "%.1f MB", n / 1e6 }'
}

image_rows() {
    local image
    for image in order user inventory payment notification provider; do
        # shellcheck disable=SC2016 # Markdown's backquotes
        printf '| `waybill/%s` | %s | %s |\n' "$image" "$(size_of "waybill/$image")" "$(own_layer "waybill/$image")"
    done
    for image in waybill/tools waybill/wayctl $(docker compose --project-directory "$ROOT" config --images | grep -v '^waybill/' | sort -u); do
        # shellcheck disable=SC2016
        printf '| `%s` | %s | |\n' "$image" "$(size_of "$image")"
    done
}

size_of() { # image
    megabytes "$(docker image inspect -f '{{.Size}}' "$1")"
}

# The layer on top is the program; what is below is shared by all services.
own_layer() { # image
    docker history --human=false --format '{{.Size}}' "$1" | awk '$1 > 0 { printf "%d kB", $1 / 1000; exit }'
}

memory_rows() {
    docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' |
        sed -nE "s/^waybill-$NAME-([a-z]+)-1 ([^ ]+) . ([^ ]+)$/| \1 | \2 | \3 |/p" | sort
}

sum_of() { # column, of memory rows in MiB
    awk -F '|' -v c="$1" '{ gsub(/[ A-Za-z]/, "", $c); n += $c } END { printf "%d MiB", n + 0.5 }' "$work/memory"
}

report() {
    cat <<TEXT
Measured by [measure.sh](compose/measure.sh): $(nproc) processors, Docker $(docker version -f '{{.Server.Version}}'), $(uname -m),
PostgreSQL $(version postgres postgres --version), RabbitMQ $(version rabbitmq rabbitmqctl version), Redis $(version redis redis-server --version), nginx $(version gateway nginx -v).

| seconds | |
|---|---|
| building all images${build_note} | $built |
| \`up\` from nothing until all are healthy | $first_healthy |
| … until the first order is SHIPPED | $first_shipped |
| \`up\` again, with data, until an order is SHIPPED | |

| image | size | of it the program |
|---|---|---|
$(image_rows)

| container, after the demo | memory | limit |
|---|---|---|
$(cat "$work/memory")
| all | $(sum_of 3) | $(sum_of 4) |
TEXT
}

version() { # component, command... -> the first number that it says
    docker exec "waybill-$NAME-$1-1" "${@:2}" 2>&1 | grep -oE '[0-9]+\.[0-9.]*[0-9]' | head -n 1
}

between_marks() { # file with the text
    awk -v text="$1" '
        /<!-- measured -->/ { print; while ((getline line < text) > 0) print line; skip = 1 }
        /<!-- end -->/ { skip = 0 }
        !skip || /<!-- measured -->/ { if (!/<!-- measured -->/) print }' "$PAGE" >"$work/page"
    cat "$work/page" >"$PAGE"
}

build_note=', layers cached'
flags=()
if [ "${1:-}" = --cold ]; then
    build_note=', no layers cached'
    flags=(--no-cache)
fi
stack destroy >/dev/null
built=$(seconds docker compose --project-directory "$ROOT" --profile "*" build "${flags[@]}")
first_healthy=$(seconds stack up)
ordered=$(seconds stack demo sample)
first_shipped=$(awk -v a="$first_healthy" -v b="$ordered" 'BEGIN { printf "%.1f", a + b }')
stack demo >/dev/null
memory_rows >"$work/memory"
report >"$work/text"
stack down >/dev/null
again=$(seconds up_and_order)
sed -i "s/^| \`up\` again.*/| \`up\` again, with data, until an order is SHIPPED | $again |/" "$work/text"
between_marks "$work/text"
cat "$work/text"
