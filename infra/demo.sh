#!/usr/bin/env bash
# demo.sh [sample] - five ways an order can go, seen from outside; "sample" is the first only.
#
# Everything goes through the gateway, as a customer who has just registered. Fails when
# a path does not end as it should.
set -euo pipefail

infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$infra/native/layout.sh"
. "$infra/shop.sh"

FAILED=0

# What should be true of the order on the table; says it, and remembers when it is not.
expect() { # what, wanted, found
    if [ "$2" = "$3" ]; then
        printf '    %-24s %s\n' "$1" "$3"
    else
        printf '    %-24s %s   <- should be %s\n' "$1" "$3" "$2"
        FAILED=$((FAILED + 1))
    fi
}

heading() { # title, what happens
    printf '\n%s\n    %s\n' "$1" "$2"
}

# Wait for the end, show how it came there, and check it.
conclude() { # wanted state
    wait_for "$ORDER" 'SHIPPED CANCELLED' || true
    wait_until_quiet "$ORDER"
    print_timeline "$ORDER"
    must 200 GET "/api/v1/orders/$ORDER"
    expect "order $(cut -c1-8 <<<"$ORDER") is now" "$1" "$(member .status)"
}

sample() {
    heading 'A sample order' 'Stock is reserved, the card is charged, the parcel leaves.'
    place_order WB-MUG 1 pm_ok
    conclude SHIPPED
}

shipped() {
    heading '1. Shipped' 'Stock is reserved, the card is charged, the parcel leaves.'
    place_order WB-MUG 1 pm_ok
    conclude SHIPPED
}

out_of_stock() {
    heading '2. Out of stock' 'There is nothing to reserve, so nothing needs undoing.'
    place_order WB-GHOST 1 pm_ok
    conclude CANCELLED
}

declined() {
    heading '3. Declined' 'The card is refused, so the reservation is released.'
    place_order WB-TEE 1 pm_declined
    conclude CANCELLED
}

cancelled_in_time() {
    heading '4. Cancelled in time' 'The customer thinks again while a slow payment is under way.'
    place_order WB-BOOK 1 pm_slow
    must '200 202' POST "/api/v1/orders/$ORDER/cancel"
    wait_for_event "$ORDER" payment.refunded || true # the charge came through all the same
    conclude CANCELLED
}

cancelled_too_late() {
    heading '5. Cancelled too late' 'The parcel has left: the answer is no, and nothing changes.'
    place_order WB-MUG 2 pm_ok
    wait_for "$ORDER" SHIPPED || true
    call POST "/api/v1/orders/$ORDER/cancel"
    local answer
    answer="$STATUS $(member .title)"
    conclude SHIPPED
    expect 'the answer to cancel' '409 Conflict' "$answer"
}

# WAYBILL_URL, else this machine's stack of that name.
find_gateway() {
    local state
    GATEWAY=${WAYBILL_URL:-}
    [ -z "$GATEWAY" ] || return 0
    state=$(readlink -e "$infra/../build/stacks/$NAME") || state=/nonexistent
    BASE=$(port_base "$state")
    GATEWAY=http://127.0.0.1:$(port_of gateway)
}

find_gateway
become_customer
if [ "${1:-}" = sample ]; then
    sample
    exit $((FAILED > 0))
fi
shipped
out_of_stock
declined
cancelled_in_time
cancelled_too_late
echo
[ $FAILED = 0 ] || fail "$FAILED of the above did not end as they should"
echo "All five paths ended as they should."
