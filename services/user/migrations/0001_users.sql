-- Who may sign in.

CREATE TABLE users (
    id            uuid        PRIMARY KEY, -- version 7: in order of creation, GET /users pages through them
    email         text        NOT NULL CONSTRAINT users_email_unique UNIQUE, -- in lower case
    name          text        NOT NULL,
    role          text        NOT NULL CHECK (role IN ('customer', 'admin')),
    password_hash text        NOT NULL, -- Argon2id with its salt and cost: $argon2id$v=19$m=…
    created_at    timestamptz NOT NULL DEFAULT now()
);
