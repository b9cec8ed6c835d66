/* test_bad_input.c - bad requests: each gets a precise problem document and stores nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "world.h"

static struct customer customer;
static const char *sku;

static int set_up(void **state)
{
    (void)state;
    customer = customer_new();
    sku = product_new(100, 1000, true);
    return 0;
}

/* @ stands for a sku that exists. */
static const struct {
    const char *body;
    int status;
    const char *detail;
} bad_orders[] = {
  /* not JSON, or not an object */
    {"",                                                                                            400, "empty"              },
    {"{",                                                                                           400, "JSON"               },
    {"nonsense",                                                                                    400, "JSON"               },
    {"[]",                                                                                          400, "object"             },
    {"null",                                                                                        400, "object"             },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1}],\"payment_method\":\"pm_ok\"} trailing",          400,
     "JSON"                                                                                                                   },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1}],\"payment_method\":\"pm_ok\"}{}",                 400, "JSON"               },
 /* missing, unknown, repeated members */
    {"{}",                                                                                          400, "payment_method"     },
    {"{\"payment_method\":\"pm_ok\"}",                                                              400, "lines"              },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1}]}",                                                400, "payment_method"     },
    {"{\"lines\":[{\"quantity\":1}],\"payment_method\":\"pm_ok\"}",                                 400, "lines[0].sku"       },
    {"{\"lines\":[{\"sku\":\"@\"}],\"payment_method\":\"pm_ok\"}",                                  400, "lines[0].quantity"  },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1}],\"payment_method\":\"pm_ok\",\"total\":1}",       400,
     "total"                                                                                                                  },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1,\"unit_price\":1}],\"payment_method\":\"pm_ok\"}",
     400,                                                                                                "lines[0].unit_price"},
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1,\"quantity\":9}],\"payment_method\":\"pm_ok\"}",
     400,                                                                                                "quantity"           },
 /* wrong types */
    {"{\"lines\":{},\"payment_method\":\"pm_ok\"}",                                                 400, "lines"              },
    {"{\"lines\":[1],\"payment_method\":\"pm_ok\"}",                                                400, "lines[0]"           },
    {"{\"lines\":[{\"sku\":7,\"quantity\":1}],\"payment_method\":\"pm_ok\"}",                       400, "lines[0].sku"       },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":\"1\"}],\"payment_method\":\"pm_ok\"}",               400,
     "lines[0].quantity"                                                                                                      },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":null}],\"payment_method\":\"pm_ok\"}",                400,
     "lines[0].quantity"                                                                                                      },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":true}],\"payment_method\":\"pm_ok\"}",                400,
     "lines[0].quantity"                                                                                                      },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1}],\"payment_method\":5}",                           400, "payment_method"     },
 /* quantities */
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":0}],\"payment_method\":\"pm_ok\"}",                   400,
     "lines[0].quantity must be between 1 and 1000"                                                                           },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":-1}],\"payment_method\":\"pm_ok\"}",                  400,
     "lines[0].quantity must be between 1 and 1000"                                                                           },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1001}],\"payment_method\":\"pm_ok\"}",                400,
     "lines[0].quantity must be between 1 and 1000"                                                                           },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":9223372036854775808}],\"payment_method\":\"pm_ok\"}",
     400,                                                                                                "lines[0].quantity"  },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1e999}],\"payment_method\":\"pm_ok\"}",               400,
     "lines[0].quantity"                                                                                                      },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1.5}],\"payment_method\":\"pm_ok\"}",                 400,
     "lines[0].quantity must be a whole number"                                                                               },
 /* lines */
    {"{\"lines\":[],\"payment_method\":\"pm_ok\"}",                                                 400, "lines"              },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1},{\"sku\":\"@\",\"quantity\":2}],"
     "\"payment_method\":\"pm_ok\"}",                                                          400, "lines[1].sku"       },
 /* skus and other strings */
    {"{\"lines\":[{\"sku\":\"NO-SUCH-THING\",\"quantity\":1}],\"payment_method\":\"pm_ok\"}",       422,
     "lines[0].sku: there is no product NO-SUCH-THING"                                                                        },
    {"{\"lines\":[{\"sku\":\"\",\"quantity\":1}],\"payment_method\":\"pm_ok\"}",                    400,
     "lines[0].sku"                                                                                                           },
    {"{\"lines\":[{\"sku\":\"a b&c=d\",\"quantity\":1}],\"payment_method\":\"pm_ok\"}",             400,
     "lines[0].sku"                                                                                                           },
    {"{\"lines\":[{\"sku\":\"@\\u0000\",\"quantity\":1}],\"payment_method\":\"pm_ok\"}",            400, ""                   },
    {"{\"lines\":[{\"sku\":\"\xff\xfe\",\"quantity\":1}],\"payment_method\":\"pm_ok\"}",            400,
     "UTF-8"                                                                                                                  },
    {"{\"lines\":[{\"sku\":\"\xc0\x80\",\"quantity\":1}],\"payment_method\":\"pm_ok\"}",            400,
     "UTF-8"                                                                                                                  },
    {"{\"lines\":[{\"sku\":\"@\",\"quantity\":1}],\"payment_method\":\"\"}",                        400, "payment_method"     },
};

