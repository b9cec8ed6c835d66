/* api.h - HTTP in, use-cases out. */
#ifndef PAYMENT_API_H
#define PAYMENT_API_H

#include <stddef.h>

#include "http.h"

extern const struct http_route api_routes[];
extern const size_t api_nroutes;

#endif
