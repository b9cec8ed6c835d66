/* notification.h - what customers are told about their orders. Pure: no I/O, no clock. */
#ifndef NOTIFICATION_NOTIFICATION_H
#define NOTIFICATION_NOTIFICATION_H

#include <stdbool.h>
#include <stdint.h>

/* Lengths in bytes. With facts within their bounds no text is ever cut. */
enum {
    NOTIFICATION_MAX_FACT = 500, /* a reason, a tracking number */
    NOTIFICATION_MAX_SUBJECT = 200,
    NOTIFICATION_MAX_BODY = 1000,
};

enum notification_state {
    NOTIFICATION_PENDING, /* to be delivered, at once or later */
    NOTIFICATION_SENT,    /* the mailer has it */
    NOTIFICATION_FAILED,  /* cannot be delivered, ever: 'reason' says why */
};

enum { NOTIFICATION_STATES = NOTIFICATION_FAILED + 1 };

struct notification {
    const char *id, *event_id, *user_id, *order_id;
    const char *kind; /* the event's type: "order.shipped" */
    const char *subject, *body;
    enum notification_state state;
    const char *reason;      /* "" when nothing went wrong */
    int64_t attempts;        /* how often a worker has taken it */
    const char *traceparent; /* of the event */
    const char *created_at;  /* RFC 3339 */
    const char *sent_at;     /* likewise, or NULL */
};

const char *notification_state_name(enum notification_state s);
bool notification_state_parse(const char *name, enum notification_state *out);

/* What an event tells about an order. */
struct notification_facts {
    const char *kind, *order_id;
    const char *currency;                 /* ISO 4217 */
    int64_t total;                        /* in its minor units */
    const char *reason, *tracking_number; /* or "" */
};

/* Write the text for facts->kind. False: there is none for this kind. */
bool notification_write(const struct notification_facts *facts,
                        char subject[NOTIFICATION_MAX_SUBJECT + 1],
                        char body[NOTIFICATION_MAX_BODY + 1]);

/* How long to wait after so many attempts that met an outage. */
int64_t notification_delay_ms(int64_t attempts);

#endif
