/* test_event.c - envelopes out and in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "event.h"
#include "id.h"

#define ORDER_ID  "01a1f8c6-411d-717b-962e-43fc756da8e3"
#define EVENT_ID  "01a1f8c6-411d-717b-962e-43fc756da8e4"
#define CAUSE_ID  "01a1f8c6-411d-717b-962e-43fc756da8e5"
#define TRACE_ID  "4bf92f3577b34da6a3ce929d0e0e4736"
#define TRACE     "00-" TRACE_ID "-00f067aa0ba902b7-01"
#define TIME      "2026-11-20T11:15:00.123Z"
#define JSON_TYPE "\"datacontenttype\":\"application/json\","

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    event_source("order");
    clock_freeze(1795173300123);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    clock_freeze(0);
    arena_free(ctx.arena);
    return 0;
}

static struct err parse(const char *text, struct event *e)
{
    return event_parse(ctx.arena, text, strlen(text), e);
}

static void an_envelope_has_the_members_of_cloudevents(void **state)
{
    const struct event e = {
        .id = EVENT_ID,
        .type = "order.created",
        .version = 2,
        .source = "payment",
        .subject = ORDER_ID,
        .time = "2026-01-01T00:00:00.000Z",
        .correlation_id = "c1",
        .causation_id = CAUSE_ID,
        .traceparent = TRACE,
    };

    (void)state;
    assert_string_equal(event_format(&ctx, &e, "{\"total\":1}"),
                        "{\"specversion\":\"1.0\",\"id\":\"" EVENT_ID "\","
                        "\"type\":\"order.created.v2\",\"source\":\"/waybill/payment\","
                        "\"subject\":\"" ORDER_ID
                        "\",\"time\":\"2026-01-01T00:00:00.000Z\"," JSON_TYPE
                        "\"correlationid\":\"c1\",\"causationid\":\"" CAUSE_ID "\","
                        "\"traceparent\":\"" TRACE "\",\"data\":{\"total\":1}}");
}

static void what_an_event_does_not_say_its_context_does(void **state)
{
    struct event e = {.id = EVENT_ID, .type = "order.created", .subject = ORDER_ID};

    (void)state;
    ctx.correlation_id = "c2";
    ctx.causation_id = CAUSE_ID;
    assert_true(trace_parse(TRACE, &ctx.trace));
    assert_string_equal(event_format(&ctx, &e, "{}"),
                        "{\"specversion\":\"1.0\",\"id\":\"" EVENT_ID "\","
                        "\"type\":\"order.created.v1\",\"source\":\"/waybill/order\","
                        "\"subject\":\"" ORDER_ID "\",\"time\":\"" TIME "\"," JSON_TYPE
                        "\"correlationid\":\"c2\",\"causationid\":\"" CAUSE_ID "\","
                        "\"traceparent\":\"" TRACE "\",\"data\":{}}");
}

static void the_first_event_of_a_flow_correlates_to_its_subject(void **state)
{
    struct event e = {.id = EVENT_ID, .type = "order.created", .subject = ORDER_ID};

    (void)state;
    assert_string_equal(event_format(&ctx, &e, "{}"),
                        "{\"specversion\":\"1.0\",\"id\":\"" EVENT_ID "\","
                        "\"type\":\"order.created.v1\",\"source\":\"/waybill/order\","
                        "\"subject\":\"" ORDER_ID "\",\"time\":\"" TIME "\"," JSON_TYPE
                        "\"correlationid\":\"" ORDER_ID "\",\"data\":{}}");
}

static void an_event_survives_its_journey(void **state)
{
    struct event e, sent = {.type = "inventory.reserved", .subject = ORDER_ID};
    struct json_in reservation;

    (void)state;
    event_source("inventory");
    ctx.causation_id = CAUSE_ID;
    assert_true(trace_parse(TRACE, &ctx.trace));
    assert_int_equal(parse(event_format(&ctx, &sent, "{\"n\":1,\"r\":{\"s\":\"x\"}}"), &e).code,
                     ERR_OK);
    assert_true(id_valid(e.id));
    assert_string_equal(e.type, "inventory.reserved");
    assert_int_equal(e.version, 1);
    assert_string_equal(e.source, "inventory");
    assert_string_equal(e.subject, ORDER_ID);
    assert_string_equal(e.time, TIME);
    assert_string_equal(e.correlation_id, ORDER_ID);
    assert_string_equal(e.causation_id, CAUSE_ID);
    assert_string_equal(e.traceparent, TRACE);
    assert_int_equal(json_in_int(&e.data, "n", 0, 9), 1);
    reservation = json_in_obj(&e.data, "r");
    assert_string_equal(json_in_str(&reservation, "s", 1, 1), "x");
    assert_int_equal(json_in_done(&e.data).code, ERR_OK);
}

/* A valid envelope but for one member: 'key' has 'value', or is left out (NULL). */
static const char *envelope_with(const char *key, const char *value)
{
    static const char *const members[][2] = {
        {"specversion",     "\"1.0\""               },
        {"id",              "\"e1\""                },
        {"type",            "\"order.created.v1\""  },
        {"source",          "\"/waybill/order\""    },
        {"subject",         "\"" ORDER_ID "\""      },
        {"time",            "\"" TIME "\""          },
        {"datacontenttype", "\"application/json\""  },
        {"correlationid",   "\"c\""                 },
        {"causationid",     "\"e0\""                },
        {"traceparent",     "\"" TRACE "\""         },
        {"data",            "{\"a\":1}"             },
        {"someday",         "{\"new\":[\"member\"]}"},
    };
    const char *text = "";

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *v = strcmp(members[i][0], key) == 0 ? value : members[i][1];

        if (v)
            text =
                arena_printf(ctx.arena, "%s%s\"%s\":%s", text, *text ? "," : "", members[i][0], v);
    }
    return arena_printf(ctx.arena, "{%s}", text);
}

