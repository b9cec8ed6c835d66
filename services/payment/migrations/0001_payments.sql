-- One payment for each order, and what is to be done about it.

CREATE TABLE payments (
    id             uuid        PRIMARY KEY, -- also the idempotency key at the provider
    order_id       uuid        NOT NULL UNIQUE,
    user_id        uuid        NOT NULL,
    amount         bigint      NOT NULL CHECK (amount >= 0), -- minor units
    refunded       bigint      NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
    currency       text        NOT NULL,
    method         text        NOT NULL, -- '' where the cancellation came first
    state          text        NOT NULL
                   CHECK (state IN ('CHARGING', 'GIVING_UP', 'REFUNDING', 'CAPTURED', 'FAILED',
                                    'REFUNDED', 'VOID')),
    reason         text        NOT NULL DEFAULT '',
    attempts       bigint      NOT NULL DEFAULT 0,
    due_at         timestamptz NOT NULL DEFAULT now(),       -- not to be worked on before
    locked_until   timestamptz NOT NULL DEFAULT '-infinity', -- a worker has it in hand
    traceparent    text        NOT NULL, -- of the event that asked for this state
    correlation_id text        NOT NULL,
    causation_id   text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

-- GET /payments pages through these; ids are in order of creation.
CREATE INDEX payments_of_user ON payments (user_id, id DESC);

-- What the workers look for, in the order in which they take it.
CREATE INDEX payments_due ON payments (attempts, due_at)
    WHERE state IN ('CHARGING', 'GIVING_UP', 'REFUNDING');
