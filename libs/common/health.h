/* health.h - what /livez and /readyz answer. Alive: the process turns. Ready: send it
 * requests.
 *
 * A check belongs to a thread that depends on the thing anyway, so asking costs a
 * dependency nothing. Some are needed: without its database a service can answer nobody.
 * The others are told, but count only until they have passed once: an instance that was
 * never whole may have the wrong password, while one whose broker went away still answers,
 * and to take it out of service would make the outage larger.
 *
 * No check flaps: after its first success it changes when the news has lasted
 * HEALTH_HOLD_MS. Until then it is "faltering", or "recovering". Any thread may call
 * these. */
#ifndef COMMON_HEALTH_H
#define COMMON_HEALTH_H

#include <stdbool.h>

struct arena;
struct health_check;

enum { HEALTH_HOLD_MS = 2000 };

enum health_weight { HEALTH_TOLD, HEALTH_NEEDED };

/* A check by this name, at first not passed. Never freed; the same name gives the same
 * check, whose weight is the first one that was said. */
struct health_check *health_check(const char *name, enum health_weight weight);
void health_set(struct health_check *c, bool passing);

/* Off while draining: /readyz says 503 whatever the checks say. */
void health_set_serving(bool yes);

/* {"status":"ready","checks":{"database":"ok",…}}, or "unready" and "failing"; *ready is
 * the verdict. */
const char *health_report(struct arena *a, bool *ready);

/* The verdict, and *missing: the names of the checks that are in its way, "database, redis",
 * in 'a'. */
bool health_ready(struct arena *a, const char **missing);

#endif
