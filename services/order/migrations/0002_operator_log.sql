-- What operators did to the system with wayctl, to whichever service: an order is what
-- they all serve. Only ever added to; the service itself has no use for it.
CREATE TABLE operator_log (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    who     text        NOT NULL,
    host    text        NOT NULL,
    command text        NOT NULL,            -- "dead redrive"
    target  text        NOT NULL,            -- an order, a queue, a message
    outcome text        NOT NULL DEFAULT ''  -- '' while it runs, and when it was cut short
);
