/* model.c - the table of steps. */
#include "model.h"

#include <stddef.h>
#include <string.h>

#include "provider.h"
#include "services.h"
#include "services/inventory/inventory.h"
#include "services/payment/payment.h"

/* --- events --------------------------------------------------------------------------- */

enum { CHOICES = 2 }; /* of the carrier: he takes it, or not */

static bool carrier_is_asked(const struct saga *s, int route)
{
    return routes[route].to == INVENTORY && routes[route].meaning == INVENTORY_SHIP &&
           s->reservation == INVENTORY_RESERVED;
}

static bool deliver(const struct scenario *sc, struct world *w, struct saga *s, int arg,
                    enum delivery how)
{
    const int route = arg / CHOICES;
    const bool refused = arg % CHOICES;
    const bool muted = how == TWICE && sc->bug == BUG_DUAL_WRITE;
    struct bag before;
    bool handle;

    if ((refused && !carrier_is_asked(s, route)) || !bag_take(sc, &s->bag, route, how, &handle))
        return false;
    before = s->bag;
    if (handle)
        service_hear(sc, w, s, &routes[route], refused);
    if (muted)
        s->bag = before; /* the crash came before it could publish */
    return true;
}

static bool once(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    return deliver(sc, w, s, arg, ONCE);
}

static bool twice(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    return deliver(sc, w, s, arg, TWICE);
}

static bool again(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    return arg % CHOICES == 0 && deliver(sc, w, s, arg, AGAIN);
}

static bool never(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    return arg % CHOICES == 0 && deliver(sc, w, s, arg, NEVER);
}

static bool act(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)arg;
    return inventory_acts(sc, w, s);
}

/* --- the customer and the clock --------------------------------------------------------- */

static bool cancel(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w, (void)arg;
    return order_cancels(sc, s);
}

/* As long as nothing is lost no order may depend on its deadline. */
static bool expire(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w, (void)arg;
    return !sc->losses && order_expires(sc, s);
}

static bool expire_at_last(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w, (void)arg;
    return sc->losses && order_expires(sc, s);
}

/* --- payment's workers -------------------------------------------------------------------- */

static bool take(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w, (void)arg;
    return worker_takes(sc, s);
}

static bool call(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w;
    return worker_calls(sc, s, arg / FATES, (enum fate)(arg % FATES));
}

static bool call_well(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    return arg % FATES < FATES_WELL && call(sc, w, s, arg);
}

static bool call_badly(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    return arg % FATES >= FATES_WELL && call(sc, w, s, arg);
}

static bool finish(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w;
    return worker_finishes(sc, s, arg);
}

static bool crash(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)sc, (void)w;
    return worker_crashes(s, arg);
}

/* --- requests that nobody waits for any more ------------------------------------------------ */

enum { LATE_CASES = 2 * FATES };

static bool late(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w;
    return late_arrives(sc, s, arg / FATES ? LATE_CANCEL : LATE_CHARGE, (enum fate)(arg % FATES),
                        false);
}

static bool late_and_more(const struct scenario *sc, struct world *w, struct saga *s, int arg)
{
    (void)w;
    return late_arrives(sc, s, arg / FATES ? LATE_CANCEL : LATE_CHARGE, (enum fate)(arg % FATES),
                        true);
}

/* --- the table ------------------------------------------------------------------------------ */

