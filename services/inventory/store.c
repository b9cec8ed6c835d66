/* store.c - the SQL of the inventory service. */
#include "store.h"

#include <string.h>

#include "arena.h"
#include "db.h"

#define PRODUCT                                                                                    \
    "p.sku, p.name, p.price, p.currency, p.shippable, p.initial, p.restocked, p.dispatched,"       \
    " p.on_hand, p.reserved, " DB_RFC3339("p.updated_at")

enum product_column {
    SKU,
    NAME,
    PRICE,
    CURRENCY,
    SHIPPABLE,
    INITIAL,
    RESTOCKED,
    DISPATCHED,
    ON_HAND,
    RESERVED,
    UPDATED_AT,
    QUANTITY, /* of a reservation's line, where it is joined */
};

static struct product read_product(const struct db_rows *rows, int row)
{
    return (struct product){
        .sku = db_str(rows, row, SKU),
        .name = db_str(rows, row, NAME),
        .price = db_int(rows, row, PRICE),
        .currency = db_str(rows, row, CURRENCY),
        .shippable = db_bool(rows, row, SHIPPABLE),
        .initial = db_int(rows, row, INITIAL),
        .restocked = db_int(rows, row, RESTOCKED),
        .dispatched = db_int(rows, row, DISPATCHED),
        .on_hand = db_int(rows, row, ON_HAND),
        .reserved = db_int(rows, row, RESERVED),
        .updated_at = db_str(rows, row, UPDATED_AT),
    };
}

static struct product *read_products(struct ctx *ctx, const struct db_rows *rows)
{
    struct product *list = arena_array(ctx->arena, struct product, (size_t)rows->count);

    for (int i = 0; i < rows->count; i++)
        list[i] = read_product(rows, i);
    return list;
}

/* The one product that a statement found or changed. */
static struct err one_product(struct ctx *ctx, const char *sku, const struct db_rows *rows,
                              struct product *out)
{
    if (rows->count == 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no product %s", sku);
    *out = read_product(rows, 0);
    return OK;
}

struct err store_find_product(struct ctx *ctx, const char *sku, struct product *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows, "SELECT " PRODUCT " FROM products p WHERE p.sku = $1", sku);
    return err.code ? err : one_product(ctx, sku, &rows, out);
}

struct err store_find_products(struct ctx *ctx, const char *const skus[], size_t nskus,
                               struct product **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " PRODUCT " FROM products p WHERE p.sku = ANY($1::text[]) ORDER BY p.sku",
                  db_param_strs(ctx, skus, nskus));
    if (err.code)
        return err;
    *out = read_products(ctx, &rows);
    *n = (size_t)rows.count;
    return OK;
}

struct err store_list_products(struct ctx *ctx, const char *after, int64_t limit,
                               struct product **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " PRODUCT " FROM products p WHERE p.sku > $1 ORDER BY p.sku LIMIT $2",
                  after ? after : "", db_param_int(ctx, limit));
    if (err.code)
        return err;
    *out = read_products(ctx, &rows);
    *n = (size_t)rows.count;
    return OK;
}

struct err store_insert_product(struct ctx *ctx, struct product *p)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "INSERT INTO products AS p (sku, name, price, currency, initial, on_hand,"
                  "  shippable)"
                  " VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT DO NOTHING RETURNING " PRODUCT,
                  p->sku, p->name, db_param_int(ctx, p->price), p->currency,
                  db_param_int(ctx, p->initial), db_param_bool(p->shippable));
    if (err.code)
        return err;
    if (rows.count == 0)
        return err_new(ctx->arena, ERR_CONFLICT, "product %s exists already", p->sku);
    *p = read_product(&rows, 0);
    return OK;
}

struct err store_insert_catalogue(struct ctx *ctx, const struct product list[], size_t n)
{
    const char **sku = arena_array(ctx->arena, const char *, n);
    const char **name = arena_array(ctx->arena, const char *, n);
    const char **currency = arena_array(ctx->arena, const char *, n);
    int64_t *price = arena_array(ctx->arena, int64_t, n);
    int64_t *initial = arena_array(ctx->arena, int64_t, n);
    int64_t *shippable = arena_array(ctx->arena, int64_t, n);
    struct db_rows rows;