/* What a request could leave behind; none of these may. */
static const struct {
    const char *service, *sql;
} stores[] = {
    {"order",     "SELECT count(*) FROM orders"                              },
    {"order",     "SELECT count(*) FROM order_events"                        },
    {"user",      "SELECT count(*) FROM users"                               },
    {"inventory", "SELECT count(*) + coalesce(sum(on_hand), 0) FROM products"},
    {"inventory", "SELECT count(*) FROM reservations"                        },
    {"payment",   "SELECT count(*) FROM payments"                            },
};
enum { STORES = sizeof(stores) / sizeof(stores[0]) };

static int64_t before[STORES];

static int look(void **state)
{
    (void)state;
    for (size_t i = 0; i < STORES; i++)
        before[i] = sql_int(stores[i].service, stores[i].sql);
    return 0;
}

static int nothing_is_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < STORES; i++)
        if (sql_int(stores[i].service, stores[i].sql) != before[i])
            fail_msg("something was stored: %s", stores[i].sql);
    return 0;
}

static void post_order(const char *body, int status, const char *detail)
{
    expect_problem(
        &(struct request){.url = "/api/v1/orders", .token = customer.token, .body = body}, status,
        detail);
}

/* 'from' with every @ replaced by the sku. */
static void fill(char *to, const char *from)
{
    for (; *from; from++)
        to = *from == '@' ? stpcpy(to, sku) : (*to = *from, to + 1);
    *to = '\0';
}

static void every_bad_order_is_named(void **state)
{
    char body[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(bad_orders) / sizeof(bad_orders[0]); i++) {
        fill(body, bad_orders[i].body);
        post_order(body, bad_orders[i].status, bad_orders[i].detail);
    }
}

static char *repeat(const char *head, const char *piece, size_t n, const char *tail)
{
    char *s = malloc(strlen(head) + n * strlen(piece) + strlen(tail) + 1), *end = s;

    assert_non_null(s);
    end = stpcpy(end, head);
    while (n--)
        end = stpcpy(end, piece);
    stpcpy(end, tail);
    return s;
}

static void a_thousand_lines_are_too_many(void **state)
{
    char *body = repeat("{\"payment_method\":\"pm_ok\",\"lines\":[{\"sku\":\"A\",\"quantity\":1}",
                        ",{\"sku\":\"A\",\"quantity\":1}", 999, "]}");

    (void)state;
    post_order(body, 400, "lines must have 1 to 50 entries");
    free(body);
}

static void a_nesting_bomb_is_defused(void **state)
{
    char *arrays = repeat("{\"lines\":", "[", 20000, "");
    char *objects = repeat("", "{\"a\":", 5000, "1");

    (void)state;
    post_order(arrays, 400, "");
    post_order(objects, 400, "");
    free(arrays);
    free(objects);
}

static void a_body_over_the_limit_is_refused(void **state)
{
    char *body = repeat("{\"payment_method\":\"", "x", 70000, "\"}");

    (void)state;
    post_order(body, 413, "");
    expect_problem(&(struct request){.url = text("%s/api/v1/orders", world_env("ORDER_URL")),
                                     .token = customer.token,
                                     .body = body},
                   413, "");
    free(body);
}

static void a_nul_byte_in_the_body_is_no_end(void **state)
{
    static const char body[] = "{\"lines\":[]}\0{}";

    (void)state;
    expect_problem(&(struct request){.url = "/api/v1/orders",
                                     .token = customer.token,
                                     .body = body,
                                     .body_len = sizeof(body) - 1},
                   400, "");
}

static void wrong_methods_and_types_are_told_what_is_right(void **state)
{
    struct reply r;

    (void)state;
    r = client_send(
        &(struct request){.method = "DELETE", .url = "/api/v1/orders", .token = customer.token});
    assert_int_equal(r.status, 405);
    assert_non_null(strstr(reply_header(&r, "Allow"), "POST"));
    assert_string_equal(reply_header(&r, "Content-Type"), "application/problem+json");
    reply_free(&r);

    expect_problem(&(struct request){.url = "/api/v1/orders",
                                     .token = customer.token,
                                     .body = "lines=1",
                                     .headers = {"Content-Type: text/plain"}},
                   415, "application/json");
    expect_problem(&(struct request){.url = "/api/v1/nothing", .token = customer.token}, 404, "");
    expect_problem(&(struct request){.url = "/nothing"}, 404, "");
}

