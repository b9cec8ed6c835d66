/* fuzz.h - what the fuzz targets share.
 *
 * A target is one file, <who decodes>_<what>.c: the function that libFuzzer calls with
 * bytes of its own making, and the properties that hold whatever they are. The service's
 * own code runs, with its fake store behind it.
 *
 *   make fuzz                                   each target for FUZZ_SECONDS (20)
 *   make fuzz FUZZ=order_post FUZZ_SECONDS=600  one of them
 *   build/fuzz/fuzz/order_post FILE             one input again, with the report
 *   make test                                   corpus/ and regression/, any compiler
 *
 * A finding is left in build/fuzz/findings/<target>/. When its cause is mended it moves
 * to regression/<target>/, under a name that says what it was. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A property: where it does not hold, the fuzzer has found something. */
#define must(holds) ((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *property, const char *file, int line);

/* --- fuzz_check.c --- */

const char *fuzz_text(struct arena *a, const uint8_t *data, size_t len); /* to the first NUL */
bool fuzz_is_utf8(const char *s);
void fuzz_must_be_json(struct arena *a, const char *text); /* as our own reader wants it */

/* An error says something, in UTF-8, that fits into a problem document. */
void fuzz_must_explain(struct arena *a, struct err err);

/* --- fuzz_http.c: the HTTP server from the request line on --- */

/* The caller, a customer; where only an admin may call, it is one. */
#define FUZZ_CUSTOMER "0193b9a0-0000-7000-8000-00000000000a"

/* Ask the service's routes. Whatever comes of it is a JSON document with a status that
 * the service means to give, which is never 500 or 503. */
struct http_response fuzz_request(struct arena *a, const char *method, const char *target,
                                  const uint8_t *body, size_t len);

/* "METHOD target", and on the lines that follow the body. */
struct http_response fuzz_request_line(struct arena *a, const uint8_t *data, size_t len);

/* --- fuzz_event.c: the consumer, for one message --- */

/* Hand the message to its handler. Refused or not, it is not tried again. */
struct err fuzz_event(struct ctx *ctx, const struct subscription list[], size_t n,
                      const uint8_t *data, size_t len);

/* What a service says itself is an event that others can read. */
void fuzz_must_be_event(const struct ctx *ctx, const char *type, const char *data);

/* --- fuzz_peer.c: in place of http_client.c --- */

/* Every call is answered so: the first byte chooses the status, the rest is the body. */
void fuzz_answer(struct arena *a, const uint8_t *data, size_t len);
int fuzz_answered(void); /* the status */

#endif
