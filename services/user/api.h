/* api.h - HTTP in, use-cases out. */
#ifndef USER_API_H
#define USER_API_H

#include <stddef.h>

#include "http.h"

/* The public key that GET /.well-known/jwks.json shows. Call once, before threads. */
void api_init(const char *pem);

extern const struct http_route api_routes[];
extern const size_t api_nroutes;

#endif