static const struct kind {
    bool (*run)(const struct scenario *sc, struct world *w, struct saga *s, int arg);
    int args;
    bool must;
} kinds[] = {
    {once,           ROUTES *CHOICES,    true },
    {twice,          ROUTES *CHOICES,    false},
    {again,          ROUTES *CHOICES,    true },
    {never,          ROUTES *CHOICES,    false},
    {act,            1,                  true },
    {cancel,         1,                  false},
    {expire,         1,                  false},
    {expire_at_last, 1,                  true },
    {take,           1,                  true },
    {call_well,      MAX_WORKERS *FATES, true },
    {call_badly,     MAX_WORKERS *FATES, false},
    {finish,         MAX_WORKERS,        true },
    {crash,          MAX_WORKERS,        false},
    {late,           LATE_CASES,         true },
    {late_and_more,  LATE_CASES,         false},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
enum { DELIVERIES = 4 }; /* the first kinds: their argument is a route, and a choice */

bool model_do(const struct scenario *sc, struct world *w, struct step step)
{
    return kinds[step.kind].run(sc, w, &w->sagas[step.saga], step.arg);
}

/* --- what can happen next ------------------------------------------------------------------- */

struct visitor {
    const struct scenario *sc;
    const struct world *w;
    model_visit *visit;
    void *arg;
    int musts;
};

static void try_steps(struct visitor *v, int saga, int kind, int first, int n)
{
    struct world after = *v->w;

    for (int i = first; i < first + n; i++) {
        const struct step step = {(uint8_t)kind, (uint8_t)saga, (uint8_t)i};

        if (!model_do(v->sc, &after, step))
            continue;
        v->musts += kinds[kind].must;
        v->visit(v->arg, step, kinds[kind].must, &after);
        after = *v->w;
    }
}

static void try_saga(struct visitor *v, int saga)
{
    for (int kind = 0; kind < KINDS; kind++)
        try_steps(v, saga, kind, 0, kinds[kind].args);
}

/* Does nobody's work depend on when an event of this route is handled? What notification
 * does is read by nobody, and some events never move an order. */
static bool is_sink(const struct route *r)
{
    if (r->to == NOTIFICATION)
        return true;
    if (r->to != ORDER || order_settles((enum order_event)r->meaning))
        return false;
    for (int s = 0; s < ORDER_STATUSES; s++)
        if (order_next((enum order_status)s, (enum order_event)r->meaning) != (enum order_status)s)
            return false;
    return true;
}

/* The deliveries of one such event. */
static bool try_sinks(struct visitor *v)
{
    for (int i = 0; i < v->sc->orders; i++) {
        const struct bag *bag = &v->w->sagas[i].bag;

        for (int r = 0; r < ROUTES; r++) {
            if (bag_empty(bag, r) || !is_sink(&routes[r]))
                continue;
            for (int kind = 0; kind < DELIVERIES; kind++)
                try_steps(v, i, kind, r * CHOICES, CHOICES);
            return true;
        }
    }
    return false;
}

/* Orders meet in the stock only, and only inventory's handlers touch it. */
static bool may_touch_stock(const struct scenario *sc, const struct saga *s)
{
    for (int r = 0; r < ROUTES; r++)
        if (routes[r].to == INVENTORY && bag_waiting(&s->bag, r))
            return true;
    return s->peeked || sc->bug == BUG_CHECK_THEN_ACT;
}

int model_next(const struct scenario *sc, const struct world *w, enum reduction reduction,
               model_visit *visit, void *arg)
{
    struct visitor v = {sc, w, visit, arg, 0};
    bool done[MAX_ORDERS] = {false};

    if (reduction >= REDUCE_SINKS && try_sinks(&v))
        return v.musts;
    for (int i = 0; reduction >= REDUCE_ORDERS && i < sc->orders; i++) {
        if (may_touch_stock(sc, &w->sagas[i]))
            continue;
        try_saga(&v, i);
        if (v.musts)
            return v.musts;
        done[i] = true;
    }
    for (int i = 0; i < sc->orders; i++)
        if (!done[i])
            try_saga(&v, i);
    return v.musts;
}

/* --- what is drawn ---------------------------------------------------------------------------- */

static const char *const fates[FATES] = {
    [FATE_ACCEPTED] = "",
    [FATE_DECLINED] = "",
    [FATE_REFUSED] = "makes no sense to it",
    [FATE_NOT_SENT] = "not sent, the breaker is open",
    [FATE_LOST] = "the request is lost",
    [FATE_UNHEARD] = "the answer is lost",
    [FATE_UNHEARD_NO] = "the answer is lost",
    [FATE_LATE] = "no answer yet, the request is late",
};

static struct step_view view_delivery(struct step step)
{
    const struct route *r = &routes[step.arg / CHOICES];
    const char *label = strchr(r->type, '.') + 1;
    struct step_view v = {route_sender(r), r->to, label, ""};

    if (strcmp(r->type, "shipment.failed") == 0)
        v.label = "unshippable"; /* not to be taken for inventory.failed */
    if (kinds[step.kind].run == twice)
        v.note = "a copy is about";
    if (kinds[step.kind].run == again)
        v.note = "once more";
    if (kinds[step.kind].run == never)
        v.note = "lost with its queue";
    return v;
}

static struct step_view view_call(const struct saga *s, struct step step)
{
    const struct worker *w = &s->workers[step.arg / FATES];
    const char *label = w->asked == PAYMENT_CHARGING ? "charge" : "cancel";

    return (struct step_view){PAYMENT, PROVIDER, label, fates[step.arg % FATES]};
}

static struct step_view view_late(struct step step)
{
    const char *label = step.arg / FATES ? "cancel" : "charge";

    return (struct step_view){PAYMENT, PROVIDER, label,
                              step.arg % FATES == FATE_LOST ? "late, and lost" : "late"};
}

static struct step_view view_answer(const struct saga *s, struct step step)
{
    const struct worker *w = &s->workers[step.arg];

    return (struct step_view){PROVIDER, PAYMENT, answer_name((enum answer)w->answer), ""};
}

struct step_view model_view(const struct world *w, struct step step)
{
    const struct kind *k = &kinds[step.kind];
    const struct saga *s = &w->sagas[step.saga];

    if (step.kind < DELIVERIES)
        return view_delivery(step);
    if (k->run == call_well || k->run == call_badly)
        return view_call(s, step);
    if (k->run == late || k->run == late_and_more)
        return view_late(step);
    if (k->run == finish)
        return view_answer(s, step);
    if (k->run == cancel)
        return (struct step_view){CUSTOMER, ORDER, "cancel", ""};
    if (k->run == expire_at_last &&
        order_next((enum order_status)s->status, ORDER_EXPIRED) == (enum order_status)s->status)
        return (struct step_view){ORDER, ORDER, "?", "asks again"};
    if (k->run == expire || k->run == expire_at_last)
        return (struct step_view){ORDER, ORDER, "*", "the deadline passes"};
    if (k->run == take)
        return (struct step_view){PAYMENT, PAYMENT, "*", "a worker takes the payment"};
    if (k->run == crash)
        return (struct step_view){PAYMENT, PAYMENT, "*", "the worker dies"};
    return (struct step_view){INVENTORY, INVENTORY, "*", "acts on what it saw"};
}
