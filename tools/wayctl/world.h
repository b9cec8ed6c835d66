/* world.h - the stack that a command looks at: its addresses and connections.
 *
 * Everything is reached on first use, so a command works as long as what it needs does.
 * Addresses come from the environment, as infra/stack.sh env prints it. */
#ifndef WAYCTL_WORLD_H
#define WAYCTL_WORLD_H

#include "bus_admin.h"
#include "ctx.h"
#include "err.h"
#include "redis.h"
#include "report.h"

enum service { ORDER, INVENTORY, PAYMENT, NOTIFICATION, SERVICES };

#define WORLD_STREAM "order-events"
#define WORLD_GROUP  "notification"

struct options {
    const char *args[2]; /* NULL: not given */
    bool json, yes, all;
    int64_t limit, older_s, wait_s;
};

/* What a command found out, beside its report: also the exit status. */
enum verdict { FINE = 0, WRONG = 1, UNKNOWN = 2 };

struct world;

/* One command at work. */
struct call {
    struct arena *arena;
    const struct options *opt;
    struct report *report;
    enum verdict verdict;
    struct world *world;
};

/* ERR_INVALID names the variables that are missing. 'w' lives in 'a'. */
struct err world_open(struct arena *a, struct world **out) MUST_CHECK;
void world_close(struct world *w);

const char *service_name(enum service s);
bool service_find(const char *name, enum service *out);

/* A unit of work on that service's database. */
struct ctx *world_db(struct call *c, enum service s);

/* The same error, saying whose it is: "payment: the database is not available". */
struct err world_error(struct call *c, enum service s, struct err err) MUST_CHECK;

struct err world_bus(struct call *c, struct bus **out) MUST_CHECK;

/* As redis_pipeline(), logged in; any reply that is an error is one here too. */
struct err world_redis(struct call *c, const struct redis_command commands[], size_t n,
                       redisReply *replies[]) MUST_CHECK;

struct world_request {
    const char *method, *path, *body; /* body: JSON, or NULL */
};

/* As the administrator, through the gateway. */
struct err world_ask_as_admin(struct call *c, const struct world_request *r, int *status,
                              const char **body) MUST_CHECK;

/* What the provider says it has captured and refunded, and of how many orders (references) it
 * ever captured more than one charge. */
struct provider_ledger {
    int64_t captured, refunded, charged_twice;
};
struct err world_provider_ledger(struct call *c, struct provider_ledger *out) MUST_CHECK;

#endif
