#!/bin/sh
# The architecture as a test: who may include what. Run by make lint.
#
#   main -> api, events, jobs -> usecases -> {domain, store, outbox} -> libs/common
#
#   <service>.[ch]  the domain: the C library and nothing else
#   usecases.[ch]   domain, store, outbox, wire; never HTTP server, broker or SQL
#   store.[ch]      the only file with SQL; of the service it knows the domain
#   api.[ch]        HTTP and JSON          events.[ch]   events and JSON
#   jobs.[ch]       what neither starts; none of these three knows another
set -eu
bad=0

# forbid FILES PATTERN...: no file may include a header that matches
forbid() {
    files=$1
    shift
    for pattern in "$@"; do
        for file in $files; do
            [ -f "$file" ] || continue
            if grep -nHE "^#include [<\"]$pattern" "$file"; then
                echo "  ^ $file may not include $pattern" >&2
                bad=1
            fi
        done
    done
}

# only FILES PATTERN: what they include in quotes must match
only() {
    for file in $1; do
        [ -f "$file" ] || continue
        if grep -nHE '^#include "' "$file" | grep -vE "#include \"($2)\""; then
            echo "  ^ $file may include only $2" >&2
            bad=1
        fi
    done
}

third_party='(libpq|microhttpd|amqp|rabbitmq-c/|hiredis/|cjson/|curl/|sodium|jwt|openssl/)'

for dir in services/*/; do
    service=$(basename "$dir")
    only "$dir$service.c $dir$service.h" "$service\\.h"
    forbid "$dir$service.c $dir$service.h" '(time|stdlib|unistd|pthread|sys/).*'
    forbid "${dir}usecases.c ${dir}usecases.h" '(http|json_in|bus|stream|db|page|api|events|jobs)\.h'
    forbid "${dir}store.c ${dir}store.h" '(http|http_client|json_in|json_out|bus|stream|outbox)\.h' \
        '(usecases|api|events|jobs|wire|peers)\.h'
    forbid "${dir}api.c ${dir}api.h" '(bus|stream|db|outbox|http_client|events|jobs)\.h'
    forbid "${dir}events.c ${dir}events.h" '(http|http_client|bus|stream|db|store|outbox|api|jobs)\.h'
    forbid "${dir}jobs.c ${dir}jobs.h" '(http|bus|stream|outbox|api|events)\.h'
    for below in wire peers catalogue mailer; do
        forbid "$dir$below.c $dir$below.h" '(api|events|jobs)\.h'
    done
    forbid "$(ls "$dir"*.c "$dir"*.h)" "$third_party" '\.\.'
done

forbid "$(ls libs/common/*.c libs/common/*.h)" '.*services' '\.\.'

# SQL stays in store.c.
if grep -nE '"(SELECT|INSERT|UPDATE|DELETE|WITH) ' services/*/*.c | grep -v '/store\.c:'; then
    echo "  ^ SQL outside store.c" >&2
    bad=1
fi

[ "$bad" = 0 ] && echo "layers: every include points the right way"
exit "$bad"
