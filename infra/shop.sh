# shellcheck shell=bash
# shop.sh - the API as a customer sees it, as shell functions; sourced by demo.sh.
#
# GATEWAY is its base URL. call() leaves STATUS and BODY; the others fail when the answer
# is not what it should be.
# shellcheck disable=SC2034 # results for those who source this

GATEWAY=${GATEWAY:-http://127.0.0.1:8080}
TOKEN=''
EVENTUALLY_S=${EVENTUALLY_S:-40} # how long an order may take to come to its end

call() { # method path [body [header...]]
    local method=$1 path=$2 body=${3:-} header answer args=()
    for header in "${@:4}"; do args+=(-H "$header"); done
    [ -z "$TOKEN" ] || args+=(-H "Authorization: Bearer $TOKEN")
    [ -z "$body" ] || args+=(-H 'Content-Type: application/json' --data "$body")
    answer=$(curl -s --max-time 20 -X "$method" -w '\n%{http_code}' "${args[@]}" "$GATEWAY$path") ||
        fail "the gateway does not answer: $method $GATEWAY$path"
    STATUS=${answer##*$'\n'}
    BODY=${answer%$'\n'*}
}

must() { # statuses, then call's arguments
    local statuses=$1
    shift
    call "$@"
    [[ " $statuses " == *" $STATUS "* ]] || fail "$1 $2 answered $STATUS: $BODY"
}

member() { # jq path of BODY
    jq -r "$1" <<<"$BODY"
}

# A customer of our own, so that nobody else's data is in the way.
become_customer() {
    local email password
    email=demo-$(date +%s)-$RANDOM@waybill.example
    password=$(openssl rand -hex 16)
    TOKEN=''
    must 201 POST /api/v1/users "$(jq -nc --arg e "$email" --arg p "$password" \
        '{email: $e, name: "Demo Customer", password: $p}')"
    must '200 201' POST /api/v1/sessions "$(jq -nc --arg e "$email" --arg p "$password" \
        '{email: $e, password: $p}')"
    TOKEN=$(member .access_token)
}

# Sets ORDER to the new order's id.
place_order() { # sku, quantity, payment method
    must 201 POST /api/v1/orders "$(jq -nc --arg s "$1" --argjson q "$2" --arg m "$3" \
        '{lines: [{sku: $s, quantity: $q}], payment_method: $m}')" \
        "Idempotency-Key: $(openssl rand -hex 16)"
    ORDER=$(member .id)
}

# Waits until the order is in one of these states; sets STATE_NOW.
wait_for() { # order, states
    local deadline=$((SECONDS + EVENTUALLY_S))
    while :; do
        must 200 GET "/api/v1/orders/$1"
        STATE_NOW=$(member .status)
        [[ " $2 " != *" $STATE_NOW "* ]] || return 0
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

# Waits until the order's timeline holds this event.
wait_for_event() { # order, type
    local deadline=$((SECONDS + EVENTUALLY_S))
    until must 200 GET "/api/v1/orders/$1/timeline" &&
        jq -e --arg type "$2" 'any(.items[]; .type == $type)' <<<"$BODY" >/dev/null; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}

# Events go on after the order's end (a refund, say): wait until none came for a second.
wait_until_quiet() { # order
    local before='' now='' same=0 i
    for ((i = 0; i < 40 && same < 5; i++)); do
        must 200 GET "/api/v1/orders/$1/timeline"
        now=$(member '.items | length')
        if [ "$now" = "$before" ]; then same=$((same + 1)); else same=0; fi
        before=$now
        sleep 0.2
    done
}

# A cause is the id of an earlier event, shown as that event's type, or whoever asked.
print_timeline() { # order
    must 200 GET "/api/v1/orders/$1/timeline"
    jq -r '
        def seconds: capture("^(?<whole>[^.Z]+)(?<part>\\.[0-9]+)?")
            | (.whole + "Z" | fromdateiso8601) + ("0" + (.part // "") | tonumber);
        def pad($n): . + " " * ([$n - length, 0] | max);
        def right($n): " " * ([$n - length, 0] | max) + .;
        def fixed: (. * 1000 | round | if . < 0 then 0 else . end)
            | "\(. / 1000 | floor).\(. % 1000 | tostring | "00" + . | .[-3:])";
        (.items[0].time | seconds) as $start
        | (.items | map({(.event_id): .type}) | add) as $types
        | ["time", "event", "service", "because of", "detail"],
          (.items[] | ["+\(.time | seconds - $start | fixed) s", .type, .source,
            (if .cause == null then "" else $types[.cause] // .cause end),
            (.detail // "" | sub("^(?<id>[0-9a-f]{8})-[0-9a-f-]{27}$"; "\(.id)..."))])
        | "    \(.[0] | right(10))  \(.[1] | pad(20)) \(.[2] | pad(13)) \(.[3] | pad(20)) \(.[4])"
        | sub(" +$"; "")' <<<"$BODY"
}
