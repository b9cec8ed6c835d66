/* quiet.c - is everything over that was under way at some moment? */
#include "quiet.h"

#include <inttypes.h>
#include <stddef.h>

#include "servers.h"
#include "world.h"

/* What is left, counted. */
static const struct {
    const char *service, *table, *only;
} left[] = {
    {"order",        "orders",
     " AND payment_method <> 'pm_down' AND (status IN ('PENDING', 'CONFIRMED', 'CANCELLING')"
     " OR status = 'CANCELLED' AND NOT settled)"              },
    {"order",        "outbox",        ""                      },
    {"inventory",    "outbox",        ""                      },
    {"payment",      "outbox",        ""                      },
    {"notification", "notifications", " AND state = 'PENDING'"},
};

bool quiet_since(int64_t wall_ms)
{
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
        if (ask_sql(left[i].service,
                    text("SELECT count(*) FROM %s WHERE created_at < to_timestamp(%" PRId64
                         " / 1000.0)%s",
                         left[i].table, wall_ms, left[i].only)) != 0)
            return false;
    return oldest_in_stream("order-events") >= wall_ms;
}
