-- The customers. Nobody can log in as one: no password has this hash.
\ir common.sql
INSERT INTO users (id, email, name, role, password_hash, created_at)
SELECT pg_temp.fill_id('100', u), 'filled-' || u || '@waybill.example', 'Filled Customer ' || u,
    'customer', '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$'
    || 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', pg_temp.fill_at(u)
FROM generate_series(:first::bigint / 100, :last::bigint / 100) AS u
ON CONFLICT DO NOTHING;
VACUUM (ANALYZE) users;
