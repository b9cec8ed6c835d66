/* test_store.c - the SQL of the inventory service, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "catalogue.h"
#include "id.h"
#include "store.h"
#include "testing.h"
#include "usecases.h"

static struct testing *env;
static struct ctx *ctx;

static int open_database(void **state)
{
    (void)state;
    env = testing_open(migrations, nmigrations);
    ctx = &env->ctx;
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    testing_close(env);
    return 0;
}

static void stock(const char *sku, int64_t pieces)
{
    struct product p = {.sku = sku, .name = "A thing", .currency = "EUR", .price = 100};

    p.initial = pieces;
    p.shippable = strcmp(sku, "ANVIL") != 0;
    assert_int_equal(store_insert_product(ctx, &p).code, ERR_OK);
}

static void forget_batch(void)
{
    ctx->nsubjects = 0;
    ctx->ahead = NULL;
}

static int empty_shop(void **state)
{
    struct db_rows rows;

    (void)state;
    forget_batch();
    db_unit_rollback(ctx);
    return (int)db_exec(ctx, &rows, "TRUNCATE products, reservations, reservation_lines, outbox")
        .code;
}

static int64_t number(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec(ctx, &rows, sql).code, ERR_OK);
    return db_int(&rows, 0, 0);
}

/* --- products ----------------------------------------------------------------- */

static void a_product_comes_back_as_it_was_stored(void **state)
{
    struct product p;

    (void)state;
    stock("MUG", 7);
    assert_int_equal(store_find_product(ctx, "MUG", &p).code, ERR_OK);
    assert_string_equal(p.sku, "MUG");
    assert_string_equal(p.name, "A thing");
    assert_string_equal(p.currency, "EUR");
    assert_int_equal(p.price, 100);
    assert_true(p.shippable);
    assert_int_equal(p.initial, 7);
    assert_int_equal(p.on_hand, 7);
    assert_int_equal(p.restocked + p.dispatched + p.reserved, 0);
    assert_int_equal(strlen(p.updated_at), strlen("2026-11-20T11:15:00.123Z"));
    assert_int_equal(store_find_product(ctx, "GONE", &p).code, ERR_NOT_FOUND);
}

static void a_sku_is_taken_once(void **state)
{
    struct product p = {.sku = "MUG", .name = "Another", .currency = "EUR"};
    struct err err;

    (void)state;
    stock("MUG", 1);
    err = store_insert_product(ctx, &p);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.msg, "product MUG exists already");
}

static void a_page_begins_after_the_one_before(void **state)
{
    struct product *list;
    size_t n;

    (void)state;
    stock("C", 1);
    stock("A", 1);
    stock("B-1", 1);
    stock("B1", 1);
    assert_int_equal(store_list_products(ctx, NULL, 2, &list, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].sku, "A");
    assert_string_equal(list[1].sku, "B-1");
    assert_int_equal(store_list_products(ctx, "B-1", 9, &list, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].sku, "B1");
    assert_string_equal(list[1].sku, "C");
}

static void unknown_skus_are_left_out(void **state)
{
    const char *const skus[] = {"TEE", "GONE", "it's \"odd\", {really}", "MUG"};
    struct product *list;
    size_t n;

    (void)state;
    stock("MUG", 1);
    stock("TEE", 1);
    assert_int_equal(store_find_products(ctx, skus, 4, &list, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].sku, "MUG");
    assert_string_equal(list[1].sku, "TEE");
    assert_int_equal(store_find_products(ctx, skus, 0, &list, &n).code, ERR_OK);
    assert_int_equal(n, 0);
}

static void a_change_leaves_the_rest_as_it_is(void **state)
{
    const bool no = false;
    struct product p;

    (void)state;
    stock("MUG", 1);
    assert_int_equal(
        store_change_product(ctx, "MUG", &(struct product_change){.price = 0}, &p).code, ERR_OK);
    assert_int_equal(p.price, 0);
    assert_string_equal(p.name, "A thing");
    assert_true(p.shippable);
    assert_int_equal(
        store_change_product(ctx, "MUG", &(struct product_change){"A mug", -1, &no}, &p).code,
        ERR_OK);
    assert_int_equal(p.price, 0);
    assert_string_equal(p.name, "A mug");
    assert_false(p.shippable);
    assert_int_equal(
        store_change_product(ctx, "GONE", &(struct product_change){.price = 1}, &p).code,
        ERR_NOT_FOUND);
}

