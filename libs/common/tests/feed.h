/* feed.h - events for tests of consumers and readers: types of this run alone, handlers
 * that leave a row for each effect, and handlers that fail as a test wants. */
#ifndef COMMON_TESTS_FEED_H
#define COMMON_TESTS_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "testing.h"

/* "txabc.done" leaves an effect; "txabc.fails" leaves one too, and fails feed.failures
 * times; "txabc.refused" is refused; no letters are shared with another run. */
enum { FEED_SUBSCRIPTIONS = 3 };

struct feed {
    struct testing *env; /* with the table "effect" */
    const char *done, *fails, *refused, *unheard;
    struct subscription subscriptions[FEED_SUBSCRIPTIONS];
};

struct feed *feed_open(void);
void feed_close(struct feed *f);
void feed_reset(struct feed *f); /* no effects, no failures */

/* How often feed.fails fails from now on, before it succeeds. */
void feed_set_failures(int n);

/* Is there room on the database's disk for another effect? */
void feed_set_room(struct feed *f, bool room);

/* When it was called, by the monotonic clock: at most 'max', returns how often. */
int feed_calls(int64_t at_ms[], int max);

/* An envelope, and its event's id. */
const char *feed_event(struct feed *f, const char *type, const char **id);

/* Of a statement, the first column of the first row. */
int64_t feed_number(struct feed *f, const char *sql);
void feed_do(struct feed *f, const char *sql);

/* A row of the outbox, with the id of its event. */
const char *feed_outbox(struct feed *f, const char *type, unsigned to, bool optional);

int64_t feed_effects(struct feed *f);
int64_t feed_effects_of(struct feed *f, const char *event_id);

/* The scratch database, through a proxy's port. */
struct db_options feed_db_behind(struct feed *f, int port);
struct proxy *feed_db_proxy(struct feed *f);

#endif
