-- What was asked and never answered is asked again: a queue may be lost with all it held.

ALTER TABLE orders
    ADD COLUMN settled boolean     NOT NULL DEFAULT false,       -- payment said that it keeps nothing
    ADD COLUMN ask_at  timestamptz NOT NULL DEFAULT '-infinity'; -- not to be asked about before

-- What the deadline sweep looks for.
DROP INDEX orders_open;
CREATE INDEX orders_open ON orders (deadline_at)
    WHERE status IN ('PENDING', 'CONFIRMED', 'CANCELLING') OR (status = 'CANCELLED' AND NOT settled);