static void bad_ids_statuses_limits_and_cursors_are_refused(void **state)
{
    static const struct {
        const char *url;
        int status;
        const char *detail;
    } cases[] = {
        {"/api/v1/orders/17",                                   400, "UUID"         },
        {"/api/v1/orders/'%20OR%201=1--",                       400, "UUID"         },
        {"/api/v1/orders/00000000-0000-7000-8000-000000000000", 404, "no order"     },
        {"/api/v1/orders/%00",                                  400, ""             },
        {"/api/v1/orders/%zz",                                  400, ""             },
        {"/api/v1/orders?status=LOST",                          400, "status"       },
        {"/api/v1/orders?limit=0",                              400, "limit"        },
        {"/api/v1/orders?limit=101",                            400, "limit"        },
        {"/api/v1/orders?limit=-1",                             400, "limit"        },
        {"/api/v1/orders?limit=ten",                            400, "limit"        },
        {"/api/v1/orders?limit=99999999999999999999",           400, "limit"        },
        {"/api/v1/orders?cursor=nonsense",                      400, "cursor"       },
        {"/api/v1/orders?cursor=",                              400, "cursor"       },
        {"/api/v1/products?cursor=%ff",                         400, ""             },
        {"/api/v1/products/NO-SUCH-THING",                      404, "NO-SUCH-THING"},
        {"/api/v1/payments/17",                                 400, "UUID"         },
        {"/api/v1/payments?order_id=17",                        400, "order_id"     },
        {"/api/v1/notifications/17",                            400, "UUID"         },
        {"/api/v1/users/17",                                    400, "UUID"         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_problem(&(struct request){.url = cases[i].url, .token = customer.token},
                       cases[i].status, cases[i].detail);
}

static void bad_registrations_and_log_ins_are_named(void **state)
{
    static const struct {
        const char *url, *body;
        int status;
        const char *detail;
    } cases[] = {
        {"/api/v1/users",    "{\"name\":\"A\",\"password\":\"correct horse\"}",                      400, "email"   },
        {"/api/v1/users",    "{\"email\":\"nobody\",\"name\":\"A\",\"password\":\"correct horse\"}",
         400,                                                                                             "email"   },
        {"/api/v1/users",    "{\"email\":\"a@b.example\",\"name\":\"A\",\"password\":\"short\"}",    400,
         "password"                                                                                                 },
        {"/api/v1/users",
         "{\"email\":\"a@b.example\",\"name\":\"\",\"password\":\"correct horse\"}",                 400, "name"    },
        {"/api/v1/users",
         "{\"email\":\"a@b.example\",\"name\":\"A\",\"password\":\"correct "
         "horse\",\"role\":\"admin\"}",                                                              400, "role"    },
        {"/api/v1/sessions", "{\"email\":\"a@b.example\"}",                                          400, "password"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_problem(&(struct request){.url = cases[i].url, .body = cases[i].body},
                       cases[i].status, cases[i].detail);
    expect_problem(&(struct request){.url = "/api/v1/users",
                                     .body = text("{\"email\":\"%s\",\"name\":\"A\","
                                                  "\"password\":\"correct horse\"}",
                                                  customer.email)},
                   409, "registered");
}

static void bad_products_are_named(void **state)
{
    static const struct {
        const char *body;
        const char *detail;
    } cases[] = {
        {"{\"sku\":\"lower\",\"name\":\"A\",\"price\":1,\"currency\":\"EUR\"}",             "sku"     },
        {"{\"sku\":\"X\",\"name\":\"A\",\"price\":-1,\"currency\":\"EUR\"}",                "price"   },
        {"{\"sku\":\"X\",\"name\":\"A\",\"price\":0.5,\"currency\":\"EUR\"}",               "price"   },
        {"{\"sku\":\"X\",\"name\":\"A\",\"price\":1,\"currency\":\"euro\"}",                "currency"},
        {"{\"sku\":\"X\",\"name\":\"A\",\"price\":1,\"currency\":\"EUR\",\"on_hand\":-5}",
         "on_hand"                                                                                    },
        {"{\"sku\":\"X\",\"name\":\"A\",\"price\":1,\"currency\":\"EUR\",\"shippable\":1}",
         "shippable"                                                                                  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_problem(&(struct request){.url = "/api/v1/products",
                                         .token = world()->admin,
                                         .body = cases[i].body},
                       400, cases[i].detail);
    expect_problem(&(struct request){.url = text("/api/v1/products/%s/restock", sku),
                                     .token = world()->admin,
                                     .body = "{\"quantity\":0}"},
                   400, "quantity");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, look, nothing_is_stored)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_bad_order_is_named),
        TEST(a_thousand_lines_are_too_many),
        TEST(a_nesting_bomb_is_defused),
        TEST(a_body_over_the_limit_is_refused),
        TEST(a_nul_byte_in_the_body_is_no_end),
        TEST(wrong_methods_and_types_are_told_what_is_right),
        TEST(bad_ids_statuses_limits_and_cursors_are_refused),
        TEST(bad_registrations_and_log_ins_are_named),
        TEST(bad_products_are_named),
    };

    return cmocka_run_group_tests_name("bad input", tests, set_up, NULL);
}
