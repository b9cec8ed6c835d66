/* stream.c - Redis Streams and scripts. */
#include "stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "redis.h"

enum { SHA1_LEN = 40 };

struct stream {
    struct redis redis;
    const char *script; /* the last one loaded, and its name there */
    char sha1[SHA1_LEN + 1];
};

struct stream *stream_open(const struct stream_address *addr)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (!s)
        abort();
    s->redis.addr = addr;
    return s;
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    redis_close(&s->redis);
    free(s);
}

static const char *number(struct arena *a, int64_t n)
{
    return arena_printf(a, "%" PRId64, n);
}

struct err stream_ping(struct stream *s, struct arena *a)
{
    redisReply *reply;

    return redis_call(&s->redis, a, REDIS_COMMAND("PING"), NULL, &reply);
}

/* --- scripts ---------------------------------------------------------------- */

static struct err load(struct stream *s, struct arena *a, const char *script)
{
    redisReply *reply;
    struct err err =
        redis_call(&s->redis, a, REDIS_COMMAND("SCRIPT", "LOAD", script), NULL, &reply);

    if (err.code)
        return err;
    if (reply->type != REDIS_REPLY_STRING || reply->len != SHA1_LEN)
        return (struct err){ERR_INTERNAL, "redis: SCRIPT LOAD gave no SHA1"};
    memcpy(s->sha1, reply->str, SHA1_LEN);
    s->script = script;
    return OK;
}

static struct redis_command evalsha(struct stream *s, struct arena *a, const char *key,
                                    const char *const *args, size_t nargs)
{
    enum { FIXED = 4 };
    const char **argv = arena_array(a, const char *, FIXED + nargs);

    argv[0] = "EVALSHA";
    argv[1] = s->sha1;
    argv[2] = "1";
    argv[3] = key;
    memcpy(argv + FIXED, args, nargs * sizeof(argv[0]));
    return (struct redis_command){argv, FIXED + nargs};
}

struct err stream_eval(struct stream *s, struct arena *a, const char *script, const char *key,
                       const char *const *const args[], size_t n, size_t nargs)
{
    struct redis_command *calls = arena_array(a, struct redis_command, n);
    redisReply **replies = arena_array(a, redisReply *, n);
    bool forgotten = false;
    struct err err = s->script == script ? OK : load(s, a, script);

    for (size_t i = 0; i < n; i++)
        calls[i] = evalsha(s, a, key, args[i], nargs);
    if (!err.code)
        err = redis_pipeline(&s->redis, a, calls, n, replies);
    for (size_t i = 0; !err.code && i < n; i++)
        forgotten |= redis_says(replies[i], "NOSCRIPT");
    if (forgotten) {
        err = load(s, a, script);
        if (!err.code)
            err = redis_pipeline(&s->redis, a, calls, n, replies);
    }
    for (size_t i = 0; !err.code && i < n; i++)
        err = redis_reply_error(&s->redis, a, replies[i]);
    return err;
}

/* --- reading ---------------------------------------------------------------- */

struct err stream_group(struct stream *s, struct arena *a, const struct stream_consumer *c)
{
    redisReply *reply;

    return redis_call(&s->redis, a,
                      REDIS_COMMAND("XGROUP", "CREATE", c->key, c->group, "0", "MKSTREAM"),
                      "BUSYGROUP", &reply);
}

/* Redis says UNBLOCKED to those that wait while the stream is deleted. */
static bool group_is_gone(const redisReply *reply)
{
    return redis_says(reply, "NOGROUP") || redis_says(reply, "UNBLOCKED");
}

static bool is_array(const redisReply *r, size_t elements)
{
    return r->type == REDIS_REPLY_ARRAY && r->elements >= elements;
}

static bool is_string(const redisReply *r)
{
    return r->type == REDIS_REPLY_STRING;
}

/* An entry is [id, [field, value, ...]]; its fields are nil when it was deleted. */
static bool read_entry(const redisReply *r, struct stream_entry *e)
{
    const redisReply *fields;

    if (!is_array(r, 2) || !is_string(r->element[0]))
        return false;
    *e = (struct stream_entry){.id = r->element[0]->str, .deliveries = 1};
    fields = r->element[1];
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2)
        if (is_string(fields->element[i]) && strcmp(fields->element[i]->str, "event") == 0)
            e->event = fields->element[i + 1]->str;
    return true;
}

/* Redis 6.2 lists a claimed entry that was deleted as nil: there is nothing to read. */
static size_t read_entries(const redisReply *list, struct stream_entry *out)
{
    size_t n = 0;

    for (size_t i = 0; list->type == REDIS_REPLY_ARRAY && i < list->elements; i++)
        if (read_entry(list->element[i], &out[n]))
            n++;
    return n;
}

