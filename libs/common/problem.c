/* problem.c - which errors there are, and their words. */
#include "problem.h"

#include <stddef.h>

#include "arena.h"
#include "json_out.h"

/* Titles are the phrases of RFC 9110, 15, and of RFC 6585. */
static const struct problem {
    int status;
    const char *type, *title;
} problems[] = {
    {400, "/problems/invalid",                "Bad Request"                    },
    {401, "/problems/unauthenticated",        "Unauthorized"                   },
    {403, "/problems/forbidden",              "Forbidden"                      },
    {404, "/problems/not-found",              "Not Found"                      },
    {405, "/problems/method-not-allowed",     "Method Not Allowed"             },
    {406, "/problems/not-acceptable",         "Not Acceptable"                 },
    {408, "/problems/request-timeout",        "Request Timeout"                },
    {409, "/problems/conflict",               "Conflict"                       },
    {413, "/problems/content-too-large",      "Content Too Large"              },
    {415, "/problems/unsupported-media-type", "Unsupported Media Type"         },
    {422, "/problems/unprocessable",          "Unprocessable Content"          },
    {429, "/problems/too-many-requests",      "Too Many Requests"              },
    {431, "/problems/header-too-large",       "Request Header Fields Too Large"},
    {500, "/problems/internal",               "Internal Server Error"          },
    {501, "/problems/not-implemented",        "Not Implemented"                },
    {502, "/problems/bad-gateway",            "Bad Gateway"                    },
    {503, "/problems/unavailable",            "Service Unavailable"            },
    {504, "/problems/gateway-timeout",        "Gateway Timeout"                },
};

int problem_status(enum err_code code)
{
    static const int statuses[] = {
        [ERR_OK] = 200,
        [ERR_INVALID] = 400,
        [ERR_UNAUTHENTICATED] = 401,
        [ERR_FORBIDDEN] = 403,
        [ERR_NOT_FOUND] = 404,
        [ERR_CONFLICT] = 409,
        [ERR_UNPROCESSABLE] = 422,
        [ERR_UNAVAILABLE] = 503,
        [ERR_INTERNAL] = 500,
    };

    return statuses[code];
}

/* "about:blank" is the RFC's word for: the status says it all. */
static const struct problem *find(int status)
{
    static const struct problem other = {0, "about:blank", "Error"};

    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
        if (problems[i].status == status)
            return &problems[i];
    return &other;
}

static void member(struct json_out *j, const char *key, const char *value)
{
    if (value && *value)
        json_out_str(j, key, value);
}

const char *problem_body(struct arena *a, int status, const char *detail, const char *instance,
                         const char *request_id)
{
    const struct problem *p = find(status);
    struct json_out j = json_out_new(a);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "type", p->type);
    json_out_str(&j, "title", p->title);
    json_out_int(&j, "status", status);
    member(&j, "detail", detail);
    member(&j, "instance", instance);
    member(&j, "request_id", request_id);
    json_out_close(&j, '}');
    return json_out_text(&j);
}
