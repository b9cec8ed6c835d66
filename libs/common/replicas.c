/* replicas.c - the instances of another service, in turn and past those that failed. */
#include "replicas.h"

#include <stdlib.h>
#include <string.h>

static size_t count(const char *urls)
{
    size_t n = 1;

    for (; *urls; urls++)
        n += *urls == ',';
    return n;
}

void replicas_init(struct replicas *r, const char *urls)
{
    char *rest;

    *r = (struct replicas){.urls = strdup(urls), .n = count(urls)};
    r->list = calloc(r->n, sizeof(*r->list));
    if (!r->urls || !r->list)
        abort();
    rest = r->urls;
    for (size_t i = 0; i < r->n; i++)
        r->list[i].url = strsep(&rest, ",");
}

void replicas_free(struct replicas *r)
{
    free(r->urls);
    free(r->list);
}

struct replica *replicas_choose(struct replicas *r, int64_t now_ms)
{
    struct replica *chosen = &r->list[r->next % r->n];

    for (size_t i = 0; i < r->n; i++) {
        struct replica *one = &r->list[(r->next + i) % r->n];

        if (now_ms < one->avoid_until_ms)
            continue;
        chosen = one;
        break;
    }
    r->next = (size_t)(chosen - r->list) + 1;
    if (chosen->avoid_until_ms) /* this call is to find out, the others need not */
        chosen->avoid_until_ms = now_ms + REPLICA_AVOID_MS;
    return chosen;
}

void replicas_record(struct replica *one, int64_t now_ms, bool failed)
{
    one->avoid_until_ms = failed ? now_ms + REPLICA_AVOID_MS : 0;
}
