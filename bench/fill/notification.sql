-- The mails: one for each event of the order service.
\ir common.sql
INSERT INTO notifications (id, event_id, user_id, order_id, kind, subject, body, state, attempts,
    due_at, traceparent, created_at, sent_at)
SELECT pg_temp.fill_id('mail' || k::text, i), pg_temp.fill_id('event' || k::text, i), pg_temp.fill_user(i),
    pg_temp.fill_order(i), type, 'News of your order ' || pg_temp.fill_order(i),
    'Your order over ' || pg_temp.fill_total(i) || ' cents has come further: it is now ' || type
    || ' and we will write again.', 'SENT', 1, pg_temp.fill_at(i) + k * interval '1 s',
    '00-' || md5('trace' || i::text) || '-' || substr(md5('mail' || i::text), 1, 16) || '-01',
    pg_temp.fill_at(i) + k * interval '1 s', pg_temp.fill_at(i) + k * interval '1 s'
FROM generate_series(:first::bigint, :last::bigint) AS i
CROSS JOIN LATERAL (SELECT * FROM fill_events e
    WHERE e.shipped = pg_temp.fill_shipped(i) AND source = 'order' ORDER BY k) AS e;
VACUUM (ANALYZE) notifications;
