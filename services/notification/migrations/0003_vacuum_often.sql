-- What was delivered stays in the index of what is due until a vacuum, and workers walk over it.
-- By default that comes when a fifth of the table has changed: of a large one, too late.
ALTER TABLE notifications SET (autovacuum_vacuum_scale_factor = 0.02);