/* XREADGROUP from 'position': ">" for new entries, "0" for this consumer's pending ones. */
static struct err read_group(struct stream *s, struct arena *a, const struct stream_consumer *c,
                             int count, int block_ms, const char *position,
                             struct stream_entry **out, size_t *n)
{
    const char *wait = number(a, block_ms < STREAM_MAX_BLOCK_MS ? block_ms : STREAM_MAX_BLOCK_MS);
    const struct redis_command command =
        block_ms > 0 ? REDIS_COMMAND("XREADGROUP", "GROUP", c->group, c->name, "COUNT",
                                     number(a, count), "BLOCK", wait, "STREAMS", c->key, position)
                     : REDIS_COMMAND("XREADGROUP", "GROUP", c->group, c->name, "COUNT",
                                     number(a, count), "STREAMS", c->key, position);
    redisReply *reply;
    struct err err = redis_pipeline(&s->redis, a, &command, 1, &reply);

    *n = 0;
    if (err.code)
        return err;
    if (group_is_gone(reply))
        return stream_group(s, a, c);
    err = redis_reply_error(&s->redis, a, reply);
    if (err.code || !is_array(reply, 1) || !is_array(reply->element[0], 2))
        return err;
    reply = reply->element[0]->element[1]; /* [[key, entries]] */
    *out = arena_array(a, struct stream_entry, reply->elements);
    *n = read_entries(reply, *out);
    return OK;
}

struct err stream_read(struct stream *s, struct arena *a, const struct stream_consumer *c,
                       int count, int block_ms, struct stream_entry **out, size_t *n)
{
    return read_group(s, a, c, count, block_ms, ">", out, n);
}

/* --- claiming --------------------------------------------------------------- */

/* One XAUTOCLAIM, which looks at a limited part of what is pending: *cursor is where the
 * next one begins, "0-0" when all has been seen. */
static struct err claim_some(struct stream *s, struct arena *a, const struct stream_consumer *c,
                             int64_t idle_ms, int count, const char **cursor,
                             struct stream_entry **out, size_t *n)
{
    const struct redis_command command =
        REDIS_COMMAND("XAUTOCLAIM", c->key, c->group, c->name, number(a, idle_ms), *cursor, "COUNT",
                      number(a, count));
    redisReply *reply;
    struct err err = redis_call(&s->redis, a, command, "NOGROUP", &reply);

    *cursor = "0-0";
    if (err.code || !is_array(reply, 2) || !is_string(reply->element[0]))
        return err;
    *cursor = reply->element[0]->str;
    *out = arena_array(a, struct stream_entry, reply->element[1]->elements);
    *n = read_entries(reply->element[1], *out);
    return OK;
}

/* Neither XAUTOCLAIM nor XREADGROUP tells how often an entry was delivered. */
static struct err count_deliveries(struct stream *s, struct arena *a,
                                   const struct stream_consumer *c, struct stream_entry entries[],
                                   size_t n)
{
    struct redis_command *commands = arena_array(a, struct redis_command, n);
    redisReply **replies = arena_array(a, redisReply *, n);
    struct err err;

    for (size_t i = 0; i < n; i++) {
        const char **argv = arena_array(a, const char *, 6);

        argv[0] = "XPENDING";
        argv[1] = c->key;
        argv[2] = c->group;
        argv[3] = argv[4] = entries[i].id;
        argv[5] = "1";
        commands[i] = (struct redis_command){argv, 6};
    }
    err = redis_pipeline(&s->redis, a, commands, n, replies);
    for (size_t i = 0; !err.code && i < n; i++) {
        err = redis_reply_error(&s->redis, a, replies[i]);
        if (!err.code && is_array(replies[i], 1) && is_array(replies[i]->element[0], 4))
            entries[i].deliveries = replies[i]->element[0]->element[3]->integer;
    }
    return err;
}

struct err stream_claim(struct stream *s, struct arena *a, const struct stream_consumer *c,
                        int64_t idle_ms, int count, struct stream_entry **out, size_t *n)
{
    const char *cursor = "0-0";
    struct err err;

    *n = 0;
    if (idle_ms == 0)
        err = read_group(s, a, c, count, 0, "0", out, n);
    else
        err = claim_some(s, a, c, idle_ms, count, &cursor, out, n);
    while (!err.code && *n == 0 && strcmp(cursor, "0-0") != 0)
        err = claim_some(s, a, c, idle_ms, count, &cursor, out, n);
    if (err.code || *n == 0)
        return err;
    return count_deliveries(s, a, c, *out, *n);
}

/* In one piece, for what a consumer is given between a look and its deletion would be
 * pending with nobody, and lost. Without the group there is nobody to forget. */
