/* test_ledger.c - the sandbox's books: what was decided stays decided, on disk too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "ledger.h"
#include "log.h"

enum { LIMIT = 1000 };

static struct arena *arena;
static struct ledger *ledger;
static const char *path; /* of the journal */
static char folder[] = "/tmp/waybill-ledger-XXXXXX";

static void reopen(void)
{
    ledger_close(ledger);
    ledger = NULL;
    assert_int_equal(ledger_open(arena, path, LIMIT, &ledger).code, ERR_OK);
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    path = arena_printf(arena, "%s/journal", folder);
    unlink(path);
    reopen();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ledger_close(ledger);
    ledger = NULL;
    arena_free(arena);
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    log_init("test", "test", "error");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char journal[sizeof(folder) + 16];

    (void)state;
    snprintf(journal, sizeof(journal), "%s/journal", folder);
    unlink(journal);
    return rmdir(folder);
}

static struct charge asking(const char *key, const char *method, const char *currency)
{
    struct charge c = {.amount = 700, .method = method_find(method)};

    assert_non_null(c.method);
    snprintf(c.key, sizeof(c.key), "%s", key);
    snprintf(c.currency, sizeof(c.currency), "%s", currency);
    snprintf(c.reference, sizeof(c.reference), "order of %s", key);
    return c;
}

static struct charge answered;

static enum err_code charge_as(const struct charge *asked)
{
    bool first;

    return ledger_charge(ledger, arena, asked, &answered, &first).code;
}

static enum err_code charge(const char *key, const char *method)
{
    struct charge asked = asking(key, method, "EUR");

    return charge_as(&asked);
}

static void assert_charge(const char *key, const char *method, enum charge_status expected)
{
    assert_int_equal(charge(key, method), ERR_OK);
    assert_int_equal(answered.status, expected);
}

static void assert_cancel(const char *key, int64_t refunded)
{
    assert_int_equal(ledger_cancel(ledger, arena, key, &answered).code, ERR_OK);
    assert_int_equal(answered.status, CHARGE_CANCELLED);
    assert_int_equal(answered.refunded, refunded);
}

static void assert_books(int64_t charges, int64_t captured, int64_t refunded)
{
    struct ledger_total t[LEDGER_MAX_CURRENCIES];

    assert_int_equal(ledger_totals(ledger, t), 1);
    assert_string_equal(t[0].currency, "EUR");
    assert_int_equal(t[0].charges, charges);
    assert_int_equal(t[0].captured, captured);
    assert_int_equal(t[0].refunded, refunded);
}

/* --- methods ---------------------------------------------------------------------- */

static void a_key_is_charged_once_however_often_it_is_asked(void **state)
{
    char id[ID_LEN + 1];

    (void)state;
    assert_charge("k1", "pm_ok", CHARGE_CAPTURED);
    memcpy(id, answered.id, sizeof(id));
    for (int i = 0; i < 3; i++) {
        assert_charge("k1", "pm_ok", CHARGE_CAPTURED);
        assert_string_equal(answered.id, id);
    }
    assert_books(1, 700, 0);
}

static void a_key_belongs_to_one_charge(void **state)
{
    struct charge asked = asking("k1", "pm_ok", "EUR"), other = asking("k1", "pm_ok", "USD");

    (void)state;
    assert_int_equal(charge_as(&asked), ERR_OK);
    assert_int_equal(charge_as(&other), ERR_UNPROCESSABLE);
    other = asking("k1", "pm_slow", "EUR");
    assert_int_equal(charge_as(&other), ERR_UNPROCESSABLE);
    other = asked;
    other.amount++;
    assert_int_equal(charge_as(&other), ERR_UNPROCESSABLE);
    other = asked;
    other.reference[0]++;
    assert_int_equal(charge_as(&other), ERR_UNPROCESSABLE);
}

static void charge_order(const char *key, const char *method, const char *order)
{
    struct charge asked = asking(key, method, "EUR");

    snprintf(asked.reference, sizeof(asked.reference), "%s", order);
    assert_int_equal(charge_as(&asked), ERR_OK);
}

