/* test_operator.c - things go wrong, and the pages of docs/runbooks mend them: each command
 * through the real wayctl on the real stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "broker.h"
#include "wayctl.h"
#include "world.h"

enum { SOON_S = 90 };

static void sql(const char *service, const char *statement)
{
    stack("psql", text("%s -q -v ON_ERROR_STOP=1 -c \"%s\"", service, statement));
}

static const char *new_id(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return text("%08x-0000-7000-8000-%012lx", (unsigned)now.tv_sec, (unsigned long)now.tv_nsec);
}

/* --- a saga is stuck ------------------------------------------------------------------ */

static void an_order_that_waits_is_found_and_what_it_waits_for_is_shown(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    await_said("orders stuck --older 0", WRONG, id);
    await_said(text("saga show %s --json", id), FINE,
               "\"service\":\"inventory\",\"state\":\"RESERVED\"");
    await_said(text("saga show %s --json", id), FINE,
               "\"queue\":\"payment\",\"waiting\":1,\"consumers\":0");
    stack("start", "payment");
    await_status(&c, id, "SHIPPED");
    await_said(text("saga show %s", id), FINE, "3 of 3 sent");
    await_said("orders stuck --older 0", FINE, "orders: none");
    books_must_balance();
}

static bool payment_is_asked(void *arg)
{
    (void)arg;
    return queue_length("payment") == 1;
}

static void a_saga_whose_message_was_lost_goes_on_when_it_is_asked_again(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    assert_true(await(payment_is_asked, NULL, SOON_S));
    queue_purge("payment");
    stack("start", "payment");
    must_say(wayctl(text("saga retry %s --yes", id)), FINE, "order.created asked again");
    await_status(&c, id, "SHIPPED");
    books_must_balance();
    must_say(wayctl(text("saga retry %s --yes", id)), UNKNOWN, "has nothing to ask");
}

/* It was paid and cannot be shipped; then the question for the refund is lost. */
static void a_cancelled_order_whose_money_is_kept_is_found(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, product_new(100, 5, false), 1, "pm_ok");
    assert_true(await(payment_is_asked, NULL, SOON_S));
    stack("stop", "inventory");
    stack("start", "payment");
    await_status(&c, id, "CONFIRMED");
    stack("stop", "payment");
    stack("start", "inventory");
    await_status(&c, id, "CANCELLED");
    assert_true(await(payment_is_asked, NULL, SOON_S));
    queue_purge("payment");
    stack("start", "payment");
    must_say(wayctl("orders stuck --older 0"), WRONG, "payments: none");
    must_say(wayctl("orders stuck --older 0 --json"), WRONG,
             text("\"order\":\"%s\",\"status\":\"CANCELLED\",\"waits_for\":\"refund\"", id));
    must_say(wayctl(text("saga retry %s --yes", id)), FINE, "order.cancelled asked again");
    await_said("orders stuck --older 0", FINE, "orders: none");
    books_must_balance();
}

static void nothing_is_changed_that_nobody_agreed_to_and_what_is_done_is_recorded(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    must_say(wayctl(text("saga cancel %s", id)), UNKNOWN, "--yes");
    assert_string_equal(order_status(&c, id), "PENDING");
    must_say(wayctl_run(text("USER=sam SUDO_USER= %s saga cancel %s --yes", wayctl_program(), id)),
             FINE, "the order is CANCELLING");
    await_status(&c, id, "CANCELLED");
    stack("start", "payment");
    must_say(wayctl("log list --limit 1 --json"), FINE,
             text("\"command\":\"saga cancel\",\"target\":\"%s\",\"outcome\":\"the order is", id));
    must_say(wayctl("log list --limit 1 --json"), FINE, "\"who\":\"sam\"");
    must_say(wayctl(text("saga show %s", id)), FINE, "sam@");
    books_must_balance();
}

