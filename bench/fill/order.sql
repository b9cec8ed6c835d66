-- The orders, over and settled, with their lines and timelines.
\ir common.sql
BEGIN;
INSERT INTO orders (id, user_id, status, payment_method, currency, total, reason, reservation_id,
    tracking_number, version, created_at, updated_at, settled)
SELECT pg_temp.fill_order(i), pg_temp.fill_user(i),
    CASE WHEN shipped THEN 'SHIPPED' ELSE 'CANCELLED' END, 'pm_ok', 'EUR', pg_temp.fill_total(i),
    CASE WHEN shipped THEN '' ELSE 'out of stock' END,
    CASE WHEN shipped THEN pg_temp.fill_id('200', i)::text ELSE '' END,
    CASE WHEN shipped THEN pg_temp.fill_tracking(i) ELSE '' END,
    CASE WHEN shipped THEN 3 ELSE 2 END,
    pg_temp.fill_at(i), pg_temp.fill_at(i) + interval '6 s', NOT shipped
FROM generate_series(:first::bigint, :last::bigint) AS i, pg_temp.fill_shipped(i) AS shipped;

INSERT INTO order_lines (order_id, line, sku, quantity, unit_price)
SELECT id, line, pg_temp.fill_sku(product), pg_temp.fill_quantity(i, line),
    pg_temp.fill_price(product)
FROM generate_series(:first::bigint, :last::bigint) AS i
CROSS JOIN LATERAL (SELECT pg_temp.fill_order(i) AS id OFFSET 0) AS o -- once for each i
CROSS JOIN LATERAL generate_series(1, pg_temp.fill_lines(i)) AS line
CROSS JOIN LATERAL pg_temp.fill_product(i, line) AS product;

INSERT INTO order_events (order_id, event_id, type, source, time, cause, detail)
SELECT id, head || '50' || k || tail, type, source, at + k * interval '1 s',
    CASE k WHEN 1 THEN 'customer' ELSE head || '50' || k - 1 || tail END,
    CASE detail WHEN 'reservation' THEN head || '200' || tail
        WHEN 'payment' THEN head || '300' || tail
        WHEN 'tracking' THEN pg_temp.fill_tracking(i) ELSE detail END
FROM generate_series(:first::bigint, :last::bigint) AS i
CROSS JOIN LATERAL (SELECT pg_temp.fill_order(i) AS id, pg_temp.fill_at(i) AS at,
    pg_temp.fill_head(i) AS head, pg_temp.fill_tail(i) AS tail OFFSET 0) AS o
CROSS JOIN LATERAL (SELECT * FROM fill_events e
    WHERE e.shipped = pg_temp.fill_shipped(i) ORDER BY k) AS e;
COMMIT;
VACUUM (ANALYZE) orders, order_lines, order_events;
