-- One index for each row that comes and goes, where there were two: the relay's order is the key.

ALTER TABLE outbox DROP CONSTRAINT outbox_pkey;
DROP INDEX outbox_order;
ALTER TABLE outbox ADD PRIMARY KEY (destination, seq);
