-- schema.sql - the scratch database's own part: ids, times, and rows to work with. The
-- services' tables, each in a schema s_<service>, come from their own migrations.

-- As DB_RFC3339 of libs/common/db.h, whose colons pgbench would take for variables.
CREATE FUNCTION rfc3339(at timestamptz) RETURNS text LANGUAGE sql STABLE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- All that a saga's programs make up: ids in order of time, as UUIDv7 are, and the choice of
-- customer and product. Made in one statement, for a program makes them without the server.
CREATE FUNCTION made_up(customer int, product int,
    OUT order_id text, OUT payment_id text, OUT reservation_id text, OUT shipment_id text,
    OUT n1 text, OUT n2 text, OUT n3 text,
    OUT e1 text, OUT e2 text, OUT e3 text, OUT e4 text, OUT e5 text, OUT e6 text,
    OUT user_id text, OUT skus text) LANGUAGE sql VOLATILE AS $$
    SELECT b || '01', b || '02', b || '03', b || '04', b || '05', b || '06', b || '07',
           b || 'e1', b || 'e2', b || 'e3', b || 'e4', b || 'e5', b || 'e6',
           '00000000-0000-7000-8000-' || lpad(customer::text, 12, '0'), '{B-' || product || '}'
      FROM (SELECT substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(r, 1, 3) || '-8'
                   || substr(r, 4, 3) || '-' || substr(r, 7, 10) AS b
              FROM (SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS t,
                           md5(random()::text) AS r OFFSET 0) AS x OFFSET 0) AS y
$$;

INSERT INTO s_user.users (id, email, name, role, password_hash)
SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'bench-' || n || '@example.com',
       'A customer', 'customer', '-' FROM generate_series(1, 20) AS n;

INSERT INTO s_inventory.products (sku, name, price, currency, shippable, initial, on_hand)
SELECT 'B-' || n, 'A thing', 1000, 'EUR', true, 900000000, 900000000 FROM generate_series(1, 100) AS n;
VACUUM ANALYZE;
