/* test_usecases.c - the operations of the notification service against fakes, from the
 * event on the wire to the mailer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "events.h"
#include "fake_store.h"
#include "id.h"
#include "peers.h"
#include "usecases.h"
#include "worker.h"

#define ORDER "0193b9a0-0000-7000-8000-000000000001"
#define ADA   "0193b9a0-0000-7000-8000-00000000000a"

static struct ctx ctx;

/* --- a user service, and a mailer that remembers
 * ---------------------------------------------------------- */

static struct err contact_answer;
static const char *asked_user; /* whom the user service was asked for last */
static struct mail mailed;
static int nmailed;
static struct err mailer_answer;

struct err peers_find_contact(struct ctx *c, const char *user_id, struct contact *out)
{
    (void)c;
    asked_user = user_id;
    *out = (struct contact){.email = "ada@example.org", .name = "Ada"};
    return contact_answer;
}

static struct err remember(struct ctx *c, const struct mail *m)
{
    (void)c;
    mailed = *m;
    nmailed++;
    return mailer_answer;
}

static int setup(void **state)
{
    static const struct mailer mailer = {"test", remember};

    (void)state;
    memset(&fake, 0, sizeof(fake));
    nmailed = 0;
    contact_answer = mailer_answer = OK;
    ctx = (struct ctx){.arena = arena_new(), .trace = trace_continue(NULL)};
    notification_set_mailer(&mailer);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* --- events --------------------------------------------------------------------------- */

#define ENVELOPE(id, type, data)                                                                   \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"type\":\"" type "\",\"source\":"                 \
    "\"/waybill/order\",\"subject\":\"" ORDER "\",\"time\":\"2026-01-01T00:00:00.000Z\","          \
    "\"datacontenttype\":\"application/json\",\"data\":" data "}"

#define DATA(more)                                                                                 \
    "{\"order_id\":\"" ORDER "\",\"user_id\":\"" ADA "\",\"currency\":\"EUR\",\"total\":1299" more \
    "}"

static struct err hear(const char *text)
{
    struct event e;
    struct err err = event_parse(ctx.arena, text, strlen(text), &e);

    if (err.code)
        return err;
    return event_dispatch(&ctx, &e, events_subscriptions, events_nsubscriptions);
}

static void an_event_becomes_a_notification_that_wakes_the_workers(void **state)
{
    const struct notification *n = &fake.list[0];

    (void)state;
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v1", DATA(",\"lines\":[]"))).code, ERR_OK);
    assert_int_equal(fake.n, 1);
    assert_true(id_valid(n->id));
    assert_string_equal(n->event_id, "e1");
    assert_string_equal(n->user_id, ADA);
    assert_string_equal(n->order_id, ORDER);
    assert_string_equal(n->kind, "order.created");
    assert_int_equal(n->state, NOTIFICATION_PENDING);
    assert_non_null(strstr(n->body, "12.99 EUR"));
    assert_string_equal(n->traceparent, trace_format(ctx.arena, &ctx.trace));
    assert_true(ctx.wakes & WAKE_JOBS);
}

static void an_event_that_comes_again_changes_nothing_and_wakes_nobody(void **state)
{
    (void)state;
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v1", DATA(""))).code, ERR_OK);
    ctx.wakes = 0;
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v1", DATA(""))).code, ERR_OK);
    assert_int_equal(fake.n, 1);
    assert_int_equal(ctx.wakes, 0);
}

