-- The mails: one for each event of the order service.
\ir common.sql
INSERT INTO notifications (id, event_id, user_id, order_id, kind, subject, body, state, attempts,
    due_at, traceparent, created_at, sent_at)
SELECT (head || '60' || k || tail)::uuid, head || '50' || k || tail, buyer, id, type,
    'News of your order ' || id, 'Your order over ' || total || ' cents has come further: it is now '
    || type || ' and we will write again.', 'SENT', 1, at + k * interval '1 s',
    '00-' || trace || '-' || substr(trace, 1, 15) || k || '-01',
    at + k * interval '1 s', at + k * interval '1 s'
FROM generate_series(:first::bigint, :last::bigint) AS i
CROSS JOIN LATERAL (SELECT pg_temp.fill_order(i) AS id, pg_temp.fill_user(i) AS buyer,
    pg_temp.fill_at(i) AS at, pg_temp.fill_total(i) AS total, md5('trace' || i::text) AS trace,
    pg_temp.fill_head(i) AS head, pg_temp.fill_tail(i) AS tail OFFSET 0) AS o -- once for each i
CROSS JOIN LATERAL (SELECT * FROM fill_events e
    WHERE e.shipped = pg_temp.fill_shipped(i) AND source = 'order' ORDER BY k) AS e;
VACUUM (ANALYZE) notifications;