    for (size_t i = 0; i < n; i++) {
        sku[i] = list[i].sku;
        name[i] = list[i].name;
        currency[i] = list[i].currency;
        price[i] = list[i].price;
        initial[i] = list[i].initial;
        shippable[i] = list[i].shippable;
    }
    return db_exec(ctx, &rows,
                   "INSERT INTO products (sku, name, currency, price, initial, on_hand, shippable)"
                   " SELECT t.sku, t.name, t.currency, t.price, t.initial, t.initial,"
                   "  t.shippable <> 0"
                   " FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[],"
                   "  $6::bigint[]) AS t (sku, name, currency, price, initial, shippable)"
                   " WHERE NOT EXISTS (SELECT FROM products)"
                   " ON CONFLICT DO NOTHING", /* two instances may start at once */
                   db_param_strs(ctx, sku, n), db_param_strs(ctx, name, n),
                   db_param_strs(ctx, currency, n), db_param_ints(ctx, price, n),
                   db_param_ints(ctx, initial, n), db_param_ints(ctx, shippable, n));
}

struct err store_change_product(struct ctx *ctx, const char *sku, const struct product_change *c,
                                struct product *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "UPDATE products p SET name = coalesce($2, name),"
                  " price = coalesce($3::bigint, price),"
                  " shippable = coalesce($4::boolean, shippable), updated_at = now()"
                  " WHERE p.sku = $1 RETURNING " PRODUCT,
                  sku, c->name, c->price < 0 ? NULL : db_param_int(ctx, c->price),
                  c->shippable ? db_param_bool(*c->shippable) : NULL);
    return err.code ? err : one_product(ctx, sku, &rows, out);
}

struct err store_restock(struct ctx *ctx, const char *sku, int64_t quantity, struct product *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "UPDATE products p SET restocked = restocked + $2::bigint,"
                  " on_hand = on_hand + $2::bigint, updated_at = now()"
                  " WHERE p.sku = $1 RETURNING " PRODUCT,
                  sku, db_param_int(ctx, quantity));
    if (err.code == ERR_CONFLICT && strcmp(db_constraint(ctx->db), "products_on_hand") == 0)
        return err_new(ctx->arena, ERR_CONFLICT, "no more than %d of a product may be on hand",
                       INVENTORY_MAX_ON_HAND);
    return err.code ? err : one_product(ctx, sku, &rows, out);
}

#define RESERVATION                                                                                \
    "r.order_id, r.state, r.reservation_id, r.user_id, r.currency, r.total, r.payment_method,"     \
    " r.reason, r.refused_sku, r.shipment_id, r.tracking_number"

enum reservation_column {
    ORDER_ID,
    STATE,
    RESERVATION_ID,
    USER_ID,
    RESERVED_CURRENCY,
    TOTAL,
    PAYMENT_METHOD,
    REASON,
    REFUSED_SKU,
    SHIPMENT_ID,
    TRACKING_NUMBER,
};

/* Without its lines; its columns begin with 'first'. */
static struct err read_reservation(struct ctx *ctx, const struct db_rows *rows, int row, int first,
                                   struct reservation *out)
{
    *out = (struct reservation){
        .order_id = db_str(rows, row, first + ORDER_ID),
        .reservation_id = db_str(rows, row, first + RESERVATION_ID),
        .user_id = db_str(rows, row, first + USER_ID),
        .currency = db_str(rows, row, first + RESERVED_CURRENCY),
        .total = db_int(rows, row, first + TOTAL),
        .payment_method = db_str(rows, row, first + PAYMENT_METHOD),
        .reason = db_str(rows, row, first + REASON),
        .refused_sku = db_str(rows, row, first + REFUSED_SKU),
        .shipment_id = db_str(rows, row, first + SHIPMENT_ID),
        .tracking_number = db_str(rows, row, first + TRACKING_NUMBER),
    };
    if (!inventory_state_parse(db_str(rows, row, first + STATE), &out->state))
        return err_new(ctx->arena, ERR_INTERNAL, "order %s is in an unknown state", out->order_id);
    return OK;
}

/* --- reservations of a batch ------------------------------------------------ */

/* Those of a batch of events with their lines, NONE for an order that has none; what is saved is
 * saved here, too. */
struct ahead {
    struct reservation *list;
    size_t n;
};

static struct reservation *find_ahead(const struct ctx *ctx, const char *order_id)
{
    const struct ahead *a = ctx->ahead;

    for (size_t i = 0; a && i < a->n; i++)
        if (strcmp(a->list[i].order_id, order_id) == 0)
            return &a->list[i];
    return NULL;
}