static void who_is_charged_twice_is_counted_even_when_paid_back(void **state)
{
    (void)state;
    charge_order("k1", "pm_ok", "order 1");
    charge_order("k1", "pm_ok", "order 1");
    charge_order("k2", "pm_ok", "order 2");
    charge_order("k3", "pm_declined", "order 2");
    assert_int_equal(ledger_charged_twice(ledger), 0);
    charge_order("k4", "pm_ok", "order 1");
    charge_order("k5", "pm_ok", "order 1");
    assert_cancel("k4", 700);
    assert_int_equal(ledger_charged_twice(ledger), 1);
    reopen();
    assert_int_equal(ledger_charged_twice(ledger), 1);
}

static void a_declined_charge_moves_no_money(void **state)
{
    (void)state;
    assert_charge("k1", "pm_declined", CHARGE_DECLINED);
    assert_string_equal(answered.method->declined, "card_declined");
    assert_charge("k2", "pm_insufficient_funds", CHARGE_DECLINED);
    assert_string_equal(answered.method->declined, "insufficient_funds");
    assert_books(0, 0, 0);
    assert_cancel("k1", 0);
}

static void a_flaky_method_captures_in_silence_before_it_answers(void **state)
{
    (void)state;
    assert_int_equal(charge("k1", "pm_flaky"), ERR_UNAVAILABLE);
    assert_books(0, 0, 0);
    assert_int_equal(charge("k1", "pm_flaky"), ERR_UNAVAILABLE);
    assert_books(1, 700, 0);
    assert_charge("k1", "pm_flaky", CHARGE_CAPTURED);
    assert_books(1, 700, 0);
}

static void a_method_that_is_down_never_captures_but_can_be_cancelled(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(charge("k1", "pm_down"), ERR_UNAVAILABLE);
    assert_cancel("k1", 0);
    assert_charge("k1", "pm_down", CHARGE_CANCELLED);
    assert_books(0, 0, 0);
}

/* --- cancelling ------------------------------------------------------------------- */

static void what_was_captured_is_refunded_once(void **state)
{
    (void)state;
    assert_charge("k1", "pm_ok", CHARGE_CAPTURED);
    for (int i = 0; i < 3; i++)
        assert_cancel("k1", 700);
    assert_books(1, 700, 700);
    assert_charge("k1", "pm_ok", CHARGE_CANCELLED);
    assert_books(1, 700, 700);
}

static void a_cancelled_key_is_never_charged(void **state)
{
    (void)state;
    assert_cancel("k1", 0);
    assert_charge("k1", "pm_ok", CHARGE_CANCELLED);
    assert_cancel("k1", 0);
    assert_int_equal(ledger_find(ledger, "k1", &answered).code, ERR_OK);
    assert_int_equal(answered.captured, 0);
    assert_int_equal(ledger_find(ledger, "k2", &answered).code, ERR_NOT_FOUND);
}

static void a_full_ledger_says_so_and_still_serves_the_keys_it_has(void **state)
{
    (void)state;
    for (int i = 0; i < LIMIT; i++)
        assert_charge(arena_printf(arena, "k%d", i), "pm_ok", CHARGE_CAPTURED);
    assert_int_equal(charge("one too many", "pm_ok"), ERR_UNAVAILABLE);
    assert_int_equal(ledger_cancel(ledger, arena, "one more", &answered).code, ERR_UNAVAILABLE);
    assert_charge("k7", "pm_ok", CHARGE_CAPTURED);
    assert_cancel("k7", 700);
}

static void a_ledger_has_room_for_so_many_currencies(void **state)
{
    (void)state;
    for (int i = 0; i <= LEDGER_MAX_CURRENCIES; i++) {
        struct charge asked =
            asking(arena_printf(arena, "k%d", i), "pm_ok", arena_printf(arena, "EU%c", 'A' + i));

        assert_int_equal(charge_as(&asked), i < LEDGER_MAX_CURRENCIES ? ERR_OK : ERR_UNPROCESSABLE);
    }
}

enum { THREADS = 8 };

static void *charge_all(void *arg)
{
    struct arena *a = arena_new();

    for (int i = 0; i < 100; i++) {
        struct charge asked = asking(arena_printf(a, "k%d", i), "pm_ok", "EUR"), c;
        bool first;

        if (ledger_charge(ledger, a, &asked, &c, &first).code)
            *(bool *)arg = true;
        if (i % 2 && ledger_cancel(ledger, a, asked.key, &c).code)
            *(bool *)arg = true;
    }
    arena_free(a);
    return NULL;
}