static void a_member_that_is_wrong_is_named(void **state)
{
    static const struct {
        const char *key, *value, *msg;
    } cases[] = {
        {"specversion",     NULL,                "missing member specversion"              },
        {"specversion",     "\"0.3\"",           "specversion must be 1.0"                 },
        {"specversion",     "1.0",               "specversion must be a string"            },
        {"id",              NULL,                "missing member id"                       },
        {"id",              "\"\"",              "id must be 1 to 64 bytes long"           },
        {"id",              "7",                 "id must be a string"                     },
        {"type",            NULL,                "missing member type"                     },
        {"source",          NULL,                "missing member source"                   },
        {"source",          "\"order\"",         "source must be like /waybill/order"      },
        {"source",          "\"/waybill/\"",     "source must be like /waybill/order"      },
        {"source",          "\"/waybill/a/b\"",  "source must be like /waybill/order"      },
        {"subject",         NULL,                "missing member subject"                  },
        {"subject",         "\"42\"",            "subject must be a UUID in lower case"    },
        {"time",            NULL,                "missing member time"                     },
        {"datacontenttype", "\"text/xml\"",      "datacontenttype must be application/json"},
        {"correlationid",   "1",                 "correlationid must be a string"          },
        {"causationid",     "{}",                "causationid must be a string"            },
        {"data",            NULL,                "missing member data"                     },
        {"data",            "null",              "data must be an object"                  },
        {"data",            "[]",                "data must be an object"                  },
        {"data",            "\"e30=\"",          "data must be an object"                  },
        {"data",            "{\"a\":1,\"a\":2}", "data.a appears twice"                    },
    };
    struct event e;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = parse(envelope_with(cases[i].key, cases[i].value), &e);

        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.msg, cases[i].msg);
    }
}

static void a_mistake_in_the_data_has_its_whole_path(void **state)
{
    struct event e;

    (void)state;
    assert_int_equal(parse(envelope_with("", NULL), &e).code, ERR_OK);
    json_in_str(&e.data, "order_id", 1, 36);
    assert_string_equal(json_in_done(&e.data).msg, "missing member data.order_id");
}

static void a_type_has_words_and_a_version(void **state)
{
    static const char *const wrong[] = {
        "",
        "order",
        "order.v1",
        "order.created",
        "order.created.v",
        "order.created.v0",
        "order.created.v01",
        "order.created.v1000",
        "order.created.1",
        "order.created.v1x",
        "order.created.v1.",
        ".created.v1",
        "order..v1",
        "Order.created.v1",
        "or_der.created.v1",
        "order.created.v-1",
        "order created.v1",
    };
    struct event e;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *value = arena_printf(ctx.arena, "\"%s\"", wrong[i]);

        assert_int_equal(parse(envelope_with("type", value), &e).code, ERR_INVALID);
    }
    assert_string_equal(parse(envelope_with("type", "\"order\""), &e).msg,
                        "type must be like order.created.v1");
    assert_int_equal(parse(envelope_with("type", "\"a.b_c.d.v999\""), &e).code, ERR_OK);
    assert_string_equal(e.type, "a.b_c.d");
    assert_int_equal(e.version, 999);
}

