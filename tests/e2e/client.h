/* client.h - the tests' HTTP client: sends exactly what it is told, keeps what it gets.
 *
 * Unlike libs/common/http_client.h it never retries and knows no deadline but one of
 * 20 s, for a test wants to see what a stranger would see. Any thread may call it. */
#ifndef E2E_CLIENT_H
#define E2E_CLIENT_H

#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum { CLIENT_MAX_HEADERS = 12 };

struct request {
    const char *method;                      /* GET unless set, POST when there is a body */
    const char *url;                         /* a path is taken as one of the gateway's */
    const char *body;                        /* or NULL */
    size_t body_len;                         /* 0: strlen(body) */
    const char *token;                       /* or NULL */
    const char *key;                         /* Idempotency-Key, or NULL */
    const char *headers[CLIENT_MAX_HEADERS]; /* "Name: value"; "Name:" removes one */
    const char *from;                        /* source address, "127.0.0.1" unless set */
};

struct reply {
    int status; /* 0: no answer at all */
    char *body; /* NUL-terminated */
    char *headers;
    struct cJSON *json; /* the body, when it is JSON */
};

struct reply client_send(const struct request *r);
void reply_free(struct reply *reply);

/* The value of a header, in a static buffer of the calling thread; NULL when absent. */
const char *reply_header(const struct reply *reply, const char *name);

/* Members of the JSON body, by a path like "items.0.sku"; the test fails when absent. */
const char *reply_str(const struct reply *reply, const char *path);
int64_t reply_int(const struct reply *reply, const char *path);
size_t reply_count(const struct reply *reply, const char *path); /* of an array */

#endif
