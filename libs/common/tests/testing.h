/* testing.h - what tests against real servers share.
 *
 *   static int setup(void **state)    { *state = testing_open(migrations, nmigrations); … }
 *   static int teardown(void **state) { testing_close(*state); … }
 *
 * A test that cannot have what it needs ends the program with one clear line. */
#ifndef COMMON_TESTING_H
#define COMMON_TESTING_H

#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "db.h"
#include "migrate.h"

struct testing {
    struct ctx ctx;       /* with an arena and a connection to the scratch database */
    struct db_options db; /* for whatever makes connections of its own */
    const char *name;     /* of the database; unique, so fit for queues and streams too */
    struct db *server;    /* where scratch databases are made */
    struct arena *arena;  /* holds this */
};

/* A scratch database on the server of TEST_DATABASE_URL, brought to these migrations. */
struct testing *testing_open(const struct migration list[], size_t n);
struct testing *testing_open_common(void); /* with the tables of libs/common only */
void testing_close(struct testing *t);     /* drops the database */

/* One more arena and connection, for what happens at the same time. */
struct ctx testing_ctx_open(const struct testing *t);
/* The same for one of many that compete: where a service would give up and try again, it waits,
 * so that a slow machine is not taken for a fault. */
struct ctx testing_ctx_patient(const struct testing *t);
void testing_ctx_close(struct ctx *ctx);

/* The variable's value; the test program ends when there is none. */
const char *testing_env(const char *name);

/* "prefix_<process>_<random>" */
const char *testing_name(struct arena *a, const char *prefix);

/* Look until the condition holds; after ten seconds the test fails. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        for (int looks_ = 0; !(condition); looks_++)                                               \
            testing_pause(looks_, #condition, __FILE__, __LINE__);                                 \
    } while (0)
void testing_pause(int looks, const char *condition, const char *file, int line);

#endif
