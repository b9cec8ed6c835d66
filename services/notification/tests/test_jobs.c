/* test_jobs.c - a worker's step, with fakes for the store, the peers and the units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "fake_store.h"
#include "jobs.h"
#include "log.h"
#include "peers.h"
#include "usecases.h"

#define TRACE_1 "0af7651916cd43dd8448eb211c80319c"
#define TRACE_2 "4bf92f3577b34da6a3ce929d0e0e4736"

static struct ctx ctx;
static bool unit_open;
static int commits, committed, rolled_back, looked_up, nmailed;
static int bad_commit; /* which one fails; negative: and all after it */
static struct err commit, users_down, mailer_answer; /* what these answer */
static int64_t mail_ms;                              /* how long a mail takes */
static char traces[3][sizeof(ctx.trace.trace_id)];   /* of the look-up and the mails */

void db_unit_begin(struct ctx *c, enum db_mode mode)
{
    (void)c;
    assert_int_equal(mode, DB_WRITE);
    assert_false(unit_open);
    unit_open = true;
}

struct err db_unit_commit(struct ctx *c)
{
    (void)c;
    assert_true(unit_open);
    unit_open = false;
    commits++;
    if (commits == bad_commit || (bad_commit < 0 && commits >= -bad_commit))
        return (struct err){ERR_UNAVAILABLE, "the connection is lost"};
    committed += !commit.code;
    return commit;
}

void db_unit_rollback(struct ctx *c)
{
    (void)c;
    unit_open = false;
    rolled_back++;
}

static void see_trace(const struct ctx *c, int at)
{
    assert_false(unit_open); /* a call to another, and no transaction */
    memcpy(traces[at], c->trace.trace_id, sizeof(traces[at]));
}

struct err peers_find_contacts(struct ctx *c, const char *const user_ids[], size_t n,
                               struct contact **out, size_t *nfound)
{
    see_trace(c, 0);
    looked_up++;
    *nfound = 1;
    *out = arena_array(c->arena, struct contact, *nfound);
    assert_int_equal(n, 1);
    **out = (struct contact){user_ids[0], "ada@example.org", "Ada"};
    return users_down;
}

static struct err count_mail(struct ctx *c, const struct mail *m)
{
    (void)m;
    see_trace(c, nmailed % 2 + 1);
    nmailed++;
    if (mail_ms)
        clock_freeze(clock_mono_ms() + mail_ms);
    return mailer_answer;
}

static int setup(void **state)
{
    static const struct mailer mailer = {"test", count_mail};

    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new(), .trace = trace_continue("")};
    unit_open = false;
    commits = committed = rolled_back = looked_up = nmailed = bad_commit = 0;
    commit = users_down = mailer_answer = OK;
    mail_ms = 0;
    clock_freeze(1000000);
    notification_set_mailer(&mailer);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void is_due(const char *id, const char *trace_id)
{
    fake.list[fake.n++] = (struct notification){
        .id = id,
        .event_id = id,
        .user_id = "u1",
        .order_id = "o1",
        .kind = "order.created",
        .subject = "s",
        .body = "b",
        .state = NOTIFICATION_PENDING,
        .traceparent = arena_printf(ctx.arena, "00-%s-b7ad6b7169203331-01", trace_id),
    };
}

static void two_are_due(void)
{
    is_due("n1", TRACE_1);
    is_due("n2", TRACE_2);
}

static struct err deliver(bool *more)
{
    *more = false;
    return jobs_deliver(&ctx, NULL, more);
}

static void without_work_nobody_is_called(void **state)
{
    bool more;

    (void)state;
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(committed, 1);
    assert_int_equal(looked_up, 0);
}

static void taking_and_settling_are_units_and_sending_is_in_neither(void **state)
{
    bool more;

    (void)state;
    two_are_due();
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_int_equal(committed, 2);
    assert_int_equal(looked_up, 1);
    assert_int_equal(nmailed, 2);
    assert_int_equal(fake.list[0].state, NOTIFICATION_SENT);
    assert_int_equal(fake.list[1].state, NOTIFICATION_SENT);
}

static void each_mail_belongs_to_the_trace_of_its_event_and_the_look_up_to_the_first(void **state)
{
    const struct trace own = ctx.trace;
    bool more;

    (void)state;
    two_are_due();
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_string_equal(ctx.trace.span_id, own.span_id);
    assert_string_equal(traces[0], TRACE_1);
    assert_string_equal(traces[1], TRACE_1);
    assert_string_equal(traces[2], TRACE_2);
}

static void an_outage_is_no_error_of_the_step_but_makes_it_rest(void **state)
{
    bool more;

    (void)state;
    two_are_due();
    fake.list[0].attempts = 1;
    users_down = (struct err){ERR_UNAVAILABLE, "user cannot be reached"};
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(nmailed, 0);
    assert_int_equal(fake.list[0].state, NOTIFICATION_PENDING);
    assert_string_equal(fake.list[1].reason, "user cannot be reached");
}

