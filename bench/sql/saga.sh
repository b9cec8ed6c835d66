#!/usr/bin/env bash
# saga.sh post|saga - a script for pgbench: the SQL of POST /orders, or of a whole saga.
#
# The statements are those of services/*/store.c and libs/common/{inbox,outbox,relay,
# idempotency}.c in the order in which an order meets them, with schemas before the tables'
# names, and BEGIN as a statement of its own. Each step is a transaction of its own, each
# statement a round trip: what a service without batches or pipelines would do. Left out is
# what only batches need: inventory's lock in front of all products.
# shellcheck disable=SC2016 # dollars are PostgreSQL's
set -euo pipefail

# --- what all services do ---------------------------------------------------------

begin() { echo 'BEGIN;'; }
commit() { echo 'COMMIT;'; }

hear() { # service, event id
    begin
    cat <<SQL
INSERT INTO s_$1.inbox (event_id) SELECT id FROM unnest(ARRAY[$2]::text[]) AS id
 ORDER BY id ON CONFLICT DO NOTHING RETURNING event_id;
SQL
}

announce() { # service, event id, type, destinations
    cat <<SQL
INSERT INTO s_$1.outbox (destination, event_id, type, subject, envelope, traceparent, optional)
 SELECT destination, $2, '$3', :order_id, :envelope, :traceparent, false
 FROM unnest('$4'::smallint[]) AS destination;
SQL
}

# Sixteen relays take one another's rows, as a relay takes those of sixteen requests: a row
# each, all in all. The list of numbers stands for the rows, which pgbench cannot keep.
relay() { # service, destination
    begin
    cat <<SQL
SELECT coalesce(array_agg(seq), '{}') AS seqs FROM (
 SELECT seq, event_id, type, subject, envelope, traceparent, optional
 FROM s_$1.outbox WHERE destination = $2 AND seq >= 0 AND due_at <= now()
 ORDER BY seq LIMIT 200 FOR UPDATE SKIP LOCKED) AS taken \\gset
DELETE FROM s_$1.outbox WHERE destination = $2 AND seq = ANY(:seqs::bigint[]);
SQL
    commit
}

# --- order ------------------------------------------------------------------------

ORDER='o.id, o.user_id, o.status, o.payment_method, o.currency, o.total, o.reason,
 o.reservation_id, o.tracking_number, o.version, o.settled, rfc3339(o.created_at), rfc3339(o.updated_at)'

