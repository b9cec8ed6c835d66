/* most.c - how much of one kind of request a server can answer. */
#include "most.h"

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "figures.h"
#include "settings.h"
#include "world.h"

static struct load_result *run(const struct load *l, const char *name, void (*settle)(void))
{
    struct load_result *r = load_run(l);

    if (!load_clean(r, name))
        die("%s: requests were refused or lost", name);
    if (settle)
        settle();
    return r;
}

void most_measure(const struct load *l, const char *name, const char *unit, void (*settle)(void))
{
    struct load closed = *l, half = *l;

    closed.rate = 0;
    half.poisson = true;
    half.connections = 4 * l->connections;
    for (size_t i = 0; i < bench_runs(); i++) {
        struct load_result *most = run(&closed, name, settle), *r;

        half.rate = most->rate / 2;
        r = run(&half, name, settle);
        figure_add(MORE_IS_BETTER, unit, most->rate, "%s", name);
        figure_add_percentiles(name, &r->latency);
        free(most);
        free(r);
    }
}

void most_fast(const struct load *l, const char *name, const char *of)
{
    struct load_result *r = run(l, name, NULL);

    figure_add(MORE_IS_BETTER, "answers/s", r->rate, "%s.%s", name, of);
    free(r);
}

size_t most_next(void *list, size_t n, char text[LOAD_MAX_REQUEST])
{
    const struct most_list *l = list;
    const size_t len = strlen(l->texts[n % l->n]);

    memcpy(text, l->texts[n % l->n], len);
    return len;
}

const char *most_get(const char *path, const char *token)
{
    return text("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", path,
                token);
}
