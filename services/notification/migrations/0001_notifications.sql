-- What customers are told, and whether it has been delivered.

CREATE TABLE notifications (
    id           uuid        PRIMARY KEY,
    event_id     text        NOT NULL, -- of the event that it tells about
    user_id      uuid        NOT NULL, -- the recipient
    order_id     uuid        NOT NULL,
    kind         text        NOT NULL, -- the event's type
    subject      text        NOT NULL,
    body         text        NOT NULL,
    state        text        NOT NULL CHECK (state IN ('PENDING', 'SENT', 'FAILED')),
    reason       text        NOT NULL DEFAULT '', -- why it failed, or was put off last
    attempts     bigint      NOT NULL DEFAULT 0,  -- also tells a worker whether it still has it
    due_at       timestamptz NOT NULL DEFAULT now(),       -- not to be delivered before
    locked_until timestamptz NOT NULL DEFAULT '-infinity', -- a worker has it in hand
    traceparent  text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    -- However often an event arrives, its recipient is told once.
    CONSTRAINT notifications_once UNIQUE (event_id, user_id)
) WITH (fillfactor = 80);

-- GET /notifications pages through these; ids are in order of creation.
CREATE INDEX notifications_of_user ON notifications (user_id, id DESC);

-- What the workers look for.
CREATE INDEX notifications_due ON notifications (due_at) WHERE state = 'PENDING';