static void each_event_of_an_order_is_told(void **state)
{
    (void)state;
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v1", DATA(""))).code, ERR_OK);
    assert_int_equal(hear(ENVELOPE("e2", "order.confirmed.v1", DATA(""))).code, ERR_OK);
    assert_int_equal(
        hear(ENVELOPE("e3", "order.cancelling.v1", DATA(",\"reason\":\"changed my mind\""))).code,
        ERR_OK);
    assert_int_equal(
        hear(ENVELOPE("e4", "order.cancelled.v1", DATA(",\"reason\":\"changed my mind\""))).code,
        ERR_OK);
    assert_int_equal(
        hear(ENVELOPE("e5", "order.shipped.v1", DATA(",\"tracking_number\":\"WB7\""))).code,
        ERR_OK);
    assert_int_equal(fake.n, 5);
    assert_non_null(strstr(fake.list[3].body, "changed my mind"));
    assert_non_null(strstr(fake.list[4].body, "WB7"));
}

static void a_bad_event_is_refused_with_the_reason_and_nothing_is_stored(void **state)
{
    static const struct {
        const char *text, *problem;
    } bad[] = {
        {ENVELOPE("e1", "order.created.v1", "{}"),                           "missing member data.order_id"},
        {ENVELOPE("e1", "order.created.v1",
         "{\"order_id\":\"" ADA "\",\"user_id\":\"" ADA "\",\"currency\":\"EUR\","
                  "\"total\":1}"),
         "data.order_id must be the event's subject"                                                       },
        {ENVELOPE("e1", "order.created.v1",
         "{\"order_id\":\"" ORDER "\",\"user_id\":\"ada\",\"currency\":\"EUR\","
                  "\"total\":1}"),
         "data.user_id must be a UUID in lower case"                                                       },
        {ENVELOPE("e1", "order.created.v1",
         "{\"order_id\":\"" ORDER "\",\"user_id\":\"" ADA "\",\"currency\":\"EURO\","
                  "\"total\":1}"),
         "data.currency must be 3 bytes long"                                                              },
        {ENVELOPE("e1", "order.created.v1",
         "{\"order_id\":\"" ORDER "\",\"user_id\":\"" ADA "\",\"currency\":\"EUR\","
                  "\"total\":-1}"),
         "data.total must be between 0"                                                                    },
        {ENVELOPE("e1", "order.shipped.v1", DATA(",\"tracking_number\":7")),
         "data.tracking_number must be a string"                                                           },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = hear(bad[i].text);

        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.msg, bad[i].problem));
    }
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v2", DATA(""))).code, ERR_INVALID);
    assert_int_equal(hear(ENVELOPE("e1", "order.dreamt.v1", DATA(""))).code, ERR_INVALID);
    assert_int_equal(fake.n, 0);
}

/* --- delivery ------------------------------------------------------------------------- */

static struct notification take(void)
{
    struct notification n = {0};
    bool found = false;

    assert_int_equal(notification_take(&ctx, &n, &found).code, ERR_OK);
    assert_true(found);
    return n;
}

/* Take, send, settle; returns what became of sending. */
static struct err deliver(void)
{
    struct notification n = take();
    struct err outcome = notification_send(&ctx, &n);

    assert_int_equal(notification_settle(&ctx, &n, outcome).code, ERR_OK);
    return outcome;
}

static void note_one(void)
{
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v1", DATA(""))).code, ERR_OK);
}

static void a_notification_goes_to_its_recipients_address_once(void **state)
{
    struct notification none;
    bool found = true;

    (void)state;
    note_one();
    assert_int_equal(deliver().code, ERR_OK);
    assert_string_equal(asked_user, ADA);
    assert_string_equal(mailed.to, "ada@example.org");
    assert_string_equal(mailed.name, "Ada");
    assert_string_equal(mailed.id, fake.list[0].id);
    assert_string_equal(mailed.subject, fake.list[0].subject);
    assert_string_equal(mailed.body, fake.list[0].body);
    assert_int_equal(fake.list[0].state, NOTIFICATION_SENT);
    assert_int_equal(notification_take(&ctx, &none, &found).code, ERR_OK);
    assert_false(found);
    assert_int_equal(nmailed, 1);
}

