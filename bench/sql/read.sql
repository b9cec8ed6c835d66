-- read.sql - store_find() of services/order/store.c, for pgbench. The form of times is made
-- without colons, which pgbench takes for variables; it is computed once, when planned.
SELECT o.id, o.user_id, o.status, o.payment_method, o.currency, o.total, o.reason,
 o.reservation_id, o.tracking_number, o.version, o.settled,
 to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24' || chr(58) || 'MI' || chr(58) || 'SS.MS"Z"'),
 to_char(o.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24' || chr(58) || 'MI' || chr(58) || 'SS.MS"Z"'),
 l.sku, l.quantity, l.unit_price
 FROM orders o JOIN order_lines l ON l.order_id = o.id
 WHERE o.id = :order_id AND (:user_id::uuid IS NULL OR o.user_id = :user_id) ORDER BY l.line;