static void a_time_is_rfc3339(void **state)
{
    static const char *const right[] = {"2026-11-20T11:15:00Z", "2026-11-20T11:15:00.1+01:00",
                                        "2026-11-20T11:15:00.123456789-05:30"};
    static const char *const wrong[] = {
        "",
        "now",
        "2026-11-20",
        "2026-11-20 11:15:00Z",
        "2026-11-20T11:15:00",
        "2026-13-20T11:15:00Z",
        "2026-11-20T25:15:00Z",
        "2026-11-20T11:15:00.Z",
        "2026-11-20T11:15:00Zx",
        "2026-11-20T11:15:00+0100",
        "2026-11-20T11:15:00+01:00x",
    };
    struct event e;

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        const char *value = arena_printf(ctx.arena, "\"%s\"", right[i]);

        assert_int_equal(parse(envelope_with("time", value), &e).code, ERR_OK);
        assert_string_equal(e.time, right[i]);
    }
    for (size_t i = 1; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *value = arena_printf(ctx.arena, "\"%s\"", wrong[i]);

        assert_string_equal(parse(envelope_with("time", value), &e).msg,
                            "time must be like 2026-11-20T11:15:00.123Z");
    }
}

static void what_is_optional_may_be_absent(void **state)
{
    struct event e;

    (void)state;
    assert_int_equal(parse("{\"specversion\":\"1.0\",\"id\":\"e1\",\"type\":\"order.created.v1\","
                           "\"source\":\"/waybill/order\",\"subject\":\"" ORDER_ID "\","
                           "\"time\":\"" TIME "\",\"data\":{}}",
                           &e)
                         .code,
                     ERR_OK);
    assert_string_equal(e.correlation_id, "");
    assert_string_equal(e.causation_id, "");
    assert_string_equal(e.traceparent, "");
}

static void a_malformed_traceparent_is_as_good_as_none(void **state)
{
    struct event e;

    (void)state;
    assert_int_equal(parse(envelope_with("traceparent", "\"00-xyz\""), &e).code, ERR_OK);
    assert_string_equal(e.traceparent, "");
}

static void what_is_no_json_is_no_event(void **state)
{
    struct event e;

    (void)state;
    assert_string_equal(parse("not json", &e).msg, "body is not valid JSON (near byte 1)");
    assert_string_equal(parse("", &e).msg, "body is empty");
    assert_string_equal(parse("[]", &e).msg, "body must be a JSON object");
}

static const char *handled;

static struct err on_created(struct ctx *c, const struct event *e)
{
    (void)c;
    handled = e->id;
    return OK;
}

static struct err on_created_v2(struct ctx *c, const struct event *e)
{
    return err_new(c->arena, ERR_CONFLICT, "%s is late", e->type);
}

static void an_event_goes_to_the_handler_of_its_type_and_version(void **state)
{
    static const struct subscription list[] = {
        {"order.created", 1, on_created   },
        {"order.created", 2, on_created_v2},
    };
    struct event e = {.id = "e1", .type = "order.created", .version = 1};

    (void)state;
    handled = NULL;
    assert_int_equal(event_dispatch(&ctx, &e, list, 2).code, ERR_OK);
    assert_string_equal(handled, "e1");
    e.version = 2;
    assert_string_equal(event_dispatch(&ctx, &e, list, 2).msg, "order.created is late");
    e.version = 3;
    assert_int_equal(event_dispatch(&ctx, &e, list, 2).code, ERR_INVALID);
    assert_string_equal(event_dispatch(&ctx, &e, list, 2).msg, "no handler for order.created.v3");
    e.type = "order.shipped";
    assert_string_equal(event_dispatch(&ctx, &e, list, 2).msg, "no handler for order.shipped.v3");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_envelope_has_the_members_of_cloudevents),
        TEST(what_an_event_does_not_say_its_context_does),
        TEST(the_first_event_of_a_flow_correlates_to_its_subject),
        TEST(an_event_survives_its_journey),
        TEST(a_member_that_is_wrong_is_named),
        TEST(a_mistake_in_the_data_has_its_whole_path),
        TEST(a_type_has_words_and_a_version),
        TEST(a_time_is_rfc3339),
        TEST(what_is_optional_may_be_absent),
        TEST(a_malformed_traceparent_is_as_good_as_none),
        TEST(what_is_no_json_is_no_event),
        TEST(an_event_goes_to_the_handler_of_its_type_and_version),
    };

    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
