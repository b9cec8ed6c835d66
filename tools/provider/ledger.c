/* ledger.c - the books of the sandbox: a hash table of charges, and its journal. */
#include "ledger.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "journal.h"
#include "json_in.h"
#include "json_out.h"

struct node {
    struct charge charge; /* first, so that decide() finds the node of a charge */
    struct node *next;    /* in the bucket of its key */
    struct node *payer;   /* the next that was captured, in the bucket of its reference */
};

struct ledger {
    struct journal *journal;         /* NULL: none */
    pthread_mutex_t lock;            /* guards everything below */
    struct node **buckets, **payers; /* all by key; what was captured by reference */
    size_t nbuckets;                 /* a power of two, of each */
    int64_t limit, count;
    int64_t twice; /* references for which more than one charge was captured */
    struct ledger_total totals[LEDGER_MAX_CURRENCIES];
    size_t ntotals;
};

const char *charge_status_name(enum charge_status s)
{
    static const char *const names[] = {
        [CHARGE_OPEN] = "open",
        [CHARGE_CAPTURED] = "captured",
        [CHARGE_DECLINED] = "declined",
        [CHARGE_CANCELLED] = "cancelled",
    };

    return names[s];
}

/* --- the table ------------------------------------------------------------------ */

/* FNV-1a; only those who hold our access key choose the keys. */
static struct node **bucket(const struct ledger *l, struct node **table, const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (const char *c = key; *c; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return &table[h & (l->nbuckets - 1)];
}

static struct charge *find(struct ledger *l, const char *key)
{
    for (struct node *n = *bucket(l, l->buckets, key); n; n = n->next)
        if (strcmp(n->charge.key, key) == 0)
            return &n->charge;
    return NULL;
}

static struct err add(struct ledger *l, const struct charge *c, struct charge **out)
{
    struct node **head = bucket(l, l->buckets, c->key), *n;

    if (l->count >= l->limit)
        return (struct err){ERR_UNAVAILABLE, "the ledger is full"};
    n = calloc(1, sizeof(*n));
    if (!n)
        return (struct err){ERR_UNAVAILABLE, "there is no memory left for the ledger"};
    n->charge = *c;
    n->next = *head;
    *head = n;
    l->count++;
    *out = &n->charge;
    return OK;
}

static struct ledger_total *total_of(struct ledger *l, const char *currency)
{
    for (size_t i = 0; i < l->ntotals; i++)
        if (strcmp(l->totals[i].currency, currency) == 0)
            return &l->totals[i];
    if (l->ntotals == LEDGER_MAX_CURRENCIES)
        return NULL;
    memcpy(l->totals[l->ntotals].currency, currency, sizeof(l->totals[0].currency));
    return &l->totals[l->ntotals++];
}

/* --- what can happen to a charge --------------------------------------------------- */

/* A customer who pays twice for one thing does so under two keys: only its reference tells. */
static void note_payer(struct ledger *l, struct charge *c)
{
    struct node **head = bucket(l, l->payers, c->reference), *ours = (struct node *)c;
    int before = 0;

    for (const struct node *n = *head; n; n = n->payer)
        before += strcmp(n->charge.reference, c->reference) == 0;
    l->twice += before == 1;
    ours->payer = *head;
    *head = ours;
}

static void decide(struct ledger *l, struct charge *c, const char *id)
{
    struct ledger_total *t = total_of(l, c->currency); /* there is one: begin() has seen to it */

    snprintf(c->id, sizeof(c->id), "%s", id);
    if (c->method->declined) {
        c->status = CHARGE_DECLINED;
        return;
    }
    c->status = CHARGE_CAPTURED;
    c->captured = c->amount;
    t->charges++;
    t->captured += c->amount;
    note_payer(l, c);
}

static void cancel(struct ledger *l, struct charge *c)
{
    c->status = CHARGE_CANCELLED;
    if (c->captured == 0)
        return;
    c->refunded = c->captured;
    total_of(l, c->currency)->refunded += c->refunded;
}

/* --- the journal -------------------------------------------------------------------- */

/* {"op":"decide","key":…,"id":…,…} or {"op":"cancel","key":…} */
static struct err write_entry(struct ledger *l, struct arena *a, const struct charge *c,
                              const char *id)
{
    struct json_out j = json_out_new(a);

    if (!l->journal)
        return OK;
    json_out_open(&j, NULL, '{');
    json_out_str(&j, "op", id ? "decide" : "cancel");
    json_out_str(&j, "key", c->key);
    if (id) {
        json_out_str(&j, "id", id);
        json_out_int(&j, "amount", c->amount);
        json_out_str(&j, "currency", c->currency);
        json_out_str(&j, "method", c->method->name);
        json_out_str(&j, "reference", c->reference);
    }
    json_out_close(&j, '}');
    return journal_append(l->journal, a, json_out_text(&j));
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static struct err read_decision(struct ledger *l, const struct json_in *in, struct charge *c)
{
    const char *method = json_in_str(in, "method", 1, LEDGER_MAX_METHOD);
    const char *id = json_in_id(in, "id");
    struct err err;

    copy(c->reference, sizeof(c->reference), json_in_str(in, "reference", 0, LEDGER_MAX_REFERENCE));
    copy(c->currency, sizeof(c->currency), json_in_str(in, "currency", 3, 3));
    c->amount = json_in_int(in, "amount", 0, LEDGER_MAX_AMOUNT);
    c->method = method_find(method);
    if (!c->method)
        json_in_refuse(in, "method", "is unknown");
    if (!total_of(l, c->currency))
        json_in_refuse(in, "currency", "is one too many");
    err = json_in_done(in);
    if (!err.code)
        decide(l, c, id);
    return err;
}

/* One line of the journal, done again. */
static struct err read_entry(void *arg, struct arena *a, const char *line, size_t len)
{
    struct json_in in = json_in_parse(a, line, len);
    const char *op = json_in_str(&in, "op", 1, 16);
    struct charge fresh = {.status = CHARGE_OPEN}, *c;
    struct ledger *l = arg;
    struct err err;

    copy(fresh.key, sizeof(fresh.key), json_in_str(&in, "key", 1, LEDGER_MAX_KEY));
    err = json_in_done(&in);
    if (err.code)
        return err;
    c = find(l, fresh.key);
    if (!c)
        err = add(l, &fresh, &c);
    if (err.code)
        return err;
    if (strcmp(op, "cancel") == 0 && c->status != CHARGE_CANCELLED) {
        cancel(l, c);
        return OK;
    }
    if (strcmp(op, "decide") == 0 && c->status == CHARGE_OPEN)
        return read_decision(l, &in, c);
    return (struct err){ERR_INVALID, "it cannot follow what comes before it"};
}

/* --- opening and closing --------------------------------------------------------------- */

struct err ledger_open(struct arena *a, const char *path, int64_t limit, struct ledger **out)
{
    struct ledger *l = calloc(1, sizeof(*l));
    struct err err = OK;

    if (!l)
        abort();
    pthread_mutex_init(&l->lock, NULL);
    l->limit = limit;
    for (l->nbuckets = 1; l->nbuckets < (size_t)limit;)
        l->nbuckets *= 2;
    l->buckets = calloc(l->nbuckets, sizeof(struct node *)); /* untouched pages cost nothing */
    l->payers = calloc(l->nbuckets, sizeof(struct node *));
    if (!l->buckets || !l->payers)
        abort();
    if (path && *path)
        err = journal_open(a, path, read_entry, l, &l->journal);
    if (err.code)
        ledger_close(l);
    else
        *out = l;
    return err;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->nbuckets; i++) {
        while (l->buckets[i]) {
            struct node *n = l->buckets[i];

            l->buckets[i] = n->next;
            free(n);
        }
    }
    free(l->buckets);
    free(l->payers);
    journal_close(l->journal);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* --- what can be asked ------------------------------------------------------------------ */

static bool same_charge(const struct charge *a, const struct charge *b)
{
    return a->amount == b->amount && strcmp(a->currency, b->currency) == 0 &&
           a->method == b->method && strcmp(a->reference, b->reference) == 0;
}

/* The key's charge, new or known. */
static struct err begin(struct ledger *l, const struct charge *asked, struct charge **out)
{
    *out = find(l, asked->key);
    if (!*out) {
        if (!total_of(l, asked->currency))
            return (struct err){ERR_UNPROCESSABLE, "this sandbox takes no further currency"};
        return add(l, asked, out);
    }
    if ((*out)->status == CHARGE_CANCELLED || same_charge(*out, asked))
        return OK;
    return (struct err){ERR_UNPROCESSABLE, "this Idempotency-Key belongs to another charge"};
}

static struct err charge(struct ledger *l, struct arena *a, const struct charge *asked,
                         struct charge **out, bool *first)
{
    const char *id = id_new(a);
    struct charge *c;
    struct err err;

    err = begin(l, asked, &c);
    if (err.code)
        return err;
    *out = c;
    *first = false;
    if (c->status != CHARGE_OPEN)
        return OK;
    if (c->attempts < INT_MAX)
        c->attempts++;
    if (c->attempts >= c->method->decides_on) {
        err = write_entry(l, a, c, id);
        if (err.code)
            return err;
        decide(l, c, id);
        *first = true;
    }
    if (c->attempts <= c->method->silent_until)
        return (struct err){ERR_UNAVAILABLE, "this payment method is out of order"};
    return OK;
}

/* Also what somebody else has just decided must be on disk before we tell it. */
static void unlock_and_sync(struct ledger *l)
{
    const int64_t end = l->journal ? journal_end(l->journal) : 0;

    pthread_mutex_unlock(&l->lock);
    if (l->journal)
        journal_sync(l->journal, end);
}

struct err ledger_charge(struct ledger *l, struct arena *a, const struct charge *asked,
                         struct charge *out, bool *first)
{
    struct charge *c = NULL;
    struct err err;

    pthread_mutex_lock(&l->lock);
    err = charge(l, a, asked, &c, first);
    if (!err.code)
        *out = *c;
    unlock_and_sync(l);
    return err;
}

struct err ledger_cancel(struct ledger *l, struct arena *a, const char *key, struct charge *out)
{
    struct charge fresh = {.status = CHARGE_OPEN}, *c;
    struct err err = OK;

    copy(fresh.key, sizeof(fresh.key), key);
    pthread_mutex_lock(&l->lock);
    c = find(l, key);
    if (!c)
        err = add(l, &fresh, &c);
    if (!err.code && c->status != CHARGE_CANCELLED) {
        err = write_entry(l, a, c, NULL);
        if (!err.code)
            cancel(l, c);
    }
    if (!err.code)
        *out = *c;
    unlock_and_sync(l);
    return err;
}

struct err ledger_find(struct ledger *l, const char *key, struct charge *out)
{
    const struct charge *c;

    pthread_mutex_lock(&l->lock);
    c = find(l, key);
    if (c)
        *out = *c;
    unlock_and_sync(l);
    return c ? OK : (struct err){ERR_NOT_FOUND, "nobody has charged or cancelled this key"};
}

size_t ledger_totals(struct ledger *l, struct ledger_total out[])
{
    size_t n;

    pthread_mutex_lock(&l->lock);
    n = l->ntotals;
    memcpy(out, l->totals, n * sizeof(out[0]));
    unlock_and_sync(l);
    return n;
}

int64_t ledger_charged_twice(struct ledger *l)
{
    int64_t twice;

    pthread_mutex_lock(&l->lock);
    twice = l->twice;
    unlock_and_sync(l);
    return twice;
}
