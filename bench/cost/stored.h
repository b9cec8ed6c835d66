/* stored.h - what orders leave behind: rows, messages, bytes on disk. */
#ifndef BENCH_STORED_H
#define BENCH_STORED_H

/* All of them as they are now. */
struct stored {
    double orders;
    double messages;     /* that were ever written to an outbox */
    double mails;        /* one for each message to the Redis Stream */
    double database;     /* bytes of all databases, after a VACUUM */
    double wal;          /* bytes ever written ahead */
    double redis_files;  /* bytes */
    double redis_memory; /* bytes */
    double rabbitmq_files;
};

struct stored stored_now(void);

/* The rows of the tables that are to stay small, of all services together: outbox, inbox,
 * idempotency; and the entries of the stream. Told as growth.rows.<table>.<moment> */
void stored_tell_rows(const char *moment);

#endif
