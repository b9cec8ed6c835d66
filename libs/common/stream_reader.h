/* stream_reader.h - consumer.h for a Redis Stream: a thread that feeds events of a
 * consumer group to their handlers, with the same inbox, batches and rules.
 *
 * An entry that fails for a passing reason stays pending and is tried again, by
 * whichever reader comes first, after 'claim_idle_ms'; so are the entries of a reader
 * that died. After 'max_deliveries' an entry goes to the dead stream. Consumers that hold
 * nothing and have not been heard of for 'forget_idle_ms' are deleted: a container made
 * anew is another consumer, and the group would grow with each. */
#ifndef COMMON_STREAM_READER_H
#define COMMON_STREAM_READER_H

#include <stddef.h>
#include <stdint.h>

#include "db.h"
#include "event.h"
#include "stream.h"

struct stream_reader;

struct stream_reader_options {
    struct stream_address redis;
    struct db_options db;
    const char *stream, *group, *consumer; /* consumer: the instance's name */
    const struct subscription *subscriptions;
    size_t nsubscriptions;
    int batch;              /* entries a transaction, at most; 0 means 50 */
    int64_t claim_idle_ms;  /* 0 means 30,000 */
    int64_t max_deliveries; /* 0 means 5 */
    int64_t forget_idle_ms; /* 0 means 6 hours */
};

/* Strings and subscriptions are borrowed. Its health check is "redis". */
struct stream_reader *stream_reader_start(const struct stream_reader_options *opt);
void stream_reader_stop(struct stream_reader *r); /* finishes the batch; NULL is fine */

#endif