static void a_restock_is_booked_and_has_a_limit(void **state)
{
    struct product p;
    struct err err;

    (void)state;
    stock("MUG", INVENTORY_MAX_ON_HAND - 5);
    assert_int_equal(store_restock(ctx, "MUG", 5, &p).code, ERR_OK);
    assert_int_equal(p.restocked, 5);
    assert_int_equal(p.on_hand, INVENTORY_MAX_ON_HAND);
    err = store_restock(ctx, "MUG", 1, &p);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.msg, "no more than 1000000000 of a product may be on hand");
    assert_int_equal(store_restock(ctx, "GONE", 1, &p).code, ERR_NOT_FOUND);
}

static void the_database_itself_refuses_to_oversell(void **state)
{
    static const char *const attempts[] = {
        "UPDATE products SET reserved = 4",
        "UPDATE products SET reserved = -1",
        "UPDATE products SET reserved = 3, on_hand = 2, dispatched = 1",
        "UPDATE products SET on_hand = -1, dispatched = 4",
        "UPDATE products SET on_hand = 2",
        "UPDATE products SET dispatched = 1",
        "UPDATE products SET restocked = 1",
    };
    struct db_rows rows;

    (void)state;
    stock("MUG", 3);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        assert_int_equal(db_exec(ctx, &rows, attempts[i]).code, ERR_CONFLICT);
    assert_int_equal(db_exec(ctx, &rows, "UPDATE products SET reserved = 3 WHERE sku = 'MUG'").code,
                     ERR_OK);
}

/* --- reservations ------------------------------------------------------------- */

static struct reservation wanted(struct ctx *c, const char *order_id, const char *sku1,
                                 const char *sku2)
{
    struct reservation r = reservation_new(order_id);

    r.user_id = "0193452c-7a11-7cc3-98c4-dc0c0c07398f";
    r.currency = "EUR";
    r.total = 300;
    r.payment_method = "pm_ok";
    r.lines = arena_array(c->arena, struct reservation_line, 2);
    r.lines[0] = (struct reservation_line){.sku = sku1, .quantity = 2};
    r.lines[1] = (struct reservation_line){.sku = sku2, .quantity = 1};
    r.nlines = sku2 ? 2 : 1;
    return r;
}

