/* letters.h - dead letters: the queues order.dead, inventory.dead and payment.dead of
 * RabbitMQ, and the stream order-events.dead of Redis, read in the same way. */
#ifndef WAYCTL_LETTERS_H
#define WAYCTL_LETTERS_H

#include "world.h"

enum { BOXES = 4, LETTERS_MAX = 10000 }; /* so many of a box are looked at */

struct letter {
    const char *box, *home; /* "order.dead", "order": where it belongs */
    const char *id;         /* the event's; of one without, "body-" and a hash, or the entry */
    const char *type, *order_id, *error; /* "" when nobody knows */
    int attempts;
    const char *body;
    size_t body_len;
};

enum fate { LETTER_STAYS, LETTER_GOES_HOME, LETTER_GOES };

/* What is to become of this one, which is gone when the call is over. */
typedef enum fate letter_visit(const struct letter *l, void *arg);

/* "order.dead" or "order"; ERR_NOT_FOUND names those that there are. */
struct err letters_box(struct call *c, const char *name, size_t *box) MUST_CHECK;
const char *letters_box_name(size_t box);
bool letters_in_redis(size_t box); /* RabbitMQ has the others */

/* How many there are; 0 also when the box has never been made. */
struct err letters_count(struct call *c, size_t box, int64_t *n) MUST_CHECK;

/* Show each letter, the oldest first, at most 'max', to 'visit' and do as it says. One that goes
 * home is safe there before it is taken away here: a crash in between leaves it in both, and
 * the consumer's inbox absorbs it. *done: those that went. */
struct err letters_walk(struct call *c, size_t box, size_t max, letter_visit *visit, void *arg,
                        size_t *done) MUST_CHECK;

#endif
