/* print.c - traces, drawn with letters. */
#include "print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "services/inventory/inventory.h"
#include "services/payment/payment.h"
#include "world.h"

enum { GAP = 14, FIRST = 9, WIDTH = FIRST + (ACTORS - 1) * GAP + 1, NOTE = 120 };

static const char *const actors[ACTORS] = {
    [CUSTOMER] = "customer",   [NOTIFICATION] = "notification", [ORDER] = "order",
    [INVENTORY] = "inventory", [PAYMENT] = "payment",           [PROVIDER] = "provider",
};

void print_counts(const struct scenario *sc, const struct search_result *r)
{
    printf("%s: %zu states, %zu transitions, %zu quiet, %d shipped, depth %zu, %.1f s%s%s\n",
           sc->name, r->states, r->transitions, r->quiet, r->most_shipped, r->depth, r->seconds,
           r->violated ? "; violated: " : "", r->violated ? r->violated : "");
}

/* --- what a step changed ------------------------------------------------------------------ */

struct note {
    char text[NOTE];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct note *n, const char *format, ...)
{
    const size_t room = sizeof(n->text) - n->len;
    va_list args;
    int len;

    if (n->len > 0 && room > 2) {
        memcpy(n->text + n->len, ", ", 3);
        n->len += 2;
    }
    va_start(args, format);
    len = vsnprintf(n->text + n->len, sizeof(n->text) - n->len, format, args);
    va_end(args);
    n->len += len > 0 ? (size_t)len : 0;
    if (n->len >= sizeof(n->text))
        n->len = sizeof(n->text) - 1;
}

static int told(const struct saga *s)
{
    int n = 0;

    for (int i = 0; i < ORDER_STATUSES; i++)
        n += s->told[i];
    return n;
}

static void compare(struct note *n, const struct saga *a, const struct saga *b)
{
    if (a->status != b->status)
        add(n, "order %s", order_status_name((enum order_status)b->status));
    if (a->settled < b->settled)
        add(n, "settled");
    if (a->peeked < b->peeked)
        add(n, "sees %s", b->peeked == 1 ? "enough" : "too little");
    if (a->reservation != b->reservation)
        add(n, "stock %s", inventory_state_name((enum inventory_state)b->reservation));
    if (a->payment != b->payment)
        add(n, "payment %s", payment_state_name((enum payment_state)b->payment));
    if (a->captured < b->captured)
        add(n, "captured");
    if (a->charge != b->charge && b->charge == CHARGE_DECLINED)
        add(n, "declined");
    if (a->returned < b->returned)
        add(n, "refunded");
    if (told(a) < told(b))
        add(n, "told");
}

/* --- drawing -------------------------------------------------------------------------------- */

static int column(enum actor a)
{
    return FIRST + (int)a * GAP;
}

static void draw_arrow(char line[], const struct step_view *v)
{
    const bool right = v->from < v->to;
    const int a = column(right ? v->from : v->to) + 1, b = column(right ? v->to : v->from) - 1;
    const int len = (int)strlen(v->label);

    for (int i = a; i <= b; i++)
        line[i] = '-';
    line[right ? b : a] = right ? '>' : '<';
    memcpy(line + a + (b - a + 1 - len) / 2, v->label, (size_t)len);
}

static void draw(int number, char name, const struct step_view *v, const char *note)
{
    char line[WIDTH + 1];

    memset(line, ' ', WIDTH);
    line[WIDTH] = '\0';
    for (int i = 0; i < ACTORS; i++)
        line[column((enum actor)i)] = '|';
    if (v->from == v->to)
        line[column(v->from)] = v->label[0];
    else
        draw_arrow(line, v);
    printf("%4d %c%s   %s\n", number, name, line, note);
}

static void draw_heads(void)
{
    printf("      ");
    for (int i = 0; i < ACTORS; i++) {
        const int len = (int)strlen(actors[i]), left = (GAP - len) / 2;

        printf("%*s%s%*s", left + (i == 0) * (FIRST - GAP / 2), "", actors[i], GAP - len - left,
               "");
    }
    printf("\n");
}

/* --- the trace -------------------------------------------------------------------------------- */

/* The same packing as in the search, so that the steps fit; the names follow the orders. */
static struct world settled(const struct scenario *sc, const struct world *w, char names[])
{
    uint64_t words[WORLD_WORDS];

    world_pack(sc, w, words, names);
    return world_unpack(sc, words);
}

static struct world print_step(const struct scenario *sc, const struct world *before, int number,
                               struct step step, char names[])
{
    const struct step_view view = model_view(before, step);
    struct world after = *before;
    struct note note = {{0}, 0};

    model_do(sc, &after, step);
    if (*view.note)
        add(&note, "%s", view.note);
    compare(&note, &before->sagas[step.saga], &after.sagas[step.saga]);
    draw(number, names[step.saga], &view, note.text);
    return settled(sc, &after, names);
}

static void print_order(const struct saga *s, char name)
{
    printf("     %c: order %s, stock %s, payment %s, charged %d, refunded %d, told %d of %d\n",
           name, order_status_name((enum order_status)s->status),
           inventory_state_name((enum inventory_state)s->reservation),
           payment_state_name((enum payment_state)s->payment), s->captured, s->returned, told(s),
           s->version);
}

static void print_end(const struct scenario *sc, const struct world *w, const char names[])
{
    for (int name = 'A'; name < 'A' + sc->orders; name++)
        for (int i = 0; i < sc->orders; i++)
            if (names[i] == name)
                print_order(&w->sagas[i], names[i]);
    printf("     on hand %d, reserved %d, dispatched %d\n", w->on_hand, w->reserved, w->dispatched);
}

void print_trace(const struct scenario *sc, const struct search_result *r)
{
    char names[MAX_ORDERS + 1] = "ABC";
    struct world w = world_begin(sc);

    printf("\n%s: after %zu steps\n", r->violated, r->trace_len);
    draw_heads();
    w = settled(sc, &w, names);
    for (size_t i = 0; i < r->trace_len; i++)
        w = print_step(sc, &w, (int)i + 1, r->trace[i], names);
    print_end(sc, &w, names);
}
