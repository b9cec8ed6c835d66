-- The payments: captured where the order was shipped.
\ir common.sql
INSERT INTO payments (id, order_id, user_id, amount, currency, method, state, reason, due_at,
    traceparent, correlation_id, causation_id, created_at, updated_at)
SELECT pg_temp.fill_id('300', i), pg_temp.fill_order(i), pg_temp.fill_user(i),
    pg_temp.fill_total(i), 'EUR', CASE WHEN shipped THEN 'pm_ok' ELSE '' END,
    CASE WHEN shipped THEN 'CAPTURED' ELSE 'VOID' END,
    CASE WHEN shipped THEN '' ELSE 'out of stock' END, pg_temp.fill_at(i) + interval '3 s',
    '00-' || md5('trace' || i::text) || '-' || substr(md5('span' || i::text), 1, 16) || '-01',
    pg_temp.fill_order(i), pg_temp.fill_id(CASE WHEN shipped THEN '502' ELSE '503' END, i),
    pg_temp.fill_at(i) + interval '2 s', pg_temp.fill_at(i) + interval '3 s'
FROM generate_series(:first::bigint, :last::bigint) AS i, pg_temp.fill_shipped(i) AS shipped;
VACUUM (ANALYZE) payments;

-- What the provider must have captured for these.
SELECT coalesce(sum(pg_temp.fill_total(i)), 0)
FROM generate_series(:first::bigint, :last::bigint) AS i WHERE pg_temp.fill_shipped(i);
