-- Products with their stock, and what each order has of it.

-- available = on_hand - reserved. The first check makes overselling impossible, the
-- second a piece that comes or goes without being booked, whatever a program does. There
-- are no more, for the server runs them all in every update that an order causes: what an
-- administrator types is checked by the program.
CREATE TABLE products (
    sku        text        COLLATE "C" PRIMARY KEY,
    name       text        NOT NULL,
    price      bigint      NOT NULL, -- minor units
    currency   text        NOT NULL,
    shippable  boolean     NOT NULL,
    initial    bigint      NOT NULL,
    restocked  bigint      NOT NULL DEFAULT 0,
    dispatched bigint      NOT NULL DEFAULT 0,
    on_hand    bigint      NOT NULL,
    reserved   bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT products_not_oversold CHECK (reserved BETWEEN 0 AND on_hand),
    CONSTRAINT products_on_hand CHECK (on_hand = initial + restocked - dispatched
                                       AND on_hand <= 1000000000)
) WITH (fillfactor = 50); -- few rows, updated by every order

-- One row an order. A tombstone (RELEASED before anything was reserved) has only
-- the first two columns.
CREATE TABLE reservations (
    order_id        uuid        PRIMARY KEY,
    state           text        NOT NULL
                    CHECK (state IN ('RESERVED', 'FAILED', 'RELEASED', 'DISPATCHED', 'UNSHIPPED')),
    reservation_id  text        NOT NULL DEFAULT '',
    user_id         text        NOT NULL DEFAULT '', -- this and the next three: for payment
    currency        text        NOT NULL DEFAULT '',
    total           bigint      NOT NULL DEFAULT 0,
    payment_method  text        NOT NULL DEFAULT '',
    reason          text        NOT NULL DEFAULT '', -- of FAILED and UNSHIPPED
    refused_sku     text        NOT NULL DEFAULT '',
    shipment_id     text        NOT NULL DEFAULT '', -- of DISPATCHED
    tracking_number text        NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX reservations_tracking ON reservations (tracking_number)
    WHERE tracking_number <> '';

-- What was reserved; kept afterwards as the record of what was shipped or given back.
CREATE TABLE reservation_lines (
    order_id uuid   NOT NULL REFERENCES reservations,
    sku      text   NOT NULL, -- whose stock the same statement moves
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, sku)
);