static void a_payment_that_waits_for_the_provider_is_found(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "provider");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    await_said("orders stuck --older 0 --json", WRONG,
               text("\"order\":\"%s\",\"state\":\"CHARGING\"", id));
    must_say(wayctl("ledger verify --wait 0 --json"), UNKNOWN,
             "\"work\":\"payments in the provider's hands\",\"count\":1");
    stack("start", "provider");
    await_status(&c, id, "SHIPPED");
    await_said("orders stuck --older 0", FINE, "payments: none");
    books_must_balance();
}

/* --- dead letters --------------------------------------------------------------------- */

/* The id of the only letter in a box. */
static const char *only_letter(const char *box)
{
    const struct said s = wayctl(text("dead list %s --json", box));
    struct reply r = {.json = cJSON_Parse(s.text)};
    const char *id;

    if (s.status != FINE || !r.json || reply_count(&r, "letters") != 1)
        fail_msg("not one letter: %s", s.text);
    id = text("%s", reply_str(&r, "letters.0.id"));
    cJSON_Delete(r.json);
    return id;
}

/* The database refuses what a release forgot to allow; with the next one all is well. */
static void a_poison_message_is_buried_and_handled_once_its_cause_is_mended(void **state)
{
    struct customer c = customer_new();
    const char *id, *letter;

    (void)state;
    sql("payment", "ALTER TABLE payments ADD CONSTRAINT too_narrow CHECK (amount <> 4242)");
    id = order_new(&c, product_new(4242, 5, true), 1, "pm_ok");
    await_said("dead list payment", FINE, id);
    letter = only_letter("payment");
    must_say(wayctl(text("dead show payment.dead %s", letter)), FINE, "\"order_id\":\"");
    must_say(wayctl(text("saga show %s --json", id)), FINE,
             text("\"box\":\"payment.dead\",\"id\":\"%s\"", letter));
    must_say(wayctl("ledger verify --wait 0"), WRONG, "dead letters");

    sql("payment", "ALTER TABLE payments DROP CONSTRAINT too_narrow");
    must_say(wayctl(text("dead redrive payment %s --yes", letter)), FINE, "1 put back");
    await_status(&c, id, "SHIPPED");
    books_must_balance();
}

static void a_letter_that_nobody_can_handle_comes_back_and_is_dropped(void **state)
{
    const char *order = new_id(), *id = text("never-%s", new_id());
    const char *body = broker_event(id, "payment.processed.v1", "payment", order,
                                    text("{\"order_id\":\"%s\",\"payment_id\":\"p\"}", order));

    (void)state;
    broker_publish("payment.processed", id, body, strlen(body));
    await_said("dead list", FINE, id);
    must_say(wayctl("dead redrive order"), UNKNOWN, "--all");
    must_say(wayctl("dead redrive order --all --yes"), FINE, "1 put back");
    await_said("dead list order.dead", FINE, "there is no order");
    must_say(wayctl(text("dead drop order %s --yes", id)), FINE, "1 dropped");
    must_say(wayctl(text("dead show order %s", id)), UNKNOWN, "there is no letter");
    must_say(wayctl("dead list nowhere"), UNKNOWN, "order-events.dead");
    books_must_balance();
}

static void a_letter_of_the_stream_is_put_back_and_dropped(void **state)
{
    (void)state;
    stack("redis-cli", "XADD order-events '*' event nonsense");
    await_said("dead list order-events", FINE, "not valid JSON");
    must_say(wayctl("dead redrive order-events --all --yes"), FINE, "1 put back");
    await_said("dead list order-events", FINE, "not valid JSON");
    must_say(wayctl(text("dead drop order-events %s --yes", only_letter("order-events"))), FINE,
             "1 dropped");
    books_must_balance();
}

/* --- the outbox, the broker ------------------------------------------------------------ */

