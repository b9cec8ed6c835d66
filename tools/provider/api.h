/* api.h - the sandbox's HTTP interface (README.md). */
#ifndef PROVIDER_API_H
#define PROVIDER_API_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"
#include "ledger.h"

struct api_options {
    struct ledger *ledger;
    const char *key; /* what callers must bear */
    int64_t slow_ms; /* how long a slow method takes */
};

/* Borrowed. Call once, before threads. */
void api_init(const struct api_options *opt);

extern const struct http_route api_routes[];
extern const size_t api_nroutes;

#endif