static const char forget_script[] =
    "local all = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1]) "
    "if all.err then return 0 end "
    "for _, one in ipairs(all) do "
    "  local is = {} "
    "  for i = 1, #one, 2 do is[one[i]] = one[i + 1] end "
    "  if is.pending == 0 and is.idle >= tonumber(ARGV[3]) and is.name ~= ARGV[2] then "
    "    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], is.name) "
    "  end "
    "end "
    "return 1";

struct err stream_forget_idle(struct stream *s, struct arena *a, const struct stream_consumer *c,
                              int64_t idle_ms)
{
    const char *const args[] = {c->group, c->name, number(a, idle_ms)};
    const char *const *const calls[] = {args};

    return stream_eval(s, a, forget_script, c->key, calls, 1, 3);
}

struct err stream_uncount(struct stream *s, struct arena *a, const struct stream_consumer *c,
                          const struct stream_entry entries[], size_t n)
{
    const char *const at_once = "0";
    struct redis_command *commands = arena_array(a, struct redis_command, n);
    redisReply **replies = arena_array(a, redisReply *, n);
    struct err err;

    for (size_t i = 0; i < n; i++) {
        const struct redis_command command =
            REDIS_COMMAND("XCLAIM", c->key, c->group, c->name, at_once, entries[i].id, "RETRYCOUNT",
                          number(a, entries[i].deliveries - 1), "JUSTID");
        const char **argv = arena_array(a, const char *, command.argc);

        memcpy(argv, command.argv, command.argc * sizeof(*argv));
        commands[i] = (struct redis_command){argv, command.argc};
    }
    err = redis_pipeline(&s->redis, a, commands, n, replies);
    for (size_t i = 0; !err.code && i < n; i++)
        err = redis_reply_error(&s->redis, a, replies[i]);
    return err;
}

/* --- settling --------------------------------------------------------------- */

/* All or nothing: an entry that is acknowledged but not deleted would stay for ever. */
static struct err transaction(struct stream *s, struct arena *a,
                              const struct redis_command commands[], size_t n)
{
    enum { MAX_COMMANDS = 3 };
    struct redis_command all[MAX_COMMANDS + 2];
    redisReply *replies[MAX_COMMANDS + 2];
    struct err err;

    all[0] = REDIS_COMMAND("MULTI");
    for (size_t i = 0; i < n; i++)
        all[i + 1] = commands[i];
    all[n + 1] = REDIS_COMMAND("EXEC");
    err = redis_pipeline(&s->redis, a, all, n + 2, replies);
    for (size_t i = 0; !err.code && i < n + 2; i++)
        err = redis_reply_error(&s->redis, a, replies[i]);
    return err;
}

struct err stream_done(struct stream *s, struct arena *a, const struct stream_consumer *c,
                       const struct stream_entry entries[], size_t n)
{
    const char **ack = arena_array(a, const char *, n + 3);
    const char **del = arena_array(a, const char *, n + 2);
    const struct redis_command commands[] = {
        {ack, n + 3},
        {del, n + 2}
    };

    if (n == 0)
        return OK;
    ack[0] = "XACK";
    ack[1] = c->key;
    ack[2] = c->group;
    del[0] = "XDEL";
    del[1] = c->key;
    for (size_t i = 0; i < n; i++)
        ack[i + 3] = del[i + 2] = entries[i].id;
    return transaction(s, a, commands, 2);
}

struct err stream_bury(struct stream *s, struct arena *a, const struct stream_consumer *c,
                       const struct stream_entry *e, const char *reason)
{
    const struct redis_command commands[] = {
        REDIS_COMMAND("XADD", arena_printf(a, "%s.dead", c->key), "MAXLEN", "~",
                      number(a, STREAM_MAX_DEAD), "*", "event", e->event ? e->event : "", "reason",
                      reason, "group", c->group, "id", e->id),
        REDIS_COMMAND("XACK", c->key, c->group, e->id),
        REDIS_COMMAND("XDEL", c->key, e->id),
    };

    return transaction(s, a, commands, sizeof(commands) / sizeof(commands[0]));
}

struct err stream_backlog(struct stream *s, struct arena *a, const struct stream_consumer *c,
                          int64_t *length, int64_t *pending)
{
    redisReply *reply;
    struct err err = redis_call(&s->redis, a, REDIS_COMMAND("XLEN", c->key), NULL, &reply);

    *length = *pending = 0;
    if (err.code)
        return err;
    *length = reply->integer;
    err = redis_call(&s->redis, a, REDIS_COMMAND("XPENDING", c->key, c->group), "NOGROUP", &reply);
    if (!err.code && is_array(reply, 1))
        *pending = reply->element[0]->integer;
    return err;
}
