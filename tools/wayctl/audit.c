/* audit.c - what two services say of the same orders, compared page by page. */
#include "audit.h"

#include <inttypes.h>

#include "arena.h"
#include "db.h"

enum { PAGE = 2000 };

/* A page of id, amount and currency after the id $1, at most $2 of them. */
#define SETTLED "updated_at < now() - interval '10 seconds'"
#define ORDERS_THAT_ARE(status)                                                                    \
    "SELECT id, total, currency FROM orders WHERE id > $1 AND status = '" status "'"               \
    " AND " SETTLED " ORDER BY id LIMIT $2"

/* That page in another database: the id of those that contradict the claim, what was found. */
#define PAGE_OF_THEM                                                                               \
    " FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS o (id, amount, currency)"

/* clang-format off */
static const struct {
    const char *claim, *list, *judge;
    enum service from, at;
    int invariant;
    bool needs_quiet;
} audits[AUDITS] = {
    {"every shipped order is paid, in full",               ORDERS_THAT_ARE("SHIPPED"),
     "SELECT o.id, concat_ws(' ', coalesce(state, 'no payment'), p.amount - refunded)" PAGE_OF_THEM
     " LEFT JOIN payments p ON order_id = o.id WHERE state IS DISTINCT FROM 'CAPTURED'"
     " OR p.amount <> o.amount OR p.currency <> o.currency",
     ORDER, PAYMENT, 2, false},
    {"no money of a cancelled order is kept",              ORDERS_THAT_ARE("CANCELLED"),
     "SELECT o.id, concat_ws(' ', state, p.amount - refunded)" PAGE_OF_THEM
     " JOIN payments p ON order_id = o.id WHERE state NOT IN ('FAILED', 'REFUNDED', 'VOID')",
     ORDER, PAYMENT, 2, true},
    {"every shipped order was dispatched",                 ORDERS_THAT_ARE("SHIPPED"),
     "SELECT o.id, coalesce(state, 'no reservation')" PAGE_OF_THEM
     " LEFT JOIN reservations ON order_id = o.id WHERE state IS DISTINCT FROM 'DISPATCHED'",
     ORDER, INVENTORY, 3, false},
    {"nothing is held for, or went to, a cancelled order", ORDERS_THAT_ARE("CANCELLED"),
     "SELECT o.id, state" PAGE_OF_THEM
     " JOIN reservations ON order_id = o.id WHERE state IN ('RESERVED', 'DISPATCHED')",
     ORDER, INVENTORY, 3, false},
    {"every order that was paid for is there",
     "SELECT order_id, amount, currency FROM payments WHERE order_id > $1"
     " AND state = 'CAPTURED' AND " SETTLED " ORDER BY order_id LIMIT $2",
     "SELECT o.id, 'no such order'" PAGE_OF_THEM
     " LEFT JOIN orders ON orders.id = o.id WHERE orders.id IS NULL",
     PAYMENT, ORDER, 5, false},
};
/* clang-format on */

int audit_invariant(size_t audit)
{
    return audits[audit].invariant;
}

const char *audit_claim(size_t audit)
{
    return audits[audit].claim;
}

bool audit_needs_quiet(size_t audit)
{
    return audits[audit].needs_quiet;
}

static struct err judge(struct ctx *ctx, size_t audit, const struct db_rows *page,
                        struct db_rows *found)
{
    const size_t n = (size_t)page->count;
    const char *params[3];

    for (int col = 0; col < 3; col++) {
        const char **values = arena_array(ctx->arena, const char *, n);

        for (int i = 0; i < page->count; i++)
            values[i] = db_str(page, i, col);
        params[col] = db_param_strs(ctx, values, n);
    }
    return db_exec_params(ctx, found, audits[audit].judge, params, 3);
}

static struct err audit_page(struct call *c, struct arena *a, size_t audit, const char *after,
                             struct db_rows *page, struct db_rows *found)
{
    struct ctx from = *world_db(c, audits[audit].from), at = *world_db(c, audits[audit].at);
    const char *params[2];
    struct err err;

    from.arena = at.arena = a; /* a page's memory goes with it */
    params[0] = after;
    params[1] = db_param_int(&from, PAGE);
    err = db_exec_params(&from, page, audits[audit].list, params, 2);
    if (err.code)
        return world_error(c, audits[audit].from, err);
    return world_error(c, audits[audit].at, judge(&at, audit, page, found));
}

struct err audit_run(struct call *c, size_t audit, struct table *culprits, int64_t *n)
{
    struct arena *a = arena_new();
    char after[] = "00000000-0000-0000-0000-000000000000";
    struct db_rows page = {.count = PAGE}, found = {.count = 0};
    struct err err = OK;

    *n = 0;
    while (!err.code && page.count == PAGE) {
        arena_reset(a);
        err = audit_page(c, a, audit, after, &page, &found);
        if (err.code)
            break;
        *n += found.count;
        for (int i = 0; i < found.count && (int64_t)table_count(culprits) < c->opt->limit; i++)
            TABLE_ROW(culprits, db_str(&found, i, 0), audits[audit].claim, db_str(&found, i, 1));
        if (page.count)
            snprintf(after, sizeof(after), "%s", db_str(&page, page.count - 1, 0));
    }
    arena_free(a);
    return err;
}
