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
#include "clock.h"
#include "events.h"
#include "fake_store.h"
#include "id.h"
#include "log.h"
#include "peers.h"
#include "usecases.h"
#include "worker.h"

#define ORDER "0193b9a0-0000-7000-8000-000000000001"
#define ADA   "0193b9a0-0000-7000-8000-00000000000a"
#define BOB   "0193b9a0-0000-7000-8000-00000000000b"

static struct ctx ctx;

/* --- a user service, and a mailer that remembers -------------------------------------- */

static struct err users_down;  /* not OK: what the user service answers */
static const char *gone, *odd; /* the user it does not know; of whom it talks nonsense */
static size_t nasked;          /* how many users it was asked for last */
static int look_ups, nmailed;
static struct mail mailed[FAKE_MAX];
static struct err mailer_answers[FAKE_MAX]; /* to the first mail, the second… */
static int64_t now_ms, look_up_ms, mail_ms; /* how long things take, on a clock that stands */

static void pass(int64_t ms)
{
    now_ms += ms;
    clock_freeze(now_ms);
}

struct err peers_find_contacts(struct ctx *c, const char *const user_ids[], size_t n,
                               struct contact **out, size_t *nfound)
{
    pass(look_up_ms);
    look_ups++;
    nasked = n;
    *out = arena_array(c->arena, struct contact, n);
    *nfound = 0;
    for (size_t i = 0; i < n; i++)
        if (!gone || strcmp(user_ids[i], gone) != 0)
            (*out)[(*nfound)++] = (struct contact){
                .user_id = user_ids[i],
                .email = odd && strcmp(user_ids[i], odd) == 0
                             ? NULL
                             : arena_printf(c->arena, "%s@example.org", user_ids[i]),
                .name = "Ada",
            };
    return users_down;
}

static struct err remember(struct ctx *c, const struct mail *m)
{
    (void)c;
    pass(mail_ms);
    mailed[nmailed] = *m;
    return mailer_answers[nmailed++];
}

