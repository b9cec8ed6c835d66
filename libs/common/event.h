/* event.h - events on the wire: CloudEvents 1.0, structured mode, JSON.
 *
 *   {"specversion":"1.0","id":"…","type":"order.created.v1","source":"/waybill/order",
 *    "subject":"<order id>","time":"…","datacontenttype":"application/json",
 *    "correlationid":"…","causationid":"…","traceparent":"…","data":{…}}
 *
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
#ifndef COMMON_EVENT_H
#define COMMON_EVENT_H

#include <stddef.h>

#include "ctx.h"
#include "err.h"
#include "json_in.h"

struct event {
    const char *id;      /* unique: consumers deduplicate on it */
    const char *type;    /* "order.created": also the routing key */
    int version;         /* 1 */
    const char *source;  /* the service: "order" */
    const char *subject; /* the order's id */
    const char *time;    /* RFC 3339 */
    const char *correlation_id, *causation_id, *traceparent; /* "" when absent */
    struct json_in data; /* of a parsed event: finish with json_in_done() */
};

/* Name the service that event_format() gives as source. Call once, before threads. */
void event_source(const char *service);

/* The envelope around 'data' (a JSON object), in ctx->arena. 'e' gives type and
 * subject, and may give the rest. Otherwise: a new id, version 1, our source, the
 * time now, and from 'ctx' the correlation (without one: the subject), the causation
 * and the trace (without one: left out). */
const char *event_format(const struct ctx *ctx, const struct event *e, const char *data);

/* ERR_INVALID names what is wrong with the envelope; 'e' lives in 'a'. Members that
 * we do not know are ignored, and so is a malformed traceparent. */
struct err event_parse(struct arena *a, const char *text, size_t len, struct event *e) MUST_CHECK;

/* How a service lists the events that it handles; shared by consumer.h (RabbitMQ)
 * and stream_reader.h (Redis). */
typedef struct err event_handler(struct ctx *ctx, const struct event *e);

struct subscription {
    const char *type; /* "order.created" */
    int version;      /* any other version is a dead letter */
    event_handler *handler;
};

/* Fetches ahead what handlers will read of all ctx->subjects, into ctx->ahead (batch.h). */
typedef struct err event_ahead(struct ctx *ctx);

/* Run the handler of 'e' among 'list'; ERR_INVALID when there is none. */
struct err event_dispatch(struct ctx *ctx, const struct event *e, const struct subscription list[],
                          size_t n) MUST_CHECK;

#endif
