-- What every service needs to be reliable: outbox, inbox, idempotency keys.

-- Events waiting for their relay; a row goes when its destination has it (outbox.h).
CREATE TABLE outbox (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination smallint    NOT NULL, -- 1: RabbitMQ, 2: Redis Stream
    event_id    text        NOT NULL,
    type        text        NOT NULL, -- the routing key
    subject     text        NOT NULL,
    envelope    text        NOT NULL, -- the CloudEvent, ready to send
    traceparent text        NOT NULL,
    optional    boolean     NOT NULL, -- nobody has to be bound to it
    attempts    integer     NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_order ON outbox (destination, seq);

-- Events already handled (inbox.h).
CREATE TABLE inbox (
    event_id   text        PRIMARY KEY,
    handled_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_age ON inbox (handled_at);

-- Answers already given (idempotency.h).
CREATE TABLE idempotency (
    caller      text        NOT NULL,
    key         text        NOT NULL,
    fingerprint text        NOT NULL, -- keyed hash of method, path and body
    status      smallint    NOT NULL,
    body        text,
    location    text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
