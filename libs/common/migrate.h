/* migrate.h - bring a database to the schema that this program expects.
 *
 * Migrations are SQL files built into the program, run in the order given, each
 * in one transaction, under an advisory lock: several instances may start at once.
 * What has run is kept in schema_migrations with its checksum; a file that changed
 * after it ran is an error, for a migration is never edited. */
#ifndef COMMON_MIGRATE_H
#define COMMON_MIGRATE_H

#include <stddef.h>

#include "ctx.h"
#include "err.h"

struct migration {
    const char *name; /* "0001_orders" */
    const char *sql;
};

/* This program's own, put together by make: those of libs/common, then the service's. */
extern const struct migration migrations[];
extern const size_t nmigrations;

struct err migrate(struct ctx *ctx, const struct migration list[], size_t n) MUST_CHECK;

#endif