static void add_line(struct ctx *ctx, struct reservation *r, const struct db_rows *rows, int row)
{
    struct product *p = arena_alloc(ctx->arena, sizeof(*p));

    if (!r->lines)
        r->lines = arena_array(ctx->arena, struct reservation_line, INVENTORY_MAX_LINES);
    *p = read_product(rows, row);
    r->lines[r->nlines++] = (struct reservation_line){
        .sku = p->sku, .quantity = db_int(rows, row, QUANTITY), .product = p};
}

static struct err read_ahead(struct ctx *ctx, const struct db_rows *rows)
{
    for (int row = 0; row < rows->count; row++) {
        struct reservation *r = find_ahead(ctx, db_str(rows, row, QUANTITY + 1 + ORDER_ID));

        if (r && r->state == INVENTORY_NONE) {
            struct err err = read_reservation(ctx, rows, row, QUANTITY + 1, r);

            if (err.code)
                return err;
        }
        if (r && *db_str(rows, row, SKU))
            add_line(ctx, r, rows, row);
    }
    return OK;
}

/* In one sequence, so that two batches do not wait for each other in a circle. */
struct err store_fetch_ahead(struct ctx *ctx)
{
    struct ahead *a = arena_alloc(ctx->arena, sizeof(*a));
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " PRODUCT ", l.quantity, " RESERVATION " FROM reservations r"
                  " LEFT JOIN reservation_lines l ON l.order_id = r.order_id"
                  " LEFT JOIN products p ON p.sku = l.sku"
                  " WHERE r.order_id = ANY ($1::uuid[])"
                  " ORDER BY r.order_id, l.sku FOR NO KEY UPDATE OF r",
                  db_param_strs(ctx, ctx->subjects, ctx->nsubjects));
    if (err.code)
        return err;
    a->list = arena_array(ctx->arena, struct reservation, ctx->nsubjects);
    ctx->ahead = a;
    for (size_t i = 0; i < ctx->nsubjects; i++)
        if (!find_ahead(ctx, ctx->subjects[i]))
            a->list[a->n++] = reservation_new(ctx->subjects[i]);
    return read_ahead(ctx, &rows);
}

/* --- reservations ----------------------------------------------------------- */

struct err store_lock(struct ctx *ctx, const char *order_id, struct reservation *out)
{
    const struct reservation *held;
    struct db_rows rows;
    struct err err;

    held = find_ahead(ctx, order_id);
    if (held) {
        *out = *held;
        out->lines = NULL;
        out->nlines = 0;
        return OK;
    }
    *out = reservation_new(order_id);
    err = db_exec(ctx, &rows,
                  "SELECT " RESERVATION " FROM reservations r WHERE order_id = $1"
                  " FOR NO KEY UPDATE",
                  order_id);
    return err.code || rows.count == 0 ? err : read_reservation(ctx, &rows, 0, 0, out);
}

/* A batch of messages locks the products of one order after the other's, so two
 * consumers would soon wait for each other in a circle. They queue up here instead,
 * before their first product, until the commit; a circle costs a second to detect. */
#define GATE       "SELECT pg_advisory_xact_lock(8003, 1)"
#define STOCK_GATE "WITH gate AS MATERIALIZED (" GATE ") "

struct err store_lock_wanted(struct ctx *ctx, struct reservation *r)
{
    const char **sku = arena_array(ctx->arena, const char *, r->nlines);
    struct product *found;
    struct db_rows rows;
    struct err err;

    for (size_t i = 0; i < r->nlines; i++)
        sku[i] = r->lines[i].sku;
    err = db_exec(ctx, &rows,
                  STOCK_GATE "SELECT " PRODUCT " FROM gate, products p"
                             " WHERE p.sku = ANY($1::text[])"
                             " ORDER BY p.sku FOR NO KEY UPDATE OF p",
                  db_param_strs(ctx, sku, r->nlines));
    if (err.code)
        return err;

    found = read_products(ctx, &rows);
    for (size_t i = 0; i < r->nlines; i++)
        for (int k = 0; k < rows.count; k++)
            if (strcmp(r->lines[i].sku, found[k].sku) == 0)
                r->lines[i].product = &found[k];
    return OK;
}

struct err store_lock_reserved(struct ctx *ctx, struct reservation *r)
{
    const struct reservation *held = find_ahead(ctx, r->order_id);
    struct product *found;
    struct db_rows rows;
    struct err err;

