-- What was reserved and shipped, and the products that it was taken from.
\ir common.sql
BEGIN;
INSERT INTO reservations (order_id, state, reservation_id, user_id, currency, total,
    payment_method, reason, refused_sku, shipment_id, tracking_number, created_at, updated_at)
SELECT pg_temp.fill_order(i), CASE WHEN shipped THEN 'DISPATCHED' ELSE 'FAILED' END,
    CASE WHEN shipped THEN pg_temp.fill_id('200', i)::text ELSE '' END,
    pg_temp.fill_user(i), 'EUR', pg_temp.fill_total(i), 'pm_ok',
    CASE WHEN shipped THEN '' ELSE 'out of stock' END,
    CASE WHEN shipped THEN '' ELSE pg_temp.fill_sku(pg_temp.fill_product(i, 1)) END,
    CASE WHEN shipped THEN pg_temp.fill_id('400', i)::text ELSE '' END,
    CASE WHEN shipped THEN pg_temp.fill_tracking(i) ELSE '' END,
    pg_temp.fill_at(i) + interval '1 s', pg_temp.fill_at(i) + interval '5 s'
FROM generate_series(:first::bigint, :last::bigint) AS i, pg_temp.fill_shipped(i) AS shipped;

INSERT INTO reservation_lines (order_id, sku, quantity)
SELECT id, pg_temp.fill_sku(pg_temp.fill_product(i, line)), pg_temp.fill_quantity(i, line)
FROM generate_series(:first::bigint, :last::bigint) AS i
CROSS JOIN LATERAL (SELECT pg_temp.fill_order(i) AS id OFFSET 0) AS o -- once for each i
CROSS JOIN LATERAL generate_series(1, pg_temp.fill_lines(i)) AS line
WHERE pg_temp.fill_shipped(i);

-- Exactly as much came as went, and a thousand more.
INSERT INTO products AS p (sku, name, price, currency, shippable, initial, dispatched, on_hand)
SELECT pg_temp.fill_sku(product), 'Filled Product ' || product, pg_temp.fill_price(product), 'EUR',
    true, sum(quantity) + 1000, sum(quantity), 1000
FROM generate_series(:first::bigint, :last::bigint) AS i,
    generate_series(1, pg_temp.fill_lines(i)) AS line, pg_temp.fill_product(i, line) AS product,
    pg_temp.fill_quantity(i, line) AS quantity
WHERE pg_temp.fill_shipped(i)
GROUP BY product
ON CONFLICT (sku) DO UPDATE SET initial = p.initial + excluded.initial,
    dispatched = p.dispatched + excluded.dispatched, on_hand = p.on_hand + excluded.on_hand;
COMMIT;
VACUUM (ANALYZE) reservations, reservation_lines, products;