/* The number of the only event that waits in order's outbox. */
static long only_event(void)
{
    const struct said s = wayctl("outbox list order --json");
    struct reply r = {.json = cJSON_Parse(s.text)};
    long seq;

    if (s.status != FINE || !r.json || reply_count(&r, "events") != 1)
        fail_msg("not one event: %s", s.text);
    seq = (long)reply_int(&r, "events.0.seq");
    cJSON_Delete(r.json);
    return seq;
}

/* Only what is for RabbitMQ: what is for Redis may not have been sent yet, and goes by itself. */
static void put_off_by_an_hour(void)
{
    sql("order", "UPDATE outbox SET due_at = now() + interval '1 hour' WHERE destination = 1");
}

static bool redis_was_told(void *arg)
{
    (void)arg;
    return sql_int("order", "SELECT count(*) FROM outbox WHERE destination = 2") == 0;
}

/* Payment's queue is gone, so nothing takes the cancellation: it stays in the outbox. */
static void an_event_that_no_queue_takes_waits_and_is_sent_when_one_does(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "payment");
    stack("rabbitmqctl", "delete_queue -p waybill payment");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    must_say(wayctl(text("saga cancel %s --yes", id)), FINE, "the order is CANC");
    await_status(&c, id, "CANCELLED");
    await_said("outbox list order --json", FINE,
               text("\"type\":\"order.cancelled\",\"order\":\"%s\"", id));
    put_off_by_an_hour();
    assert_true(await(redis_was_told, NULL, SOON_S));
    must_say(wayctl(text("saga show %s", id)), FINE, "waits for RabbitMQ");
    must_say(wayctl(text("outbox requeue order %ld --yes", only_event())), FINE, "1 due now");
    /* It is refused once more; and must not go by itself as soon as there is a queue. */
    put_off_by_an_hour();

    stack("start", "payment");
    must_say(wayctl("outbox requeue order --all --yes"), FINE, "1 due now");
    books_must_balance();
    must_say(wayctl("outbox requeue order --all --yes"), UNKNOWN, "there is no such event");
    must_say(wayctl("outbox requeue notification --all --yes"), UNKNOWN, "no outbox");
}

static void a_broker_short_of_memory_holds_events_up_and_loses_none(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("rabbitmqctl", "set_vm_memory_high_watermark 0");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    await_said("outbox list", FINE, id);
    stack("rabbitmqctl",
          text("set_vm_memory_high_watermark absolute %s", world_env("RABBITMQ_MEMORY")));
    await_status(&c, id, "SHIPPED");
    books_must_balance();
}

/* --- what is down ------------------------------------------------------------------------ */

/* Told by notification, which stays ready: what is stored can still be read. */
static bool redis_is(void *word)
{
    struct reply r =
        client_send(&(struct request){.url = text("%s/readyz", world_env("NOTIFICATION_URL"))});
    const bool as_wanted =
        r.status == 200 && strstr(r.body, text("\"redis\":\"%s\"", (const char *)word));

    reply_free(&r);
    return as_wanted;
}

static void what_is_down_is_named_and_the_rest_is_shown(void **state)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    char failing[] = "failing", ok[] = "ok";

    (void)state;
    await_status(&c, id, "SHIPPED");
    books_must_balance();
    stack("stop", "redis");
    assert_true(await(redis_is, failing, SOON_S));
    must_say(wayctl(text("saga show %s --json", id)), UNKNOWN, "\"what\":\"Redis\"");
    must_say(wayctl(text("saga show %s --json", id)), UNKNOWN, "\"state\":\"DISPATCHED\"");
    stack("start", "redis");
    assert_true(await(redis_is, ok, SOON_S));
    books_must_balance();
}

static bool stream_has_three(void *arg)
{
    (void)arg;
    return broker_stream_length("order-events") == 3;
}

