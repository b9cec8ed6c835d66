/* idempotency.c - one effect for each Idempotency-Key, one answer for its repetitions. */
#include "idempotency.h"

#include <sodium.h>
#include <string.h>

#include "db.h"

enum { KEY_MAX = 255, HASH_SIZE = 32 };

/* Set before threads start, then only read. */
static unsigned char secret_hash[HASH_SIZE];

void idempotency_secret(const char *secret)
{
    crypto_hash_sha256(secret_hash, (const unsigned char *)secret, strlen(secret));
}

/* Of the strings with their final NULs, so that no two lists run into one another. */
static void hash_of(unsigned char hash[HASH_SIZE], const char *const strings[], size_t n,
                    const char *body, size_t body_len)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, secret_hash, sizeof(secret_hash), HASH_SIZE);
    for (size_t i = 0; i < n; i++)
        crypto_generichash_update(&state, (const unsigned char *)strings[i],
                                  strlen(strings[i]) + 1);
    if (body_len)
        crypto_generichash_update(&state, (const unsigned char *)body, body_len);
    crypto_generichash_final(&state, hash, HASH_SIZE);
}

static bool key_valid(const char *key)
{
    size_t len = 0;

    for (; key[len]; len++)
        if (key[len] < ' ' || key[len] > '~' || len == KEY_MAX)
            return false;
    return len > 0;
}

/* Seven parameters, for a request is what it is. NOLINTNEXTLINE(readability-function-size) */
struct err idempotency_key(struct idempotency *k, const char *caller, const char *key,
                           const char *method, const char *path, const char *body, size_t body_len)
{
    const char *const request[] = {method, path};
    unsigned char hash[HASH_SIZE];

    if (!key_valid(key))
        return (struct err){ERR_INVALID,
                            "Idempotency-Key must be 1 to 255 printable ASCII characters"};
    *k = (struct idempotency){.caller = caller, .key = key};
    hash_of(hash, request, 2, body, body_len);
    sodium_bin2hex(k->fingerprint, sizeof(k->fingerprint), hash, sizeof(hash));
    return OK;
}

/* Strangers all have the same name, none: what sets them apart is what they ask for. */
static const char *scope_of(const struct idempotency *k)
{
    return *k->caller ? k->caller : k->fingerprint;
}

struct err idempotency_find(struct ctx *ctx, const struct idempotency *k,
                            struct stored_answer *stored)
{
    enum { FINGERPRINT, STATUS, BODY, LOCATION };
    struct db_rows rows;
    struct err err;

    *stored = (struct stored_answer){.status = 0};
    err = db_exec(ctx, &rows,
                  "SELECT fingerprint, status, body, location FROM idempotency"
                  " WHERE caller = $1 AND key = $2",
                  scope_of(k), k->key);
    if (err.code || rows.count == 0)
        return err;
    if (strcmp(db_str(&rows, 0, FINGERPRINT), k->fingerprint) != 0)
        return (struct err){ERR_UNPROCESSABLE,
                            "this Idempotency-Key was used for a different request"};
    *stored = (struct stored_answer){
        .status = (int)db_int(&rows, 0, STATUS),
        .body = db_str_or_null(&rows, 0, BODY),
        .location = db_str_or_null(&rows, 0, LOCATION),
    };
    return OK;
}

/* Without ON CONFLICT: the conflict is to fail the commit that this travels with. */
struct err idempotency_store(struct ctx *ctx, const struct idempotency *k,
                             const struct stored_answer *answer)
{
    return db_later(ctx,
                    "INSERT INTO idempotency (caller, key, fingerprint, status, body, location)"
                    " VALUES ($1, $2, $3, $4, $5, $6)",
                    scope_of(k), k->key, k->fingerprint, db_param_int(ctx, answer->status),
                    answer->body, answer->location);
}

struct err idempotency_prune(struct ctx *ctx, int64_t keep_s, int limit, int *pruned)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "DELETE FROM idempotency WHERE ctid = ANY (ARRAY"
                  " (SELECT ctid FROM idempotency"
                  "  WHERE created_at < now() - make_interval(secs => $1)"
                  "  ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                  db_param_int(ctx, keep_s), db_param_int(ctx, limit));
    *pruned = rows.count;
    return err;
}
