/* thing_app.h - a small application for tests of the HTTP server: routes of every
 * kind, without a database.
 *
 *   GET /things  /things/<x>  /things/<x>/of/<y>   PUT /echo   what was understood
 *   POST /things {"name"}   DELETE /things/<x>   GET /things/mine
 *   GET /fail/<err_code>   fails that way */
#ifndef TESTS_THING_APP_H
#define TESTS_THING_APP_H

#include <stdint.h>

#include "web.h"

#define JSON "Content-Type: application/json\r\n"

enum { APP_MAX_BODY = 1000 };

extern struct thing_app {
    struct arena *arena; /* for the whole group of tests */
    uint16_t port;
} thing;

int app_start(void **state); /* for cmocka_run_group_tests() */
int app_stop(void **state);

struct web_reply thing_get(const char *target);
struct web_reply thing_post(const char *headers, const char *body); /* to /things */

/* A text in a JSON answer, NULL when it is null. */
const char *thing_member(const struct web_reply *r, const char *name);

void assert_thing_problem(const struct web_reply *r, int status, const char *detail);

#endif