static void there_may_be_more_after_a_full_batch_but_not_after_less(void **state)
{
    bool more;

    (void)state;
    for (int i = 0; i <= NOTIFICATION_BATCH; i++)
        is_due(arena_printf(ctx.arena, "n%d", i), TRACE_1);
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_true(more);
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(nmailed, NOTIFICATION_BATCH + 1);
}

/* The store gives it alone, though others may be due. */
static void after_one_that_came_back_there_may_be_more(void **state)
{
    bool more;

    (void)state;
    is_due("n1", TRACE_1);
    fake.list[0].attempts = 1;
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_true(more);
}

static void what_failed_for_good_does_not_make_it_rest(void **state)
{
    bool more;

    (void)state;
    is_due("n1", TRACE_1);
    fake.list[0].attempts = 1;
    mailer_answer = (struct err){ERR_UNPROCESSABLE, "no such mailbox"};
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_true(more);
    assert_int_equal(fake.list[0].state, NOTIFICATION_FAILED);
}

static void what_a_slow_mailer_left_is_taken_again_at_once(void **state)
{
    bool more;

    (void)state;
    two_are_due();
    mail_ms = 10000;
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_true(more);
    assert_int_equal(nmailed, 1);
    assert_int_equal(fake.list[1].attempts, 0);
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_int_equal(nmailed, 2);
    assert_int_equal(fake.list[1].state, NOTIFICATION_SENT);
}

static void what_could_not_be_taken_is_not_sent(void **state)
{
    bool more;

    (void)state;
    is_due("n1", TRACE_1);
    commit = (struct err){ERR_UNAVAILABLE, "the database is not available"};
    assert_int_equal(deliver(&more).code, ERR_UNAVAILABLE);
    assert_int_equal(nmailed, 0);
    fake.fails = commit;
    commit = OK;
    assert_int_equal(deliver(&more).code, ERR_UNAVAILABLE);
    assert_int_equal(nmailed, 0);
    assert_int_equal(rolled_back, 1);
}

/* --- when it cannot be noted ---------------------------------------------------------- */

static void one_that_cannot_be_written_keeps_no_other_from_being_noted(void **state)
{
    bool more;

    (void)state;
    two_are_due();
    fake.unwritable = "n1";
    assert_int_equal(deliver(&more).code, ERR_INVALID);
    assert_int_equal(fake.list[0].state, NOTIFICATION_PENDING);
    assert_int_equal(fake.list[1].state, NOTIFICATION_SENT);
}

static void what_was_sent_is_noted_on_another_connection_when_one_is_lost(void **state)
{
    bool more;

    (void)state;
    two_are_due();
    bad_commit = 2;
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_int_equal(fake.settled, 3);
    assert_int_equal(committed, 3);
}

static void a_database_that_is_down_is_not_asked_for_each(void **state)
{
    bool more;

    (void)state;
    two_are_due();
    bad_commit = -2; /* the second and all that follow */
    assert_int_equal(deliver(&more).code, ERR_UNAVAILABLE);
    assert_int_equal(fake.settled, 2);
}

/* Whether the first time counted is not known, and by now another may have it. */
static void what_was_not_tried_is_not_given_back_twice(void **state)
{
    bool more;

    (void)state;
    two_are_due();
    mail_ms = 10000;
    bad_commit = 2;
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_int_equal(fake.settled, 2);
    assert_int_equal(fake.list[1].attempts, 0); /* not less: the fake knows no rollback */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_work_nobody_is_called),
        TEST(taking_and_settling_are_units_and_sending_is_in_neither),
        TEST(each_mail_belongs_to_the_trace_of_its_event_and_the_look_up_to_the_first),
        TEST(an_outage_is_no_error_of_the_step_but_makes_it_rest),
        TEST(there_may_be_more_after_a_full_batch_but_not_after_less),
        TEST(after_one_that_came_back_there_may_be_more),
        TEST(what_failed_for_good_does_not_make_it_rest),
        TEST(what_a_slow_mailer_left_is_taken_again_at_once),
        TEST(what_could_not_be_taken_is_not_sent),
        TEST(one_that_cannot_be_written_keeps_no_other_from_being_noted),
        TEST(what_was_sent_is_noted_on_another_connection_when_one_is_lost),
        TEST(a_database_that_is_down_is_not_asked_for_each),
        TEST(what_was_not_tried_is_not_given_back_twice),
    };

    log_init("test", "test", "error"); /* what is put off here is meant to be */
    return cmocka_run_group_tests_name("notification jobs", tests, NULL, NULL);
}
