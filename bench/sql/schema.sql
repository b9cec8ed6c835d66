-- schema.sql - the scratch database's own part: times, and rows to work with. The
-- services' tables, each in a schema s_<service>, come from their own migrations.

-- As DB_RFC3339 of libs/common/db.h, whose colons pgbench would take for variables.
CREATE FUNCTION rfc3339(at timestamptz) RETURNS text LANGUAGE sql STABLE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

INSERT INTO s_user.users (id, email, name, role, password_hash)
SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'bench-' || n || '@example.com',
       'A customer', 'customer', '-' FROM generate_series(1, 20) AS n;

INSERT INTO s_inventory.products (sku, name, price, currency, shippable, initial, on_hand)
SELECT 'B-' || n, 'A thing', 1000, 'EUR', true, 900000000, 900000000 FROM generate_series(1, 100) AS n;
VACUUM ANALYZE;
