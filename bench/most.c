/* most.c - how much of one kind of request a server can answer. */
#include "most.h"

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "figures.h"
#include "settings.h"
#include "world.h"

/* NULL: there was too much to do, so this run says nothing. */
static struct load_result *run(const struct load *l, const char *name, void (*settle)(void))
{
    struct load_result *r = load_run(l);
    const bool clean = load_clean(r, name);

    if (!load_sane(r))
        die("%s does not work", name);
    if (settle)
        settle();
    if (clean)
        return r;
    free(r);
    return NULL;
}

static void measure_once(const struct load *l, const char *name, const char *unit,
                         void (*settle)(void))
{
    struct load_result *most = run(l, name, settle), *r;
    struct load half = *l;

    if (!most)
        return;
    figure_add(MORE_IS_BETTER, unit, most->rate, "%s", name);
    half.rate = most->rate / 2;
    half.poisson = true;
    half.connections = 4 * l->connections;
    r = run(&half, name, settle);
    if (r)
        figure_add_percentiles(name, &r->latency);
    free(most);
    free(r);
}

void most_measure(const struct load *l, const char *name, const char *unit, void (*settle)(void))
{
    for (size_t i = 0; i < bench_runs(); i++)
        measure_once(l, name, unit, settle);
}

void most_fast(const struct load *l, const char *name, const char *of)
{
    struct load_result *r = run(l, name, NULL);

    if (r)
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
