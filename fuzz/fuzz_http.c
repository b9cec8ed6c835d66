/* fuzz_http.c - requests, from their line to the answer, without sockets and database. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "http_internal.h"
#include "keys.h"
#include "problem.h"

/* Of the service that this is linked with: its api.h. */
extern const struct http_route api_routes[];
extern const size_t api_nroutes;

/* Longer than any run, so that a token is verified once and then remembered. */
enum { TOKEN_TTL_S = 7 * 86400 };

static struct http_options options;
static const char *customer, *admin; /* Authorization */

static const char *authorization(struct arena *a, const char *private_pem, enum role role)
{
    const char *id = role == ROLE_ADMIN ? "0193b9a0-0000-7000-8000-00000000000f" : FUZZ_CUSTOMER;
    const struct principal p = {id, role};
    const char *token;

    must(auth_sign(a, private_pem, &p, TOKEN_TTL_S, &token).code == ERR_OK);
    return arena_printf(a, "Bearer %s", token);
}

static void prepare(void)
{
    static struct arena *forever;
    struct key_pair keys;
    struct auth *auth;

    if (forever)
        return;
    forever = arena_new();
    keys = key_pair_new(forever, "P-256");
    must(auth_open(forever, keys.public_pem, &auth).code == ERR_OK);
    options.auth = auth;
    customer = authorization(forever, keys.private_pem, ROLE_CUSTOMER);
    admin = authorization(forever, keys.private_pem, ROLE_ADMIN);
}

static void must_be_an_answer(struct http_exchange *x)
{
    const int status = x->res.status;

    must(status >= 200 && status < 500);
    must(x->res.body != NULL);
    fuzz_must_be_json(x->arena, x->res.body);
    must(status < 400 || strcmp(x->content_type, "application/problem+json") == 0);
    must((status == 201) == (x->res.location != NULL) || strstr(x->target, "/sessions"));
}

struct http_response fuzz_request(struct arena *a, const char *method, const char *target,
                                  const uint8_t *body, size_t len)
{
    struct http_worker worker = {.opt = &options, .scratch = a};
    struct http_exchange x = {.arena = a, .target = target, .request_id = "r1"};
    struct err err;

    prepare();
    x.req = (struct http_request){
        .method = method,
        .body = arena_strndup(a, (const char *)body, len),
        .body_len = len,
        .impl = &x,
    };
    err = http_target_parse(&x);
    if (!err.code)
        x.route = http_route_find(&x, api_routes, api_nroutes);
    if (err.code) {
        http_refuse(&x, 400, err.msg);
    } else if (!x.route) {
        http_refuse(&x, x.allow ? 405 : 404, "no such route");
    } else {
        x.authorization = x.route->access == HTTP_ADMIN ? admin : customer;
        http_dispatch(&worker, &x);
    }
    must_be_an_answer(&x);
    return x.res;
}

struct http_response fuzz_request_line(struct arena *a, const uint8_t *data, size_t len)
{
    const uint8_t *newline = len ? memchr(data, '\n', len) : NULL;
    const size_t line_len = newline ? (size_t)(newline - data) : len;
    const size_t body_at = newline ? line_len + 1 : len;
    char *target = arena_strndup(a, (const char *)data, line_len);
    const char *method = strsep(&target, " ");

    return fuzz_request(a, method, target ? target : "", data + body_at, len - body_at);
}