static void many_who_charge_the_same_keys_charge_each_once(void **state)
{
    pthread_t thread[THREADS];
    bool failed[THREADS] = {false};

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, charge_all, &failed[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_false(failed[i]);
    }
    assert_books(100, 70000, 35000);
    reopen();
    assert_books(100, 70000, 35000);
}

/* --- the journal ------------------------------------------------------------------ */

static void a_restart_forgets_nothing(void **state)
{
    char id[ID_LEN + 1];

    (void)state;
    assert_charge("k1", "pm_ok", CHARGE_CAPTURED);
    memcpy(id, answered.id, sizeof(id));
    assert_charge("k2", "pm_declined", CHARGE_DECLINED);
    assert_charge("k3", "pm_ok", CHARGE_CAPTURED);
    assert_cancel("k3", 700);
    assert_cancel("k4", 0);
    assert_int_equal(charge("k5", "pm_flaky"), ERR_UNAVAILABLE);
    assert_int_equal(charge("k5", "pm_flaky"), ERR_UNAVAILABLE);
    for (int i = 0; i < 2; i++) {
        reopen();
        assert_books(3, 2100, 700);
    }
    assert_charge("k1", "pm_ok", CHARGE_CAPTURED);
    assert_string_equal(answered.id, id);
    assert_charge("k2", "pm_declined", CHARGE_DECLINED);
    assert_cancel("k3", 700);
    assert_charge("k4", "pm_ok", CHARGE_CANCELLED);
    assert_charge("k5", "pm_flaky", CHARGE_CAPTURED);
    assert_int_equal(charge("k1", "pm_slow"), ERR_UNPROCESSABLE);
    assert_books(3, 2100, 700);
}

static void append(const char *text)
{
    FILE *f = fopen(path, "a");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_damaged(const char *line, const char *msg)
{
    struct ledger *none = NULL;
    struct err err;

    unlink(path);
    append("{\"op\":\"cancel\",\"key\":\"k1\"}\n");
    append(line);
    err = ledger_open(arena, path, LIMIT, &none);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.msg, "line 2 of the journal is damaged: "));
    assert_non_null(strstr(err.msg, msg));
}

static void a_damaged_line_is_named_and_nothing_is_served(void **state)
{
    (void)state;
    assert_damaged("{\n", "JSON");
    assert_damaged("{\"op\":\"decide\",\"key\":\"k2\"}\n", "missing member");
    assert_damaged("{\"op\":\"cancel\",\"key\":\"k1\"}\n", "cannot follow");
    assert_damaged("{\"op\":\"steal\",\"key\":\"k2\"}\n", "cannot follow");
}

static void set_room(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The file may grow by a few bytes, less than the line needs. */
static void without_room_on_disk_no_money_moves(void **state)
{
    struct stat file;

    (void)state;
    assert_charge("k1", "pm_ok", CHARGE_CAPTURED);
    assert_int_equal(stat(path, &file), 0);
    signal(SIGXFSZ, SIG_IGN);
    set_room((rlim_t)file.st_size + 10);
    assert_int_equal(charge("k2", "pm_ok"), ERR_UNAVAILABLE);
    assert_int_equal(ledger_cancel(ledger, arena, "k1", &answered).code, ERR_UNAVAILABLE);
    assert_books(1, 700, 0);
    set_room(RLIM_INFINITY);
    assert_charge("k2", "pm_ok", CHARGE_CAPTURED);
    assert_cancel("k1", 700);
    reopen();
    assert_books(2, 1400, 700);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_charged_once_however_often_it_is_asked),
        TEST(a_key_belongs_to_one_charge),
        TEST(who_is_charged_twice_is_counted_even_when_paid_back),
        TEST(a_declined_charge_moves_no_money),
        TEST(a_flaky_method_captures_in_silence_before_it_answers),
        TEST(a_method_that_is_down_never_captures_but_can_be_cancelled),
        TEST(what_was_captured_is_refunded_once),
        TEST(a_cancelled_key_is_never_charged),
        TEST(a_full_ledger_says_so_and_still_serves_the_keys_it_has),
        TEST(a_ledger_has_room_for_so_many_currencies),
        TEST(many_who_charge_the_same_keys_charge_each_once),
        TEST(a_restart_forgets_nothing),
        TEST(a_damaged_line_is_named_and_nothing_is_served),
        TEST(without_room_on_disk_no_money_moves),
    };

    return cmocka_run_group_tests_name("provider's ledger", tests, make_folder, remove_folder);
}