static void what_redis_lost_is_told_again(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "notification");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    await_status(&c, id, "SHIPPED");
    assert_true(await(stream_has_three, NULL, SOON_S));
    stack("redis-cli", "DEL order-events");
    stack("start", "notification");
    await_said("ledger verify --wait 2", WRONG, "events of orders, ");
    must_say(wayctl(text("saga retell %s --yes", id)), FINE, "3 events told again");
    books_must_balance();
    must_say(wayctl(text("saga retell %s --yes", id)), UNKNOWN, "told everything");
}

/* --- the pages --------------------------------------------------------------------------- */

static size_t check_page(const char *name, const char *help)
{
    FILE *f = fopen(text("docs/runbooks/%s", name), "r");
    char line[512], noun[16], verb[16];
    size_t n = 0;

    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        for (const char *at = line; (at = strstr(at, "wayctl.sh ")); at++)
            if (sscanf(at, "wayctl.sh %15[a-z] %15[a-z]", noun, verb) == 2) {
                n++;
                if (!strstr(help, text("  %s %s ", noun, verb)))
                    fail_msg("%s: wayctl has no %s %s", name, noun, verb);
            }
    fclose(f);
    return n;
}

static void every_command_of_the_pages_exists(void **state)
{
    const struct said help = wayctl("--help");
    DIR *dir = opendir("docs/runbooks");
    size_t n = 0;

    (void)state;
    must_say(help, FINE, "saga show ORDER");
    assert_non_null(dir);
    for (const struct dirent *d; (d = readdir(dir));)
        if (strstr(d->d_name, ".md"))
            n += check_page(d->d_name, help.text);
    closedir(dir);
    assert_true(n > 20);
}

static void the_wrapper_finds_the_stack_by_its_name(void **state)
{
    (void)state;
    must_say(wayctl_run("tools/wayctl.sh orders stuck 2>&1"), FINE, "orders: none");
}

static void a_mistake_is_explained(void **state)
{
    (void)state;
    must_say(wayctl("saga show"), UNKNOWN, "saga show ORDER");
    must_say(wayctl("saga show nonsense"), UNKNOWN, "no order's id");
    must_say(wayctl("orders stuck --older soon"), UNKNOWN, "no number");
    must_say(wayctl("orders stuck --limit 0"), UNKNOWN, "no number"); /* it would find nothing */
    must_say(wayctl("outbox requeue order 1x --yes"), UNKNOWN, "no seq");
    must_say(wayctl_run(text("env -u ORDER_DATABASE_URL %s orders stuck 2>&1", wayctl_program())),
             UNKNOWN, "ORDER_DATABASE_URL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_that_waits_is_found_and_what_it_waits_for_is_shown),
        cmocka_unit_test(a_saga_whose_message_was_lost_goes_on_when_it_is_asked_again),
        cmocka_unit_test(a_cancelled_order_whose_money_is_kept_is_found),
        cmocka_unit_test(a_payment_that_waits_for_the_provider_is_found),
        cmocka_unit_test(nothing_is_changed_that_nobody_agreed_to_and_what_is_done_is_recorded),
        cmocka_unit_test(a_poison_message_is_buried_and_handled_once_its_cause_is_mended),
        cmocka_unit_test(a_letter_that_nobody_can_handle_comes_back_and_is_dropped),
        cmocka_unit_test(a_letter_of_the_stream_is_put_back_and_dropped),
        cmocka_unit_test(an_event_that_no_queue_takes_waits_and_is_sent_when_one_does),
        cmocka_unit_test(a_broker_short_of_memory_holds_events_up_and_loses_none),
        cmocka_unit_test(what_is_down_is_named_and_the_rest_is_shown),
        cmocka_unit_test(what_redis_lost_is_told_again),
        cmocka_unit_test(every_command_of_the_pages_exists),
        cmocka_unit_test(the_wrapper_finds_the_stack_by_its_name),
        cmocka_unit_test(a_mistake_is_explained),
    };

    return cmocka_run_group_tests_name("operator", tests, NULL, NULL);
}
