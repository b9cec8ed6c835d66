/* health.h - what /livez and /readyz answer. Alive: the process turns. Ready: every
 * check passed when its owner last looked; owners are the threads that depend on
 * the thing anyway, so asking costs a dependency nothing. Any thread may call these. */
#ifndef COMMON_HEALTH_H
#define COMMON_HEALTH_H

#include <stdbool.h>

struct arena;
struct health_check;

/* A check by this name, at first not ready. Never freed; the same name gives the same check. */
struct health_check *health_check(const char *name);
void health_set(struct health_check *c, bool ready);

/* Off while draining: /readyz says 503 whatever the checks say. */
void health_set_serving(bool yes);

/* {"status":"ready","checks":{"database":"ok",…}}, or "unready" and "failing";
 * *ready is the verdict. */
const char *health_report(struct arena *a, bool *ready);

#endif
