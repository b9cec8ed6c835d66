/* stream_reader.h - consumer.h for a Redis Stream: a thread that feeds events of a
 * consumer group to their handlers, with the same inbox, batches and rules.
 * Entries of a consumer that died are claimed after 'claim_idle_ms'; an entry
 * delivered more than 'max_deliveries' times goes to the dead stream. */
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
    int batch;              /* 50 */
    int64_t claim_idle_ms;  /* 30,000 */
    int64_t max_deliveries; /* 5 */
};

struct stream_reader *stream_reader_start(const struct stream_reader_options *opt);
void stream_reader_stop(struct stream_reader *r); /* NULL is fine */

#endif
