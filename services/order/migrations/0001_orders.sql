-- Orders, their lines, and what happened to each.

CREATE TABLE orders (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL,
    status          text        NOT NULL
                    CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLING', 'SHIPPED', 'CANCELLED')),
    payment_method  text        NOT NULL,
    currency        text        NOT NULL,
    total           bigint      NOT NULL CHECK (total >= 0), -- minor units
    reason          text        NOT NULL DEFAULT '',         -- why it was cancelled
    reservation_id  text        NOT NULL DEFAULT '',
    tracking_number text        NOT NULL DEFAULT '',
    version         integer     NOT NULL, -- counts the changes of status
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deadline_at     timestamptz NOT NULL  -- the saga is to be over by then
) WITH (fillfactor = 80);

-- GET /orders pages through these; ids are in order of creation.
CREATE INDEX orders_of_user ON orders (user_id, id DESC);

-- What the deadline sweep looks for.
CREATE INDEX orders_open ON orders (deadline_at) WHERE status IN ('PENDING', 'CONFIRMED');

CREATE TABLE order_lines (
    order_id   uuid    NOT NULL REFERENCES orders,
    line       integer NOT NULL,
    sku        text    NOT NULL,
    quantity   bigint  NOT NULL CHECK (quantity > 0),
    unit_price bigint  NOT NULL CHECK (unit_price >= 0),
    PRIMARY KEY (order_id, line)
);

-- The timeline: every event of an order's saga that this service sent or received.
CREATE TABLE order_events (
    order_id uuid        NOT NULL REFERENCES orders,
    position bigint      GENERATED ALWAYS AS IDENTITY,
    event_id text        NOT NULL,
    type     text        NOT NULL,
    source   text        NOT NULL, -- the service that said it
    time     timestamptz NOT NULL,
    cause    text        NOT NULL, -- id of the event that led to it, or who asked
    detail   text        NOT NULL,
    PRIMARY KEY (order_id, event_id)
);
