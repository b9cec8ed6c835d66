/* books.c - the invariants, checked on the servers themselves. */
#include "books.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "world.h"

enum { QUIET_S = 120 };

/* False when the server does not answer with one number; it is then said why. */
static bool ask(const char *service, const char *sql, const char *param, int64_t *value)
{
    char name[64];
    const char *const params[] = {param};
    PGconn *conn;
    PGresult *res;
    bool answered;

    snprintf(name, sizeof(name), "%s_DATABASE_URL", service);
    for (char *p = name; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    conn = PQconnectdb(world_env(name));
    res = PQexecParams(conn, sql, param ? 1 : 0, NULL, params, NULL, NULL, 0);
    answered = PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1;
    if (answered)
        *value = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
    else
        print_error("%s: %s: %s\n", service, sql, PQerrorMessage(conn));
    PQclear(res);
    PQfinish(conn);
    return answered;
}

int64_t sql_int_of(const char *service, const char *sql, const char *param)
{
    int64_t value = 0;

    if (!ask(service, sql, param, &value))
        fail_msg("%s does not answer", service);
    return value;
}

int64_t sql_int(const char *service, const char *sql)
{
    return sql_int_of(service, sql, NULL);
}

/* Work that is not finished, wherever it may be; each count must become 0. */
static const struct {
    const char *what, *service, *sql;
} unfinished[] = {
    {"orders that are not over",                           "order",
     "SELECT count(*) FROM orders WHERE status NOT IN ('SHIPPED', 'CANCELLED')"                         },
    {"cancelled orders that payment has not answered for", "order",
     "SELECT count(*) FROM orders WHERE status = 'CANCELLED' AND NOT settled"                           },
    {"rows in the order outbox",                           "order",        "SELECT count(*) FROM outbox"},
    {"rows in the inventory outbox",                       "inventory",    "SELECT count(*) FROM outbox"},
    {"rows in the payment outbox",                         "payment",      "SELECT count(*) FROM outbox"},
    {"payments in the provider's hands",                   "payment",
     "SELECT count(*) FROM payments WHERE state IN ('CHARGING', 'GIVING_UP', 'REFUNDING')"              },
    {"undelivered notifications",                          "notification",
     "SELECT count(*) FROM notifications WHERE state = 'PENDING'"                                       },
};

static const char *const queues[] = {"order",         "inventory",    "payment",
                                     "retry.1000ms",  "retry.5000ms", "retry.30000ms",
                                     "retry.120000ms"};
static const char *const dead[] = {"order.dead", "inventory.dead", "payment.dead"};

const char *books_noise(int64_t *count)
{
    int64_t told;

    for (size_t i = 0; i < sizeof(unfinished) / sizeof(unfinished[0]); i++)
        if (!ask(unfinished[i].service, unfinished[i].sql, NULL, count) || *count != 0)
            return unfinished[i].what;
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++)
        if ((*count = queue_length(queues[i])) != 0)
            return queues[i];
    if (!ask("order", "SELECT count(*) FROM order_events WHERE source = 'order'", NULL, count) ||
        !ask("notification", "SELECT count(*) FROM notifications", NULL, &told) || *count != told)
        return "events of orders, and fewer or more notifications";
    if ((*count = broker_stream_pending("order-events", "notification")) != 0)
        return "entries of the stream that were read and not acknowledged";
    if ((*count = broker_stream_length("order-events")) != 0)
        return "entries in the stream";
    return NULL;
}

static bool quiet(void *arg)
{
    int64_t count;

    (void)arg;
    return books_noise(&count) == NULL;
}

struct audit {
    books_finding *found;
    void *arg;
};

static void compare(const struct audit *audit, const char *what, int64_t a, int64_t b)
{
    if (a != b)
        audit->found(what, a, b, audit->arg);
}

static void check_money(const struct audit *audit)
{
    int64_t kept = sql_int("payment", "SELECT coalesce(sum(amount), 0) FROM payments"
                                      " WHERE state = 'CAPTURED'");
    int64_t refunded = sql_int("payment", "SELECT coalesce(sum(refunded), 0) FROM payments");
    struct reply ledger = broker_provider_ledger();

    compare(
        audit, "captured less refunded, and the total of the shipped orders", kept,
        sql_int("order", "SELECT coalesce(sum(total), 0) FROM orders WHERE status = 'SHIPPED'"));
    compare(audit, "captured, in our books and in the provider's", kept + refunded,
            reply_int(&ledger, "captured"));
    compare(audit, "refunded, in our books and in the provider's", refunded,
            reply_int(&ledger, "refunded"));
    compare(audit, "orders for which the provider captured more than one charge", 0,
            reply_int(&ledger, "charged_twice"));
    reply_free(&ledger);
}

static void check_stock(const struct audit *audit)
{
    compare(audit, "reserved when quiet", 0,
            sql_int("inventory", "SELECT coalesce(sum(reserved), 0) FROM products"));
    compare(audit, "products whose stock does not add up", 0,
            sql_int("inventory", "SELECT count(*) FROM products WHERE on_hand < 0 OR"
                                 " on_hand <> initial + restocked - dispatched"));
    compare(audit, "pieces dispatched, and pieces in shipped orders",
            sql_int("inventory", "SELECT coalesce(sum(dispatched), 0) FROM products"),
            sql_int("order", "SELECT coalesce(sum(quantity), 0) FROM order_lines"
                             " JOIN orders ON id = order_id WHERE status = 'SHIPPED'"));
}

static void check_notifications(const struct audit *audit)
{
    compare(audit, "notifications, and events of orders",
            sql_int("notification", "SELECT count(DISTINCT event_id) FROM notifications"),
            sql_int("order", "SELECT count(*) FROM order_events WHERE source = 'order'"));
    compare(audit, "order-events.dead", 0, broker_stream_length("order-events.dead"));
}

void books_audit(books_finding *found, void *arg)
{
    const struct audit audit = {found, arg};

    for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++)
        compare(&audit, dead[i], 0, queue_length(dead[i]));
    check_money(&audit);
    check_stock(&audit);
    check_notifications(&audit);
}

static void must_not_differ(const char *what, int64_t a, int64_t b, void *arg)
{
    (void)arg;
    fail_msg("%s: %" PRId64 " and %" PRId64, what, a, b);
}

void books_must_balance(void)
{
    const char *what;
    int64_t count = 0;

    if (!await(quiet, NULL, QUIET_S)) {
        what = books_noise(&count);
        if (what)
            fail_msg("not quiet after %d s: %" PRId64 " %s", QUIET_S, count, what);
    }
    books_audit(must_not_differ, NULL);
}
