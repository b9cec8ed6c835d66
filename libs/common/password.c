/* password.c - Argon2id hashes, a few at a time. */
#include "password.h"

#include <errno.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "metrics.h"

enum { KIB = 1024 };

struct password_hasher {
    size_t memory;
    unsigned long long passes;
    sem_t turns;
    int wait_ms;
    struct metric *hash_time, *verify_time;
    char nobodys[crypto_pwhash_STRBYTES]; /* of no password that anyone knows */
};

static const char help[] = "Time to make or verify a password hash, without waiting for a turn.";

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool make_hash(const struct password_hasher *h, const char *password,
                      char out[crypto_pwhash_STRBYTES])
{
    return crypto_pwhash_str_alg(out, password, strlen(password), h->passes, h->memory,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* The hash is drawn, not computed: as good, and a start does not wait for it. */
static void make_nobodys(struct password_hasher *h)
{
    enum { SALT = 16, HASH = 32, BASE64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING };
    unsigned char random[SALT + HASH];
    char salt[sodium_base64_ENCODED_LEN(SALT, BASE64)],
        hash[sodium_base64_ENCODED_LEN(HASH, BASE64)];

    randombytes_buf(random, sizeof(random));
    sodium_bin2base64(salt, sizeof(salt), random, SALT, BASE64);
    sodium_bin2base64(hash, sizeof(hash), random + SALT, HASH, BASE64);
    snprintf(h->nobodys, sizeof(h->nobodys), "%sv=19$m=%zu,t=%llu,p=1$%s$%s",
             crypto_pwhash_argon2id_STRPREFIX, h->memory / KIB, h->passes, salt, hash);
}

static bool in_range(const struct password_options *opt)
{
    return opt->memory_kib >= (int64_t)crypto_pwhash_MEMLIMIT_MIN / KIB &&
           opt->memory_kib <= INT32_MAX / KIB &&
           opt->passes >= (int64_t)crypto_pwhash_argon2id_OPSLIMIT_MIN && opt->passes <= INT32_MAX;
}

struct err password_open(struct arena *a, const struct password_options *opt,
                         struct password_hasher **out)
{
    struct password_hasher *h;

    if (sodium_init() < 0)
        return err_new(a, ERR_INTERNAL, "libsodium cannot start: no source of random numbers");
    if (!in_range(opt))
        return err_new(a, ERR_INVALID, "the cost of password hashes is out of range");
    h = calloc(1, sizeof(*h));
    if (!h)
        abort();
    h->memory = (size_t)opt->memory_kib * KIB;
    h->passes = (unsigned long long)opt->passes;
    h->wait_ms = opt->wait_ms;
    sem_init(&h->turns, 0, (unsigned)opt->at_once);
    h->hash_time = metric_histogram("waybill_password_seconds", "op=\"hash\"", help);
    h->verify_time = metric_histogram("waybill_password_seconds", "op=\"verify\"", help);
    make_nobodys(h);
    *out = h;
    return OK;
}

void password_close(struct password_hasher *h)
{
    if (!h)
        return;
    sem_destroy(&h->turns);
    free(h);
}

static struct err busy(void)
{
    return (struct err){ERR_UNAVAILABLE, "too many passwords to check at the moment"};
}

/* A wait that ends: a flood of sign-ins must not take every thread of the service. */
static bool wait_turn(struct password_hasher *h)
{
    struct timespec until;
    int failed;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += h->wait_ms % 1000 * 1000000L;
    until.tv_sec += h->wait_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    do
        failed = sem_clockwait(&h->turns, CLOCK_MONOTONIC, &until);
    while (failed && errno == EINTR);
    return !failed;
}

struct err password_hash(struct password_hasher *h, struct arena *a, const char *password,
                         const char **hash)
{
    char *text = arena_alloc(a, crypto_pwhash_STRBYTES);
    int64_t start;
    bool made;

    if (!wait_turn(h))
        return busy();
    start = now_us();
    made = make_hash(h, password, text);
    metric_observe_us(h->hash_time, now_us() - start);
    sem_post(&h->turns);
    *hash = text;
    return made ? OK : busy();
}

struct err password_verify(struct password_hasher *h, struct arena *a, const char *hash,
                           const char *password, bool *fits)
{
    const char *against = hash ? hash : h->nobodys;
    bool matches, no_memory;
    int64_t start;

    *fits = false;
    if (crypto_pwhash_str_needs_rehash(against, h->passes, h->memory) < 0)
        return err_new(a, ERR_INTERNAL, "what is stored as a password hash is none");
    if (!wait_turn(h))
        return busy();
    start = now_us();
    errno = 0;
    matches = crypto_pwhash_str_verify(against, password, strlen(password)) == 0;
    no_memory = !matches && errno != EINVAL; /* EINVAL: it did find out, and they differ */
    metric_observe_us(h->verify_time, now_us() - start);
    sem_post(&h->turns);
    *fits = matches && hash;
    return no_memory ? busy() : OK;
}

bool password_outdated(const struct password_hasher *h, const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, h->passes, h->memory) != 0;
}