static void a_notification_for_nobody_fails_with_the_reason(void **state)
{
    (void)state;
    note_one();
    contact_answer = (struct err){ERR_NOT_FOUND, "there is no such user"};
    assert_int_equal(deliver().code, ERR_NOT_FOUND);
    assert_int_equal(nmailed, 0);
    assert_int_equal(fake.list[0].state, NOTIFICATION_FAILED);
    assert_string_equal(fake.list[0].reason, "there is no such user");
}

static void an_outage_of_the_user_service_puts_it_off_longer_each_time(void **state)
{
    (void)state;
    note_one();
    contact_answer = (struct err){ERR_UNAVAILABLE, "user cannot be reached"};
    for (int64_t attempt = 1; attempt <= 20; attempt++) {
        assert_int_equal(deliver().code, ERR_UNAVAILABLE);
        assert_int_equal(fake.list[0].state, NOTIFICATION_PENDING);
        assert_string_equal(fake.list[0].reason, "user cannot be reached");
        assert_int_equal(fake.delay_ms, notification_delay_ms(attempt));
    }
    assert_int_equal(nmailed, 0);
    contact_answer = OK;
    assert_int_equal(deliver().code, ERR_OK);
    assert_int_equal(fake.list[0].state, NOTIFICATION_SENT);
    assert_string_equal(fake.list[0].reason, "");
    assert_int_equal(nmailed, 1);
}

static void a_mailer_that_is_down_puts_it_off_and_one_that_refuses_fails_it(void **state)
{
    (void)state;
    note_one();
    mailer_answer = (struct err){ERR_UNAVAILABLE, "the mail server is busy"};
    assert_int_equal(deliver().code, ERR_UNAVAILABLE);
    assert_int_equal(fake.list[0].state, NOTIFICATION_PENDING);
    mailer_answer = (struct err){ERR_UNPROCESSABLE, "no such mailbox"};
    assert_int_equal(deliver().code, ERR_UNPROCESSABLE);
    assert_int_equal(fake.list[0].state, NOTIFICATION_FAILED);
    assert_string_equal(fake.list[0].reason, "no such mailbox");
}

/* Runs 'm' through the mailer by this name and gives what came out on standard error. */
static const char *logged(const char *name, const struct mail *m)
{
    char *line = arena_alloc(ctx.arena, 4096);
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    struct err err;

    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    err = mailer_find(name)->send(&ctx, m);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    assert_true(fread(line, 1, 4095, file) > 0);
    fclose(file);
    assert_int_equal(err.code, ERR_OK);
    return line;
}

static void the_log_mailer_writes_one_line_of_all_it_is_given(void **state)
{
    const struct mail m = {"n1", "ada@example.org", "Ada", "Hello \"there\"", "two\nlines"};
    const char *line = logged("log", &m);

    (void)state;
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_non_null(strstr(line, "mail id=n1 to=ada@example.org name=\\\"Ada\\\""));
    assert_non_null(strstr(line, "subject=\\\"Hello \\\"there\\\"\\\" body=\\\"two\\nlines\\\""));
}

static void there_is_no_other_mailer(void **state)
{
    (void)state;
    assert_null(mailer_find("pigeon"));
    assert_string_equal(mailer_names(ctx.arena), "log");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_becomes_a_notification_that_wakes_the_workers),
        TEST(an_event_that_comes_again_changes_nothing_and_wakes_nobody),
        TEST(each_event_of_an_order_is_told),
        TEST(a_bad_event_is_refused_with_the_reason_and_nothing_is_stored),
        TEST(a_notification_goes_to_its_recipients_address_once),
        TEST(a_notification_for_nobody_fails_with_the_reason),
        TEST(an_outage_of_the_user_service_puts_it_off_longer_each_time),
        TEST(a_mailer_that_is_down_puts_it_off_and_one_that_refuses_fails_it),
        TEST(the_log_mailer_writes_one_line_of_all_it_is_given),
        TEST(there_is_no_other_mailer),
    };

    return cmocka_run_group_tests_name("notification use-cases", tests, NULL, NULL);
}
