/* notification.c - the texts, as a table, and how long to wait before the next attempt. */
#include "notification.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const states[] = {
    [NOTIFICATION_PENDING] = "PENDING",
    [NOTIFICATION_SENT] = "SENT",
    [NOTIFICATION_FAILED] = "FAILED",
};

const char *notification_state_name(enum notification_state s)
{
    return states[s];
}

bool notification_state_parse(const char *name, enum notification_state *out)
{
    for (int i = 0; i < NOTIFICATION_STATES; i++) {
        if (strcmp(name, states[i]) == 0) {
            *out = (enum notification_state)i;
            return true;
        }
    }
    return false;
}

/* A subject holds nothing but our own words and the order's id, so that no stranger's
 * text can break a mail's header. */
static const struct {
    const char *kind, *subject, *body;
} templates[] = {
    {"order.created",    "We have received your order {order}",
     "Thank you for your order over {total}. We are checking stock and payment and will write"
     " again."                                                              },
    {"order.confirmed",  "Your order {order} is paid",
     "Your payment of {total} has arrived. We are packing your order."      },
    {"order.shipped",    "Your order {order} is on its way",
     "Your order has left our warehouse. Its tracking number is {tracking}."},
    {"order.cancelling", "Your order {order} is being cancelled",
     "Reason: {reason}. We will write again when this is done."             },
    {"order.cancelled",  "Your order {order} is cancelled",
     "Reason: {reason}. If you have paid, you will get your {total} back."  },
};

/* ISO 4217: most currencies have cents, some have nothing smaller, a few have mills. */
static int decimals(const char *currency)
{
    static const char none[] =
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    static const char three[] = "BHD IQD JOD KWD LYD OMR TND";

    if (strstr(none, currency))
        return 0;
    return strstr(three, currency) ? 3 : 2;
}

static void format_money(char *out, size_t size, int64_t amount, const char *currency)
{
    const int digits = decimals(currency);
    const int64_t unit = digits == 0 ? 1 : digits == 2 ? 100 : 1000;

    if (digits == 0)
        snprintf(out, size, "%" PRId64 " %s", amount, currency);
    else
        snprintf(out, size, "%" PRId64 ".%0*" PRId64 " %s", amount / unit, digits, amount % unit,
                 currency);
}

struct field {
    const char *name, *value;
};

/* What "{name}" at 's' stands for; *len is its length. NULL: it is no field. */
static const char *field_value(const struct field fields[], const char *s, size_t *len)
{
    for (; fields->name; fields++) {
        *len = strlen(fields->name);
        if (strncmp(s, fields->name, *len) == 0)
            return *fields->value ? fields->value : "not given";
    }
    return NULL;
}

static void fill_in(char *out, size_t size, const char *text, const struct field fields[])
{
    size_t used = 0;

    while (*text && used + 1 < size) {
        size_t len;
        const char *value = field_value(fields, text, &len);

        if (value) {
            int n = snprintf(out + used, size - used, "%s", value);

            used += (size_t)n < size - used ? (size_t)n : size - used - 1;
            text += len;
        } else {
            out[used++] = *text++;
        }
    }
    out[used] = '\0';
}

bool notification_write(const struct notification_facts *facts,
                        char subject[NOTIFICATION_MAX_SUBJECT + 1],
                        char body[NOTIFICATION_MAX_BODY + 1])
{
    char total[40];
    const struct field fields[] = {
        {"{order}",    facts->order_id       },
        {"{total}",    total                 },
        {"{reason}",   facts->reason         },
        {"{tracking}", facts->tracking_number},
        {NULL,         NULL                  },
    };

    format_money(total, sizeof(total), facts->total, facts->currency);
    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
        if (strcmp(templates[i].kind, facts->kind) != 0)
            continue;
        fill_in(subject, NOTIFICATION_MAX_SUBJECT + 1, templates[i].subject, fields);
        fill_in(body, NOTIFICATION_MAX_BODY + 1, templates[i].body, fields);
        return true;
    }
    return false;
}

int64_t notification_delay_ms(int64_t attempts)
{
    const int64_t first = 1000, longest = 60000;
    int64_t delay = first;

    while (--attempts > 0 && delay < longest)
        delay *= 2;
    return delay < longest ? delay : longest;
}