static void reserve(const char *order_id, const char *sku1, const char *sku2)
{
    struct reservation r = wanted(ctx, order_id, sku1, sku2);

    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(inventory_reserve(ctx, &r).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
}

static struct err begin_batch(struct ctx *c, const char *const subjects[], size_t n)
{
    db_unit_begin(c, DB_WRITE);
    c->subjects = subjects;
    c->nsubjects = n;
    return store_fetch_ahead(c);
}

static bool settled(struct ctx *c, struct err err)
{
    if (!err.code)
        err = db_unit_commit(c);
    if (err.code)
        db_unit_rollback(c);
    return !err.code;
}

static void an_order_without_a_row_has_nothing(void **state)
{
    struct reservation r;

    (void)state;
    assert_int_equal(store_lock(ctx, id_new(ctx->arena), &r).code, ERR_OK);
    assert_int_equal(r.state, INVENTORY_NONE);
    assert_string_equal(r.reservation_id, "");
}

static void a_reservation_comes_back_with_its_lines(void **state)
{
    const char *order_id = id_new(ctx->arena);
    struct reservation r;
    struct product mug;

    (void)state;
    stock("MUG", 5);
    stock("TEE", 5);
    reserve(order_id, "TEE", "MUG");
    assert_int_equal(store_lock(ctx, order_id, &r).code, ERR_OK);
    assert_int_equal(r.state, INVENTORY_RESERVED);
    assert_true(id_valid(r.reservation_id));
    assert_string_equal(r.user_id, "0193452c-7a11-7cc3-98c4-dc0c0c07398f");
    assert_string_equal(r.currency, "EUR");
    assert_int_equal(r.total, 300);
    assert_string_equal(r.payment_method, "pm_ok");
    assert_string_equal(r.shipment_id, "");

    assert_int_equal(store_lock_reserved(ctx, &r).code, ERR_OK);
    assert_int_equal(r.nlines, 2);
    assert_string_equal(r.lines[0].sku, "MUG");
    assert_int_equal(r.lines[0].quantity, 1);
    assert_string_equal(r.lines[1].product->sku, "TEE");
    assert_int_equal(r.lines[1].quantity, 2);
    assert_int_equal(store_find_product(ctx, "MUG", &mug).code, ERR_OK);
    assert_int_equal(mug.reserved, 1);
}

static void what_is_dispatched_leaves_the_books_balanced(void **state)
{
    const char *order_id = id_new(ctx->arena);
    struct reservation r;
    struct product tee;

    (void)state;
    stock("MUG", 5);
    stock("TEE", 5);
    reserve(order_id, "TEE", "MUG");
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(inventory_ship(ctx, order_id).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(store_find_product(ctx, "TEE", &tee).code, ERR_OK);
    assert_int_equal(tee.on_hand, 3);
    assert_int_equal(tee.dispatched, 2);
    assert_int_equal(tee.reserved, 0);
    assert_int_equal(store_lock(ctx, order_id, &r).code, ERR_OK);
    assert_int_equal(r.state, INVENTORY_DISPATCHED);
    assert_true(id_valid(r.shipment_id));
    assert_int_equal(strlen(r.tracking_number), INVENTORY_TRACKING_LEN);
}

static void a_refused_order_keeps_its_reason_and_no_lines(void **state)
{
    const char *order_id = id_new(ctx->arena);
    struct reservation r;

    (void)state;
    stock("MUG", 1);
    reserve(order_id, "MUG", NULL);
    assert_int_equal(store_lock(ctx, order_id, &r).code, ERR_OK);
    assert_int_equal(r.state, INVENTORY_FAILED);
    assert_string_equal(r.reason, "out of stock");
    assert_string_equal(r.refused_sku, "MUG");
    assert_int_equal(number("SELECT count(*) FROM reservation_lines"), 0);
    assert_int_equal(number("SELECT sum(reserved)::bigint FROM products"), 0);
}

static void a_unit_that_fails_leaves_nothing(void **state)
{
    struct reservation r = wanted(ctx, id_new(ctx->arena), "MUG", NULL);

    (void)state;
    stock("MUG", 5);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(inventory_reserve(ctx, &r).code, ERR_OK);
    db_unit_rollback(ctx);
    assert_int_equal(number("SELECT count(*) FROM reservations"), 0);
    assert_int_equal(number("SELECT count(*) FROM outbox"), 0);
    assert_int_equal(number("SELECT reserved FROM products"), 0);
}

/* Two consumers have seen that there is no row, and one of them was faster. */
static void who_loses_the_race_to_the_first_row_changes_nothing(void **state)
{
    const char *order_id = id_new(ctx->arena);
    struct reservation late = wanted(ctx, order_id, "MUG", NULL);

    (void)state;
    stock("MUG", 5);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(inventory_release(ctx, order_id).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    late.state = INVENTORY_RESERVED;
    assert_int_equal(store_save(ctx, &late, INVENTORY_NONE).code, ERR_UNAVAILABLE);
    assert_int_equal(number("SELECT reserved FROM products"), 0);
    assert_int_equal(number("SELECT count(*) FROM reservation_lines"), 0);
    assert_int_equal(number("SELECT count(*) FROM reservations WHERE state = 'RELEASED'"), 1);
}

static void a_tracking_number_given_twice_is_a_reason_to_try_again(void **state)
{
    struct reservation a = wanted(ctx, id_new(ctx->arena), "MUG", NULL);
    struct reservation b = wanted(ctx, id_new(ctx->arena), "MUG", NULL);

    (void)state;
    stock("MUG", 5);
    reserve(a.order_id, "MUG", NULL);
    reserve(b.order_id, "MUG", NULL);
    a.state = b.state = INVENTORY_DISPATCHED;
    a.tracking_number = b.tracking_number = "WB0123456789AB";
    assert_int_equal(store_save(ctx, &a, INVENTORY_RESERVED).code, ERR_OK);
    assert_int_equal(store_save(ctx, &b, INVENTORY_RESERVED).code, ERR_UNAVAILABLE);
    assert_int_equal(number("SELECT dispatched FROM products"), 2);
}

static void a_batch_knows_what_it_has_just_done(void **state)
{
    const char *ids[] = {id_new(ctx->arena), id_new(ctx->arena), id_new(ctx->arena)};
    struct reservation sent = wanted(ctx, ids[0], "MUG", "TEE");
    struct reservation late = wanted(ctx, ids[1], "MUG", NULL), r;

    (void)state;
    stock("MUG", 5);
    stock("TEE", 5);
    reserve(ids[2], "TEE", NULL);
    assert_int_equal(begin_batch(ctx, ids, 3).code, ERR_OK);
    assert_int_equal(inventory_release(ctx, ids[1]).code, ERR_OK); /* a tombstone */
    assert_int_equal(inventory_reserve(ctx, &sent).code, ERR_OK);
    assert_int_equal(inventory_ship(ctx, ids[0]).code, ERR_OK);
    assert_int_equal(inventory_reserve(ctx, &late).code, ERR_OK);
    assert_int_equal(inventory_release(ctx, ids[2]).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    forget_batch();

    assert_int_equal(store_lock(ctx, ids[0], &r).code, ERR_OK);
    assert_int_equal(r.state, INVENTORY_DISPATCHED);
    assert_string_equal(r.user_id, "0193452c-7a11-7cc3-98c4-dc0c0c07398f");
    assert_int_equal(store_lock(ctx, ids[1], &r).code, ERR_OK);
    assert_int_equal(r.state, INVENTORY_RELEASED);
    assert_int_equal(store_lock(ctx, ids[2], &r).code, ERR_OK);
    assert_int_equal(r.state, INVENTORY_RELEASED);
    assert_int_equal(number("SELECT sum(dispatched)::bigint FROM products"), 3);
    assert_int_equal(number("SELECT sum(reserved)::bigint FROM products"), 0);
}

static void a_batch_that_loses_a_race_changes_nothing(void **state)
{
    const char *ids[] = {id_new(ctx->arena), id_new(ctx->arena)};
    struct reservation late = wanted(ctx, ids[0], "MUG", NULL);
    struct ctx faster = testing_ctx_open(env);
    struct reservation r;

    (void)state;
    stock("MUG", 5);
    assert_int_equal(begin_batch(ctx, ids, 2).code, ERR_OK);
    assert_int_equal(store_lock(ctx, ids[1], &r).code, ERR_OK); /* both have no row */
    db_unit_begin(&faster, DB_WRITE);
    assert_true(settled(&faster, inventory_release(&faster, ids[0])));
    testing_ctx_close(&faster);
    assert_int_equal(inventory_reserve(ctx, &late).code, ERR_OK);
    assert_int_not_equal(db_unit_commit(ctx).code, ERR_OK);
    forget_batch();
    assert_int_equal(number("SELECT reserved FROM products"), 0);
    assert_int_equal(number("SELECT count(*) FROM reservations WHERE state = 'RELEASED'"), 1);
    assert_int_equal(number("SELECT count(*) FROM reservations"), 1);
}

static void the_catalogue_goes_only_into_an_empty_shop(void **state)
{
    (void)state;
    assert_int_equal(catalogue_load(ctx).code, ERR_OK);
    assert_int_equal(number("SELECT count(*) FROM products"), (int64_t)ncatalogue);
    assert_int_equal(number("SELECT on_hand FROM products WHERE sku = 'WB-LAST'"), 3);
    assert_int_equal(number("SELECT count(*) FROM products WHERE NOT shippable"), 1);
    empty_shop(NULL);
    stock("MUG", 1);
    assert_int_equal(catalogue_load(ctx).code, ERR_OK);
    assert_int_equal(number("SELECT count(*) FROM products"), 1);
}

static void *release_one_and_reserve_another(void *arg)
{
    const char *const *ids = arg;
    struct ctx c = testing_ctx_patient(env);
    struct reservation r = wanted(&c, ids[1], "MUG", NULL);
    struct err err = begin_batch(&c, ids, 2);

    if (!err.code)
        err = inventory_release(&c, ids[0]); /* a tombstone: it has no row yet */
    if (!err.code)
        err = inventory_reserve(&c, &r);
    (void)settled(&c, err);
    testing_ctx_close(&c);
    return NULL;
}

/* Both insert the row of one order, and both pass the gate. */
static void a_tombstone_and_its_reservation_in_two_batches_do_not_wait_in_a_circle(void **state)
{
    const char *mine[] = {id_new(ctx->arena), id_new(ctx->arena)};
    const char *theirs[] = {mine[1], id_new(ctx->arena)};
    struct ctx c = testing_ctx_patient(env);
    struct reservation first = wanted(&c, mine[0], "TEE", NULL);
    struct reservation second = wanted(&c, mine[1], "MUG", NULL);
    pthread_t thread;

    (void)state;
    stock("MUG", 5);
    stock("TEE", 5);
    assert_int_equal(begin_batch(&c, mine, 2).code, ERR_OK);
    assert_int_equal(inventory_reserve(&c, &first).code, ERR_OK);
    assert_int_equal(pthread_create(&thread, NULL, release_one_and_reserve_another, theirs), 0);
    wait_until(number("SELECT count(*) FROM pg_locks WHERE NOT granted") == 1);
    assert_int_equal(inventory_reserve(&c, &second).code, ERR_OK);
    assert_int_equal(db_unit_commit(&c).code, ERR_OK);
    pthread_join(thread, NULL);
    testing_ctx_close(&c);
    assert_int_equal(number("SELECT count(*) FROM reservations WHERE state = 'RESERVED'"), 2);
    assert_int_equal(
        number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), 0);
}

/* --- many at once --------------------------------------------------------------- */

enum {
    THREADS = 8,
    LAST = 20,
    EACH = 10,
    BATCHES = 6,
    BATCH = 12,
    ORDERS = 40,
    AT_ONCE = 8,
    TRIES = 50
};

struct competitor {
    pthread_t thread;
    int index;
    int refused;                  /* units that could not be committed */
    const char *const *order_ids; /* where they all handle the same ones */
};

/* Bodies count what went wrong and assert nothing: cmocka ends the process, without a word, where
 * a thread of its own fails. */
static int compete(void *(*body)(void *), const char *const order_ids[])
{
    struct competitor all[THREADS];
    int refused = 0;

    for (int i = 0; i < THREADS; i++) {
        all[i] = (struct competitor){.index = i, .order_ids = order_ids};
        assert_int_equal(pthread_create(&all[i].thread, NULL, body, &all[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(all[i].thread, NULL);
        refused += all[i].refused;
    }
    return refused;
}

static void *want_the_last_pieces(void *arg)
{
    struct competitor *me = arg;
    struct ctx c = testing_ctx_patient(env);

    for (int i = 0; i < EACH; i++) {
        struct reservation r = wanted(&c, id_new(c.arena), "LAST", NULL);

        r.lines[0].quantity = 1;
        db_unit_begin(&c, DB_WRITE);
        me->refused += !settled(&c, inventory_reserve(&c, &r));
    }
    testing_ctx_close(&c);
    return NULL;
}

static void the_last_pieces_are_sold_once_however_many_compete(void **state)
{
    (void)state;
    stock("LAST", LAST);
    assert_int_equal(compete(want_the_last_pieces, NULL), 0);
    assert_int_equal(number("SELECT reserved FROM products"), LAST);
    assert_int_equal(number("SELECT count(*) FROM reservations WHERE state = 'RESERVED'"), LAST);
    assert_int_equal(number("SELECT count(*) FROM reservations WHERE state = 'FAILED'"),
                     THREADS * EACH - LAST);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE type = 'inventory.reserved'"), LAST);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE type = 'inventory.failed'"),
                     THREADS * EACH - LAST);
}

/* As a consumer does: many orders in one transaction, each with skus of its own. */
static void *want_batches_of_everything(void *arg)
{
    static const char *const skus[] = {"A", "B", "C", "D", "E"};
    struct competitor *me = arg;
    struct ctx c = testing_ctx_patient(env);

    for (int batch = 0; batch < BATCHES; batch++) {
        struct err err = OK;

        db_unit_begin(&c, DB_WRITE);
        for (int i = 0; i < BATCH && !err.code; i++) {
            /* half of the threads go through the shelves the other way round */
            const int at = me->index % 2 ? i : BATCH - i;
            struct reservation r =
                wanted(&c, id_new(c.arena), skus[at % 5], skus[(at + me->index + 1) % 5]);

            r.nlines = strcmp(r.lines[0].sku, r.lines[1].sku) != 0 ? 2 : 1;
            err = inventory_reserve(&c, &r);
        }
        me->refused += !settled(&c, err);
    }
    testing_ctx_close(&c);
    return NULL;
}

static void batches_that_cross_never_wait_in_a_circle(void **state)
{
    (void)state;
    stock("A", 100000);
    stock("B", 100000);
    stock("C", 100000);
    stock("D", 100000);
    stock("E", 100000);
    assert_int_equal(compete(want_batches_of_everything, NULL), 0);
    assert_int_equal(number("SELECT count(*) FROM reservations WHERE state = 'RESERVED'"),
                     THREADS * BATCHES * BATCH);
    assert_int_equal(number("SELECT sum(reserved)::bigint FROM products"),
                     number("SELECT sum(quantity)::bigint FROM reservation_lines"));
}

static struct err ask(struct ctx *c, int what, const char *order_id)
{
    struct reservation r = wanted(c, order_id, "MUG", "TEE");

    switch (what) {
    case INVENTORY_RESERVE: return inventory_reserve(c, &r);
    case INVENTORY_RELEASE: return inventory_release(c, order_id);
    default: return inventory_ship(c, order_id);
    }
}

/* On a busy machine a lock may be waited for in vain: then once more, as a client would. */
static bool restocked(struct ctx *c, const char *sku)
{
    struct product p;
    int tries = 0;

    while (store_restock(c, sku, 1, &p).code != ERR_OK)
        if (++tries == TRIES)
            return false;
    return true;
}

static bool ask_alone(struct ctx *c, int what, const char *order_id)
{
    bool done = false;

    for (int tries = 0; tries < TRIES && !done; tries++) {
        const struct err err = begin_batch(c, &order_id, 1);

        done = settled(c, err.code ? err : ask(c, what, order_id));
    }
    return done;
}

/* All events of the same orders, and a restock now and then. */
static void *ask_for_everything(void *arg)
{
    struct competitor *me = arg;
    struct ctx c = testing_ctx_patient(env);

    for (int i = 0; i < ORDERS; i++) {
        me->refused += !ask_alone(&c, (me->index + i) % INVENTORY_EVENTS, me->order_ids[i]);
        if (i % EACH == 0)
            me->refused += !restocked(&c, "MUG");
    }
    testing_ctx_close(&c);
    return NULL;
}

/* The same as a consumer does: in batches and, where one fails, one by one. */
static void *ask_in_batches(void *arg)
{
    struct competitor *me = arg;
    struct ctx c = testing_ctx_patient(env);

    for (int i = 0; i < ORDERS; i += AT_ONCE) {
        struct err err = begin_batch(&c, &me->order_ids[i], AT_ONCE);
        bool together;

        for (int k = i; k < i + AT_ONCE && !err.code; k++)
            err = ask(&c, (me->index + k) % INVENTORY_EVENTS, me->order_ids[k]);
        together = settled(&c, err);
        for (int k = i; k < i + AT_ONCE && !together; k++)
            me->refused += !ask_alone(&c, (me->index + k) % INVENTORY_EVENTS, me->order_ids[k]);
        me->refused += !restocked(&c, "MUG");
    }
    testing_ctx_close(&c);
    return NULL;
}

static void the_books_balance_after(void *(*body)(void *), int restocks)
{
    const char *order_ids[ORDERS];

    stock("MUG", 100);
    stock("TEE", 100);
    for (int i = 0; i < ORDERS; i++)
        order_ids[i] = id_new(ctx->arena);
    assert_int_equal(compete(body, order_ids), 0);

    assert_int_equal(number("SELECT count(*) FROM reservations"), ORDERS);
    assert_int_equal(number("SELECT count(*) FROM outbox"), THREADS * ORDERS);
    assert_int_equal(number("SELECT restocked FROM products WHERE sku = 'MUG'"), restocks);
    /* What each product says of itself is what the orders say of it. */
    assert_int_equal(
        number("SELECT count(*) FROM products p, LATERAL (SELECT"
               "  coalesce(sum(quantity) FILTER (WHERE state = 'RESERVED'), 0) AS reserved,"
               "  coalesce(sum(quantity) FILTER (WHERE state = 'DISPATCHED'), 0) AS dispatched"
               "  FROM reservation_lines l JOIN reservations USING (order_id)"
               "  WHERE l.sku = p.sku) AS orders"
               " WHERE p.reserved = orders.reserved AND p.dispatched = orders.dispatched"),
        2);
    /* Of every event there were at least two, so each order was released or shipped. */
    assert_int_equal(number("SELECT count(*) FROM reservations"
                            " WHERE state NOT IN ('RELEASED', 'DISPATCHED')"),
                     0);
    assert_int_equal(number("SELECT sum(reserved)::bigint FROM products"), 0);
}

static void events_of_one_order_one_by_one_leave_the_books_balanced(void **state)
{
    (void)state;
    the_books_balance_after(ask_for_everything, THREADS * ORDERS / EACH);
}

static void events_of_one_order_in_batches_leave_the_books_balanced(void **state)
{
    (void)state;
    the_books_balance_after(ask_in_batches, THREADS * ORDERS / AT_ONCE);
}

static void *open_the_shop(void *arg)
{
    struct competitor *me = arg;
    struct ctx c = testing_ctx_patient(env);

    me->refused += catalogue_load(&c).code != ERR_OK;
    testing_ctx_close(&c);
    return NULL;
}

static void instances_that_start_at_once_load_one_catalogue(void **state)
{
    (void)state;
    assert_int_equal(compete(open_the_shop, NULL), 0);
    assert_int_equal(number("SELECT count(*) FROM products"), (int64_t)ncatalogue);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_product_comes_back_as_it_was_stored),
        TEST(a_sku_is_taken_once),
        TEST(a_page_begins_after_the_one_before),
        TEST(unknown_skus_are_left_out),
        TEST(a_change_leaves_the_rest_as_it_is),
        TEST(a_restock_is_booked_and_has_a_limit),
        TEST(the_database_itself_refuses_to_oversell),
        TEST(an_order_without_a_row_has_nothing),
        TEST(a_reservation_comes_back_with_its_lines),
        TEST(what_is_dispatched_leaves_the_books_balanced),
        TEST(a_refused_order_keeps_its_reason_and_no_lines),
        TEST(a_unit_that_fails_leaves_nothing),
        TEST(who_loses_the_race_to_the_first_row_changes_nothing),
        TEST(a_tracking_number_given_twice_is_a_reason_to_try_again),
        TEST(a_tombstone_and_its_reservation_in_two_batches_do_not_wait_in_a_circle),
        TEST(the_catalogue_goes_only_into_an_empty_shop),
        TEST(the_last_pieces_are_sold_once_however_many_compete),
        TEST(batches_that_cross_never_wait_in_a_circle),
        TEST(a_batch_knows_what_it_has_just_done),
        TEST(a_batch_that_loses_a_race_changes_nothing),
        TEST(events_of_one_order_one_by_one_leave_the_books_balanced),
        TEST(events_of_one_order_in_batches_leave_the_books_balanced),
        TEST(instances_that_start_at_once_load_one_catalogue),
    };

    return cmocka_run_group_tests_name("inventory: store", tests, open_database, close_database);
}
