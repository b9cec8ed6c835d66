/* saga_change.c - saga retry, saga cancel. */
#include <string.h>

#include "arena.h"
#include "change.h"
#include "command.h"
#include "db.h"
#include "id.h"
#include "json_in.h"
#include "outbox.h"

static struct err check_id(struct call *c)
{
    const char *id = c->opt->args[0];

    return id_valid(id) ? OK : err_new(c->arena, ERR_INVALID, "%s is no order's id", id);
}

/* --- retry ---------------------------------------------------------------------------- */

/* What an order asks in each status: the participants answer any event in any state with
 * their present one (docs/adr/0006), so asking again does no harm and fetches an answer
 * that was lost. A shipped order has nothing to ask. */
static const struct {
    const char *status, *question;
} questions[] = {
    {"PENDING",    "order.created"   },
    {"CONFIRMED",  "order.confirmed" },
    {"CANCELLING", "order.cancelling"},
    {"CANCELLED",  "order.cancelled" },
};

static const char *question_of(const char *status)
{
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
        if (strcmp(status, questions[i].status) == 0)
            return questions[i].question;
    return NULL;
}

/* The announcement that the order service itself would make of this status, with the order
 * locked so that it cannot move on before the question is in the outbox. */
static struct err announcement(struct call *c, const char **status, const char **data)
{
    struct db_rows rows;
    struct err err = db_exec(
        world_db(c, ORDER), &rows,
        "SELECT status, (jsonb_build_object('order_id', id, 'user_id', user_id, 'status', status,"
        " 'version', version, 'currency', currency, 'total', total,"
        " 'payment_method', payment_method, 'reservation_id', reservation_id,"
        " 'tracking_number', tracking_number, 'reason', reason)"
        " || CASE status WHEN 'PENDING' THEN jsonb_build_object('lines',"
        "  (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity,"
        "    'unit_price', unit_price) ORDER BY line) FROM order_lines WHERE order_id = id))"
        " ELSE '{}' END)::text FROM orders WHERE id = $1 FOR UPDATE",
        c->opt->args[0]);

    if (err.code)
        return world_error(c, ORDER, err);
    if (rows.count == 0)
        return err_new(c->arena, ERR_NOT_FOUND, "there is no order %s", c->opt->args[0]);
    *status = db_str(&rows, 0, 0);
    *data = db_str(&rows, 0, 1);
    return OK;
}

/* To RabbitMQ only: the customer has been told already. With an id of its own, or the
 * inboxes would drop it. */
static struct err ask_again(struct call *c, const char **asked)
{
    struct ctx *ctx = world_db(c, ORDER);
    struct outbox_event e = {.subject = c->opt->args[0], .to = OUTBOX_BUS};
    const char *status = "";
    struct err err;

    db_unit_begin(ctx, DB_WRITE);
    err = announcement(c, &status, &e.data);
    if (!err.code) {
        *asked = e.type = question_of(status);
        err = e.type ? outbox_add(ctx, &e, NULL)
                     : err_new(c->arena, ERR_CONFLICT, "a %s order has nothing to ask", status);
    }
    if (!err.code)
        err = db_unit_commit(ctx);
    db_unit_rollback(ctx); /* unless committed */
    return err;
}

struct err saga_retry(struct call *c)
{
    struct change record = {.command = "saga retry", .target = c->opt->args[0]};
    const char *asked = "";
    struct err err = check_id(c);

    if (err.code)
        return err;
    record.question = arena_printf(c->arena, "Ask again for order %s", record.target);
    err = change_begin(c, &record);
    if (err.code)
        return err;
    err = ask_again(c, &asked);
    return change_end(c, &record, err, arena_printf(c->arena, "%s asked again", asked));
}

/* --- cancel --------------------------------------------------------------------------- */

/* What the order service has to say: the order, or a problem (RFC 9457). */
static struct err read_answer(struct call *c, int status, const char *body, const char **outcome)
{
    enum { MAX = 1000 };
    const struct json_in in = json_in_parse(c->arena, body, strlen(body));

    if (status == 200 || status == 202)
        *outcome = arena_printf(c->arena, "the order is %s", json_in_str(&in, "status", 1, MAX));
    else
        return err_new(c->arena, ERR_CONFLICT, "%d: %s", status,
                       json_in_str_or(&in, "detail", 0, MAX, "no reason given"));
    return json_in_done(&in);
}

static struct err cancel(struct call *c, const char **outcome)
{
    const struct world_request r = {
        .method = "POST",
        .path = arena_printf(c->arena, "/api/v1/orders/%s/cancel", c->opt->args[0]),
    };
    const char *body;
    int status;
    struct err err = world_ask_as_admin(c, &r, &status, &body);

    return err.code ? err : read_answer(c, status, body, outcome);
}

struct err saga_cancel(struct call *c)
{
    struct change record = {.command = "saga cancel", .target = c->opt->args[0]};
    const char *outcome = "";
    struct err err = check_id(c);

    if (err.code)
        return err;
    record.question = arena_printf(c->arena, "Cancel order %s", record.target);
    err = change_begin(c, &record);
    if (err.code)
        return err;
    err = cancel(c, &outcome);
    return change_end(c, &record, err, outcome);
}
