-- What the databases must agree on about the orders that fill.sh stores: who placed number
-- i, when, what is on it. Included by the others; everything follows from the number.
\set ON_ERROR_STOP on
\set QUIET on

-- One a second from New Year 2026. What these functions use is immutable, too, or the server
-- would not put them in line.
CREATE FUNCTION pg_temp.fill_at(i bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS
    $$ SELECT to_timestamp(1767225600 + i) $$;
CREATE FUNCTION pg_temp.fill_ms(i bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT (1767225600 + i) * 1000 $$;

-- A UUIDv7 of that time, the same each time: head, three digits that say of what, tail.
-- 000 order, 100 customer, 200 reservation, 300 payment, 400 shipment, 50k event, 60k mail
CREATE FUNCTION pg_temp.fill_head(i bigint) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT lpad(to_hex(pg_temp.fill_ms(i) >> 16), 8, '0') || '-'
        || lpad(to_hex(pg_temp.fill_ms(i) & 65535), 4, '0') || '-7' $$;
CREATE FUNCTION pg_temp.fill_tail(i bigint) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT overlay(overlay(md5(i::text) PLACING '-8' FROM 1 FOR 2) PLACING '-' FROM 6 FOR 15) $$;
CREATE FUNCTION pg_temp.fill_id(what text, i bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
    $$ SELECT (pg_temp.fill_head(i) || what || pg_temp.fill_tail(i))::uuid $$;

CREATE FUNCTION pg_temp.fill_order(i bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
    $$ SELECT pg_temp.fill_id('000', i) $$;
CREATE FUNCTION pg_temp.fill_user(i bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
    $$ SELECT pg_temp.fill_id('100', i / 100) $$; -- a hundred orders each

-- One in twenty is cancelled, for it was out of stock.
CREATE FUNCTION pg_temp.fill_shipped(i bigint) RETURNS boolean IMMUTABLE LANGUAGE sql AS
    $$ SELECT i % 20 <> 0 $$;
CREATE FUNCTION pg_temp.fill_tracking(i bigint) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT 'WBF' || lpad(to_hex(i), 11, '0') $$;

-- One to three lines of a hundred products.
CREATE FUNCTION pg_temp.fill_lines(i bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT 1 + i % 3 $$;
CREATE FUNCTION pg_temp.fill_product(i bigint, line bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT (i * 7 + line * 13) % 100 $$;
CREATE FUNCTION pg_temp.fill_sku(product bigint) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT 'FILL-' || product::text $$;
CREATE FUNCTION pg_temp.fill_price(product bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT 500 + 10 * product $$;
CREATE FUNCTION pg_temp.fill_quantity(i bigint, line bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT 1 + (i + line) % 3 $$;
CREATE FUNCTION pg_temp.fill_piece(i bigint, line bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT CASE WHEN line <= pg_temp.fill_lines(i) THEN pg_temp.fill_quantity(i, line)
        * pg_temp.fill_price(pg_temp.fill_product(i, line)) ELSE 0 END $$;
CREATE FUNCTION pg_temp.fill_total(i bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    $$ SELECT pg_temp.fill_piece(i, 1) + pg_temp.fill_piece(i, 2) + pg_temp.fill_piece(i, 3) $$;

-- The events of an order in their order; k is also the second in which it happened.
CREATE TEMP TABLE fill_events (shipped boolean, k integer, type text, source text, detail text);
INSERT INTO fill_events VALUES
    (true,  1, 'order.created',       'order',     ''),
    (true,  2, 'inventory.reserved',  'inventory', 'reservation'),
    (true,  3, 'payment.processed',   'payment',   'payment'),
    (true,  4, 'order.confirmed',     'order',     ''),
    (true,  5, 'shipment.dispatched', 'inventory', 'tracking'),
    (true,  6, 'order.shipped',       'order',     ''),
    (false, 1, 'order.created',       'order',     ''),
    (false, 2, 'inventory.failed',    'inventory', 'out of stock'),
    (false, 3, 'order.cancelled',     'order',     'out of stock'),
    (false, 4, 'payment.failed',      'payment',   'out of stock');
ANALYZE fill_events;

-- They agree by construction, so that nothing need be looked up for each row.
SET session_replication_role = replica;
