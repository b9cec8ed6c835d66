/* fuzz_peer.c - in place of http_client.c: another service that answers anything. */
#include "arena.h"
#include "fuzz.h"
#include "http_client.h"

static struct http_reply answer;

void fuzz_answer(struct arena *a, const uint8_t *data, size_t len)
{
    /* '0' is the first one, '7' the last. */
    static const int statuses[8] = {200, 201, 204, 400, 402, 404, 409, 422};

    answer = (struct http_reply){.attempts = 1, .status = statuses[len ? data[0] % 8 : 0]};
    answer.body_len = len ? len - 1 : 0;
    answer.body = arena_strndup(a, len ? (const char *)data + 1 : "", answer.body_len);
}

int fuzz_answered(void)
{
    return answer.status;
}

struct err http_call(struct ctx *ctx, struct http_target *t, const struct http_call *call,
                     struct http_reply *reply)
{
    (void)ctx, (void)t, (void)call;
    *reply = answer;
    return OK;
}

struct http_target *http_target_new(const struct http_target_options *opt)
{
    (void)opt;
    return NULL;
}

void http_target_free(struct http_target *t)
{
    (void)t;
}

/* Then it is asked how it is, and that is answered likewise. */
bool http_target_is_failing(struct http_target *t)
{
    (void)t;
    return true;
}