order_note() { # "event id, type, source, cause" of each entry
    local columns=('' '' '' '') i
    for entry in "$@"; do
        IFS=, read -ra values <<<"$entry"
        for i in 0 1 2 3; do columns[i]+="${columns[i]:+, }${values[i]}"; done
    done
    cat <<SQL
INSERT INTO s_order.order_events (order_id, event_id, type, source, time, cause, detail)
 SELECT :order_id, t.* FROM unnest(ARRAY[${columns[0]}]::text[], ARRAY[${columns[1]}]::text[],
  ARRAY[${columns[2]}]::text[], array_fill(now(), ARRAY[$#]), ARRAY[${columns[3]}]::text[],
  array_fill(''::text, ARRAY[$#])) AS t ON CONFLICT DO NOTHING;
SQL
}

order_lock_and_save() { # status, version
    cat <<SQL
SELECT $ORDER FROM s_order.orders o WHERE o.id = :order_id AND (NULL::uuid IS NULL OR o.user_id = NULL)
 FOR UPDATE;
UPDATE s_order.orders SET status = '$1', reason = '', reservation_id = :reservation_id,
 tracking_number = :reservation_id, version = $2, settled = false, updated_at = now(),
 deadline_at = CASE WHEN '$1' <> 'SHIPPED' THEN deadline_at END
 WHERE id = :order_id;
SQL
}

# What programs make up without the server, here made with the first statement: ids in order of
# time, as UUIDv7 are, and who buys what.
MADE_UP="SELECT substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(r, 1, 3) || '-8'
  || substr(r, 4, 3) || '-' || substr(r, 7, 10) AS base,
  '00000000-0000-7000-8000-' || lpad((:customer)::text, 12, '0') AS user_id
 FROM (SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS t,
  md5(random()::text) AS r OFFSET 0) AS x OFFSET 0"
IDS="base || '01' AS order_id, base || '02' AS payment_id, base || '03' AS reservation_id,
 base || '04' AS shipment_id, base || '05' AS n1, base || '06' AS n2, base || '07' AS n3,
 base || 'e1' AS e1, base || 'e2' AS e2, base || 'e3' AS e3, base || 'e4' AS e4, base || 'e5' AS e5,
 base || 'e6' AS e6"

order_place() {
    cat <<SQL
\\set customer random(1, 20)
\\set product random(1, 100)
SELECT $IDS, user_id, '{B-' || :product || '}' AS skus,
  i.fingerprint, i.status, i.body AS stored, i.location
 FROM ($MADE_UP) AS m LEFT JOIN s_order.idempotency i ON i.caller = user_id AND i.key = base || 'e1' \\gset
SQL
    [ "$1" = post ] || peers_of_order
    begin
    cat <<SQL
WITH o AS (
 INSERT INTO s_order.orders (id, user_id, status, payment_method, currency, total, version,
  deadline_at, created_at, updated_at)
 VALUES (:order_id, :user_id, 'PENDING', 'pm_ok', 'EUR', 1000, 1, now() + make_interval(secs => 60),
  now(), now())
 RETURNING id)
INSERT INTO s_order.order_lines (order_id, line, sku, quantity, unit_price)
 SELECT o.id, t.line, t.sku, t.quantity, t.unit_price FROM o,
  unnest(:skus::text[], '{1}'::bigint[], '{1000}'::bigint[])
  WITH ORDINALITY AS t (sku, quantity, unit_price, line);
SQL
    announce order :e1 order.created '{1,2}'
    order_note ":e1,'order.created','order','customer'"
    cat <<SQL
INSERT INTO s_order.idempotency (caller, key, fingerprint, status, body, location)
 VALUES (:user_id, :e1, :traceparent, 201, :body, :order_id);
SQL
    commit
}

user_find() {
    echo 'SELECT id, email, name, role, password_hash, rfc3339(created_at) FROM s_user.users WHERE id = :user_id;'
}

PRODUCT='p.sku, p.name, p.price, p.currency, p.shippable, p.initial, p.restocked, p.dispatched,
 p.on_hand, p.reserved, rfc3339(p.updated_at)'

peers_of_order() {
    user_find
    echo "SELECT $PRODUCT FROM s_inventory.products p WHERE p.sku = ANY(:skus::text[]) ORDER BY p.sku;"
}

order_hear_reserved() {
    hear order :e2
    order_lock_and_save PENDING 1
    order_note ":e2,'inventory.reserved','inventory',:e1"
    commit
}

order_hear_and_announce() { # id heard, its type, id announced, its type, status, version
    hear order "$1"
    order_lock_and_save "$5" "$6"
    announce order "$3" "$4" '{1,2}'
    order_note "$1,'$2','other',:e1" "$3,'$4','order',$1"
    commit
}

# --- inventory --------------------------------------------------------------------

inventory_save() { # from, to, reserved, dispatched
    cat <<SQL
WITH saved AS (
 INSERT INTO s_inventory.reservations (order_id, state, reservation_id, user_id, currency, total,
  payment_method, reason, refused_sku, shipment_id, tracking_number)
 VALUES (:order_id, '$2', :reservation_id, :user_id, 'EUR', 1000, 'pm_ok', '', '', :shipment_id, :shipment_id)
 ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
  refused_sku = excluded.refused_sku, shipment_id = excluded.shipment_id,
  tracking_number = excluded.tracking_number, updated_at = now()
  WHERE reservations.state = '$1'
 RETURNING order_id),
moved AS (
 SELECT saved.order_id, t.sku, t.quantity FROM saved,
  unnest(:skus::text[], '{1}'::bigint[]) AS t (sku, quantity)),
lines AS (
 INSERT INTO s_inventory.reservation_lines (order_id, sku, quantity)
 SELECT order_id, sku, quantity FROM moved ON CONFLICT DO NOTHING),
stock AS (
 UPDATE s_inventory.products p SET reserved = p.reserved + moved.quantity * ($3)::bigint,
  dispatched = p.dispatched + moved.quantity * ($4)::bigint,
  on_hand = p.on_hand - moved.quantity * ($4)::bigint, updated_at = now()
 FROM moved WHERE p.sku = moved.sku)
SELECT FROM saved;
SQL
}

inventory_lock() {
    cat <<SQL
SELECT state, reservation_id, user_id, currency, total, payment_method, reason, refused_sku,
 shipment_id, tracking_number FROM s_inventory.reservations WHERE order_id = :order_id FOR NO KEY UPDATE;
SQL
}

inventory_reserve() {
    hear inventory :e1
    inventory_lock
    cat <<SQL
SELECT $PRODUCT FROM s_inventory.products p WHERE p.sku = ANY(:skus::text[])
 ORDER BY p.sku FOR NO KEY UPDATE OF p;
SQL
    inventory_save NONE RESERVED 1 0
    announce inventory :e2 inventory.reserved '{1}'
    commit
}

inventory_ship() {
    hear inventory :e4
    inventory_lock
    cat <<SQL
SELECT $PRODUCT, l.quantity FROM s_inventory.reservation_lines l
 JOIN s_inventory.products p ON p.sku = l.sku WHERE l.order_id = :order_id
 ORDER BY p.sku FOR NO KEY UPDATE OF p;
SQL
    inventory_save RESERVED DISPATCHED -1 1
    announce inventory :e5 shipment.dispatched '{1}'
    commit
}

# --- payment ----------------------------------------------------------------------

PAYMENT='id, order_id, user_id, amount, refunded, currency, method, state, reason, attempts,
 traceparent, correlation_id, causation_id, rfc3339(created_at), rfc3339(updated_at)'

payment_reserved() {
    hear payment :e2
    cat <<SQL
INSERT INTO s_payment.payments (id, order_id, user_id, amount, currency, method, state, reason,
  traceparent, correlation_id, causation_id)
 VALUES (:payment_id, :order_id, :user_id, 1000, 'EUR', 'pm_ok', 'CHARGING', '', :traceparent, :e1, :e2)
 ON CONFLICT (order_id) DO NOTHING;
SQL
    commit
}

# Sixteen workers take one another's payments too; who comes away empty goes on with its own.
payment_charge() {
    begin
    cat <<SQL
WITH taken AS (
 UPDATE s_payment.payments SET locked_until = now() + 10000 * interval '1 millisecond'
 WHERE id = (SELECT id FROM s_payment.payments WHERE state IN ('CHARGING', 'GIVING_UP', 'REFUNDING')
  AND due_at <= now() AND locked_until <= now() ORDER BY attempts, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
 RETURNING $PAYMENT)
SELECT coalesce(min(id::text), :payment_id) AS job FROM taken \\gset
SQL
    commit
    begin
    cat <<SQL
SELECT $PAYMENT FROM s_payment.payments WHERE id = :job FOR UPDATE;
UPDATE s_payment.payments SET state = 'CAPTURED', reason = '', attempts = 1, refunded = 0,
 due_at = now() + 0 * (0.5 + random() / 2) * interval '1 millisecond',
 locked_until = '-infinity', updated_at = now() WHERE id = :job;
SQL
    announce payment :e3 payment.processed '{1}'
    commit
}

# --- notification -----------------------------------------------------------------

NOTIFICATION='id, event_id, user_id, order_id, kind, subject, body, state, reason, attempts, traceparent,
 rfc3339(created_at), rfc3339(sent_at)'

notify() { # event id, type, notification id
    hear notification "$1"
    cat <<SQL
INSERT INTO s_notification.notifications (id, event_id, user_id, order_id, kind, subject, body, state,
  traceparent)
 VALUES ($3, $1, :user_id, :order_id, '$2', 'Your order', :envelope, 'PENDING', :traceparent)
 ON CONFLICT (event_id, user_id) DO NOTHING;
SQL
    commit
    begin
    cat <<SQL
WITH taken AS (
 UPDATE s_notification.notifications SET attempts = attempts + 1,
  locked_until = now() + 10000 * interval '1 millisecond'
 WHERE id = (SELECT id FROM s_notification.notifications WHERE state = 'PENDING'
  AND due_at <= now() AND locked_until <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
 RETURNING $NOTIFICATION)
SELECT coalesce(min(id::text), $3) AS job FROM taken \\gset
SQL
    commit
    user_find
    begin
    cat <<SQL
UPDATE s_notification.notifications SET state = 'SENT', reason = '', sent_at = now(),
 due_at = now() + 0 * (0.5 + random() / 2) * interval '1 millisecond', locked_until = '-infinity'
 WHERE id = :job AND state <> 'SENT' AND ('SENT' = 'SENT' OR attempts = 1);
SQL
    commit
}

# --- the saga ---------------------------------------------------------------------

order_place "$1"
[ "$1" = saga ] || exit 0
relay order 1
relay order 2
notify :e1 order.created :n1
inventory_reserve
relay inventory 1
order_hear_reserved
payment_reserved
payment_charge
relay payment 1
order_hear_and_announce :e3 payment.processed :e4 order.confirmed CONFIRMED 2
relay order 1
relay order 2
notify :e4 order.confirmed :n2
inventory_ship
relay inventory 1
order_hear_and_announce :e5 shipment.dispatched :e6 order.shipped SHIPPED 3
relay order 1
relay order 2
notify :e6 order.shipped :n3