static int setup(void **state)
{
    static const struct mailer mailer = {"test", remember};

    (void)state;
    memset(&fake, 0, sizeof(fake));
    memset(mailer_answers, 0, sizeof(mailer_answers));
    nmailed = look_ups = 0;
    users_down = OK;
    gone = odd = NULL;
    look_up_ms = mail_ms = 0;
    pass(1000000);
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

static void an_event_that_comes_again_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v1", DATA(""))).code, ERR_OK);
    assert_int_equal(hear(ENVELOPE("e1", "order.created.v1", DATA(""))).code, ERR_OK);
    assert_int_equal(fake.n, 1);
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

/* Take, send, settle; tells how it went. */
static struct delivery deliver(void)
{
    struct delivery d;

    assert_int_equal(notification_take(&ctx, &d).code, ERR_OK);
    if (d.n == 0)
        return d;
    notification_send(&ctx, &d);
    assert_int_equal(notification_settle(&ctx, &d).code, ERR_OK);
    return d;
}

static void note(const char *event_id, const char *user_id)
{
    const struct notification_facts facts = {
        .kind = "order.created",
        .order_id = ORDER,
        .currency = "EUR",
        .total = 1299,
        .reason = "",
        .tracking_number = "",
    };

    assert_int_equal(notification_note(&ctx, event_id, user_id, &facts).code, ERR_OK);
}

static void note_three(void)
{
    note("e1", ADA);
    note("e2", BOB);
    note("e3", ADA);
}

static void assert_states(const char *states)
{
    for (size_t i = 0; i < fake.n; i++)
        assert_int_equal(notification_state_name(fake.list[i].state)[0], states[i]);
}

static void a_notification_goes_to_its_recipients_address_once(void **state)
{
    (void)state;
    note("e1", ADA);
    assert_int_equal(deliver().tried, 1);
    assert_string_equal(mailed[0].to, ADA "@example.org");
    assert_string_equal(mailed[0].name, "Ada");
    assert_string_equal(mailed[0].id, fake.list[0].id);
    assert_string_equal(mailed[0].subject, fake.list[0].subject);
    assert_string_equal(mailed[0].body, fake.list[0].body);
    assert_int_equal(fake.list[0].state, NOTIFICATION_SENT);
    assert_int_equal(deliver().n, 0);
    assert_int_equal(nmailed, 1);
}

static void many_go_out_together_after_one_look_up_of_each_recipient(void **state)
{
    (void)state;
    note_three();
    assert_int_equal(deliver().tried, 3);
    assert_int_equal(look_ups, 1);
    assert_int_equal(nasked, 2);
    assert_int_equal(fake.settled, 1);
    assert_states("SSS");
    assert_string_equal(mailed[0].to, ADA "@example.org");
    assert_string_equal(mailed[1].to, BOB "@example.org");
    assert_string_equal(mailed[2].to, ADA "@example.org");
}

static void a_batch_has_a_bound(void **state)
{
    (void)state;
    for (int i = 0; i <= NOTIFICATION_BATCH; i++)
        note(arena_printf(ctx.arena, "e%d", i), id_new(ctx.arena));
    assert_int_equal(deliver().tried, NOTIFICATION_BATCH);
    assert_int_equal(nasked, PEERS_MAX_CONTACTS);
    assert_int_equal(deliver().tried, 1);
    assert_int_equal(nmailed, NOTIFICATION_BATCH + 1);
}

static void a_notification_for_nobody_fails_with_the_reason_and_alone(void **state)
{
    (void)state;
    note_three();
    gone = BOB;
    deliver();
    assert_states("SFS");
    assert_string_equal(fake.list[1].reason, "there is no user " BOB);
    assert_int_equal(nmailed, 2);
}

static void a_recipient_of_whom_nonsense_is_told_holds_up_nobody_else(void **state)
{
    (void)state;
    note_three();
    odd = BOB;
    deliver();
    assert_states("SPS");
    assert_int_equal(fake.list[1].attempts, 1);
    odd = NULL;
    deliver();
    assert_states("SSS");
    assert_int_equal(nmailed, 3);
}

static void an_outage_of_the_user_service_puts_all_off_longer_each_time(void **state)
{
    (void)state;
    note_three();
    users_down = (struct err){ERR_UNAVAILABLE, "user cannot be reached"};
    look_up_ms = 5000; /* even if it took all the time */
    for (int64_t attempt = 1; attempt <= 20; attempt++) {
        assert_int_equal(deliver().tried, 3);
        assert_states("PPP");
        assert_string_equal(fake.list[2].reason, "user cannot be reached");
        assert_int_equal(fake.delay_ms, notification_delay_ms(attempt));
    }
    assert_int_equal(nmailed, 0);
    users_down = OK;
    look_up_ms = 0;
    deliver();
    assert_states("SSS");
    assert_string_equal(fake.list[0].reason, "");
    assert_int_equal(nmailed, 3);
}

static void a_mailer_that_is_down_puts_off_and_one_that_refuses_fails_and_others_go(void **state)
{
    (void)state;
    note_three();
    mailer_answers[0] = (struct err){ERR_UNAVAILABLE, "the mail server is busy"};
    mailer_answers[1] = (struct err){ERR_UNPROCESSABLE, "no such mailbox"};
    deliver();
    assert_states("PFS");
    assert_string_equal(fake.list[0].reason, "the mail server is busy");
    assert_string_equal(fake.list[1].reason, "no such mailbox");
    deliver();
    assert_states("SFS");
    assert_int_equal(nmailed, 4);
}

/* The lease is 15 s, a mail may take 10 s, and 2 s are for noting it. */
static void a_slow_mailer_gets_no_mail_that_could_outlast_the_lease(void **state)
{
    int64_t began_ms;

    (void)state;
    note_three();
    mail_ms = 2999;
    began_ms = now_ms;
    assert_int_equal(deliver().tried, 2);
    assert_true(now_ms - mail_ms - began_ms < 3000); /* the last one began in time */
    assert_states("SSP");
    assert_int_equal(fake.list[2].attempts, 0); /* given back as it was */
    assert_int_equal(fake.delay_ms, 0);
    assert_int_equal(deliver().tried, 1);
    assert_states("SSS");
    assert_int_equal(nmailed, 3); /* each of them once */
}

static void no_mail_is_begun_when_the_look_up_has_taken_all_the_time(void **state)
{
    (void)state;
    note_three();
    look_up_ms = 3000;
    assert_int_equal(deliver().tried, 0);
    assert_states("PPP");
    assert_int_equal(nmailed, 0);
    assert_int_equal(fake.list[0].attempts, 0);
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
    log_init("test", "test", "info");
    err = mailer_find(name)->send(&ctx, m);
    log_init("test", "test", "error");
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
        TEST(an_event_that_comes_again_changes_nothing),
        TEST(each_event_of_an_order_is_told),
        TEST(a_bad_event_is_refused_with_the_reason_and_nothing_is_stored),
        TEST(a_notification_goes_to_its_recipients_address_once),
        TEST(many_go_out_together_after_one_look_up_of_each_recipient),
        TEST(a_batch_has_a_bound),
        TEST(a_notification_for_nobody_fails_with_the_reason_and_alone),
        TEST(a_recipient_of_whom_nonsense_is_told_holds_up_nobody_else),
        TEST(an_outage_of_the_user_service_puts_all_off_longer_each_time),
        TEST(a_mailer_that_is_down_puts_off_and_one_that_refuses_fails_and_others_go),
        TEST(a_slow_mailer_gets_no_mail_that_could_outlast_the_lease),
        TEST(no_mail_is_begun_when_the_look_up_has_taken_all_the_time),
        TEST(the_log_mailer_writes_one_line_of_all_it_is_given),
        TEST(there_is_no_other_mailer),
    };

    log_init("test", "test", "error"); /* what is put off here is meant to be */
    return cmocka_run_group_tests_name("notification use-cases", tests, NULL, NULL);
}
