/* rest.h - what handlers of REST resources share: ids in paths and queries, whose
 * things a caller may see. */
#ifndef COMMON_REST_H
#define COMMON_REST_H

#include "ctx.h"
#include "err.h"
#include "http.h"

/* The id in the path, of a 'what' ("order"). ERR_INVALID when it is no UUID. */
struct err rest_id(struct ctx *ctx, const struct http_request *req, const char *what,
                   const char **id) MUST_CHECK;

/* The id in the query under 'name'; NULL when it is absent. ERR_INVALID likewise. */
struct err rest_query_id(struct ctx *ctx, const struct http_request *req, const char *name,
                         const char **id) MUST_CHECK;

/* The user whose things this caller may see: their own id, or NULL, anyone's, for an
 * admin. Stores take it as a condition, so that another's thing is simply not found. */
const char *rest_owner(const struct http_request *req);

#endif