    if (held) { /* what is asked of their products, the carrier's will, is no matter of stock */
        r->lines = held->lines;
        r->nlines = held->nlines;
        return db_later(ctx, GATE);
    }
    err = db_exec(ctx, &rows,
                  STOCK_GATE "SELECT " PRODUCT ", l.quantity"
                             " FROM gate, reservation_lines l JOIN products p ON p.sku = l.sku"
                             " WHERE l.order_id = $1"
                             " ORDER BY p.sku FOR NO KEY UPDATE OF p",
                  r->order_id);
    if (err.code)
        return err;

    found = read_products(ctx, &rows);
    r->nlines = (size_t)rows.count;
    r->lines = arena_array(ctx->arena, struct reservation_line, r->nlines);
    for (size_t i = 0; i < r->nlines; i++)
        r->lines[i] = (struct reservation_line){
            .sku = found[i].sku,
            .quantity = db_int(&rows, (int)i, QUANTITY),
            .product = &found[i],
        };
    return OK;
}

/* Everything after 'saved' reads from it: when it loses a race, nothing happens. */
#define SAVE                                                                                       \
    "WITH saved AS ("                                                                              \
    " INSERT INTO reservations (order_id, state, reservation_id, user_id, currency, total,"        \
    "  payment_method, reason, refused_sku, shipment_id, tracking_number)"                         \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"                                       \
    " ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,"      \
    "  refused_sku = excluded.refused_sku, shipment_id = excluded.shipment_id,"                    \
    "  tracking_number = excluded.tracking_number, updated_at = now()"                             \
    "  WHERE reservations.state = $12"                                                             \
    " RETURNING order_id),"                                                                        \
    " moved AS ("                                                                                  \
    " SELECT saved.order_id, t.sku, t.quantity FROM saved,"                                        \
    "  unnest($13::text[], $14::bigint[]) AS t (sku, quantity)),"                                  \
    " lines AS ("                                                                                  \
    " INSERT INTO reservation_lines (order_id, sku, quantity)"                                     \
    " SELECT order_id, sku, quantity FROM moved ON CONFLICT DO NOTHING),"                          \
    " stock AS ("                                                                                  \
    " UPDATE products p SET reserved = p.reserved + moved.quantity * $15::bigint,"                 \
    "  dispatched = p.dispatched + moved.quantity * $16::bigint,"                                  \
    "  on_hand = p.on_hand - moved.quantity * $16::bigint, updated_at = now()"                     \
    " FROM moved WHERE p.sku = moved.sku)"

static const char save_sql[] = SAVE " SELECT FROM saved";

/* For a batch, which does not wait for the answer: no row is an error. All is rolled back
 * then, and each event is handled alone. */
static const char save_ahead_sql[] = SAVE " SELECT 1 / count(*) FROM saved";

struct err store_save(struct ctx *ctx, const struct reservation *r, enum inventory_state from)
{
    const struct stock_change change = inventory_stock_change(from, r->state);
    const size_t n = change.reserved || change.dispatched ? r->nlines : 0;
    const char **sku = arena_array(ctx->arena, const char *, n);
    int64_t *quantity = arena_array(ctx->arena, int64_t, n);
    struct reservation *held = find_ahead(ctx, r->order_id);
    struct db_rows rows;
    struct err err;

    for (size_t i = 0; i < n; i++) {
        sku[i] = r->lines[i].sku;
        quantity[i] = r->lines[i].quantity;
    }
    const char *const params[] = {
        r->order_id,
        inventory_state_name(r->state),
        r->reservation_id,
        r->user_id,
        r->currency,
        db_param_int(ctx, r->total),
        r->payment_method,
        r->reason,
        r->refused_sku,
        r->shipment_id,
        r->tracking_number,
        inventory_state_name(from),
        db_param_strs(ctx, sku, n),
        db_param_ints(ctx, quantity, n),
        db_param_int(ctx, change.reserved),
        db_param_int(ctx, change.dispatched),
    };
    const size_t nparams = sizeof(params) / sizeof(params[0]);

    if (held) {
        *held = *r;
        /* Another batch may hold the gate and be about to insert the same row. */
        err = from == INVENTORY_NONE && n == 0 ? db_later(ctx, GATE) : OK;
        return err.code ? err : db_ask_params(ctx, NULL, save_ahead_sql, params, nparams);
    }
    err = db_exec_params(ctx, &rows, save_sql, params, nparams);
    /* A tracking number can be given twice, however unlikely: the next try has another. */
    if (err.code == ERR_CONFLICT || (!err.code && rows.count == 0))
        return err_new(ctx->arena, ERR_UNAVAILABLE, "order %s is changing, try again", r->order_id);
    return err;
}
