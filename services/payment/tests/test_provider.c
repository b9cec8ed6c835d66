/* test_provider.c - provider.c with the real sandbox, which runs beside this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "breaker.h"
#include "clock.h"
#include "http_client.h"
#include "id.h"
#include "json_in.h"
#include "log.h"
#include "provider.h"
#include "testing.h"

enum { AMOUNT = 700, SLOW_MS = 400, PATIENT_MS = 5000, HASTY_MS = 100 };

static struct ctx ctx;
static pid_t sandbox;
static char port[8], url[64], ledger[] = "/tmp/waybill-provider-XXXXXX";

/* --- the sandbox ------------------------------------------------------------------ */

/* build/<mode>/services/payment/tests/test_provider -> build/<mode>/provider */
static const char *sandbox_program(void)
{
    static char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

    for (int up = 0; up < 4 && len > 0; up++)
        while (len > 0 && path[--len] != '/')
            ;
    snprintf(path + len, sizeof(path) - (size_t)len, "/provider");
    return path;
}

static void pick_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    snprintf(port, sizeof(port), "%u", ntohs(at.sin_port));
    snprintf(url, sizeof(url), "http://127.0.0.1:%s", port);
}

static void use(const char *key, int deadline_ms)
{
    provider_close();
    provider_init(&(struct provider_options){
        .url = url, .key = key, .deadline_ms = deadline_ms, .max_concurrent = 2});
}

static bool sandbox_is_ready(void)
{
    struct http_target *t = http_target_new(&(struct http_target_options){
        .name = "sandbox",
        .base_url = url,
        .deadline_ms = PATIENT_MS,
        .attempt_ms = PATIENT_MS,
        .max_concurrent = 1,
    });
    struct http_reply reply;
    struct err err =
        http_call(&ctx, t, &(struct http_call){.method = "GET", .path = "/readyz"}, &reply);

    http_target_free(t);
    return !err.code && reply.status == 200;
}

static void start_sandbox(void)
{
    sandbox = fork();
    if (sandbox == 0) {
        char slow[16];

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
        snprintf(slow, sizeof(slow), "%d", SLOW_MS);
        setenv("PORT", port, 1);
        setenv("LISTEN_ADDRESS", "127.0.0.1", 1);
        unsetenv("PROVIDER_KEY_FILE"); /* the surroundings may have one */
        setenv("PROVIDER_KEY", "secret", 1);
        setenv("LEDGER_FILE", ledger, 1);
        setenv("SLOW_MS", slow, 1);
        setenv("LOG_LEVEL", "error", 1);
        execl(sandbox_program(), "provider", (char *)NULL);
        perror(sandbox_program());
        _exit(127);
    }
    wait_until(sandbox_is_ready() || waitpid(sandbox, NULL, WNOHANG) != 0);
    assert_true(sandbox_is_ready());
}

/* Asked to stop it exits with 0, unless a sanitizer has found something. */
static void end_sandbox(int sig)
{
    int status;

    assert_int_equal(kill(sandbox, sig), 0);
    assert_int_equal(waitpid(sandbox, &status, 0), sandbox);
    assert_true(sig == SIGKILL || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

static int setup_all(void **state)
{
    int fd = mkstemp(ledger);

    (void)state;
    log_init("test", "test", "error");
    ctx = (struct ctx){.arena = arena_new(), .http = http_client_new()};
    if (fd < 0 || close(fd) < 0)
        return -1;
    pick_port();
    start_sandbox();
    return 0;
}

static int teardown_all(void **state)
{
    (void)state;
    end_sandbox(SIGTERM);
    provider_close();
    http_client_free(ctx.http);
    arena_free(ctx.arena);
    return unlink(ledger);
}

static int setup(void **state)
{
    (void)state;
    use("secret", PATIENT_MS);
    return 0;
}

/* --- asking ----------------------------------------------------------------------- */

static struct payment paying_by(const char *method)
{
    return (struct payment){
        .id = id_new(ctx.arena),
        .order_id = id_new(ctx.arena),
        .amount = AMOUNT,
        .currency = "EUR",
        .method = method,
        .state = PAYMENT_CHARGING,
        .reason = "",
    };
}

static void assert_charge(const struct payment *p, enum payment_event event, const char *reason)
{
    struct payment_outcome o = provider_charge(&ctx, p);

    assert_true(o.known);
    assert_int_equal(o.event, event);
    if (reason)
        assert_string_equal(o.reason, reason);
}

static void assert_undo(const struct payment *p, enum payment_event event, int64_t refunded)
{
    struct payment_outcome o = provider_undo(&ctx, p);

    assert_true(o.known);
    assert_int_equal(o.event, event);
    assert_int_equal(o.refunded, refunded);
}

static void assert_no_answer(struct payment_outcome o)
{
    assert_false(o.known);
    assert_true(o.sent);
    assert_string_equal(o.reason, "provider_unavailable");
}

static int64_t captured(void)
{
    struct http_target *t = http_target_new(&(struct http_target_options){
        .name = "ledger",
        .base_url = url,
        .bearer = "secret",
        .deadline_ms = PATIENT_MS,
        .attempt_ms = PATIENT_MS,
        .max_concurrent = 1,
    });
    const struct http_call call = {.method = "GET", .path = "/v1/ledger"};
    struct http_reply reply;
    struct json_in in;
    int64_t n;

    assert_int_equal(http_call(&ctx, t, &call, &reply).code, ERR_OK);
    in = json_in_parse(ctx.arena, reply.body, reply.body_len);
    n = json_in_int(&in, "captured", 0, INT64_MAX);
    assert_int_equal(json_in_done(&in).code, ERR_OK);
    http_target_free(t);
    return n;
}

/* --- what comes of it --------------------------------------------------------------- */

static void a_charge_is_captured_once_however_often_it_is_asked_for(void **state)
{
    struct payment p = paying_by("pm_ok");
    int64_t before = captured();

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_charge(&p, PAYMENT_CHARGED, NULL);
    assert_int_equal(captured(), before + AMOUNT);
    assert_undo(&p, PAYMENT_RETURNED, AMOUNT);
    assert_undo(&p, PAYMENT_RETURNED, AMOUNT);
}

static void a_charge_is_declined_for_the_providers_reason(void **state)
{
    struct payment p = paying_by("pm_declined"), q = paying_by("pm_insufficient_funds");

    (void)state;
    assert_charge(&p, PAYMENT_DECLINED, "card_declined");
    assert_charge(&q, PAYMENT_DECLINED, "insufficient_funds");
    assert_undo(&p, PAYMENT_BLOCKED, 0);
}

static void what_is_undone_first_is_never_charged(void **state)
{
    struct payment p = paying_by("pm_ok");
    int64_t before = captured();

    (void)state;
    assert_undo(&p, PAYMENT_BLOCKED, 0);
    assert_charge(&p, PAYMENT_DECLINED, "cancelled_at_provider");
    assert_int_equal(captured(), before);
}

static void a_slow_charge_is_waited_for(void **state)
{
    struct payment p = paying_by("pm_slow");

    (void)state;
    assert_charge(&p, PAYMENT_CHARGED, NULL);
    assert_undo(&p, PAYMENT_RETURNED, AMOUNT);
}

static void a_charge_that_was_given_up_too_early_is_found_when_undone(void **state)
{
    struct payment p = paying_by("pm_slow");

    (void)state;
    use("secret", HASTY_MS);
    assert_no_answer(provider_charge(&ctx, &p));
    use("secret", PATIENT_MS);
    assert_undo(&p, PAYMENT_RETURNED, AMOUNT);
}

static void a_flaky_provider_charges_once_before_it_says_so(void **state)
{
    struct payment p = paying_by("pm_flaky");
    int64_t before = captured();

    (void)state;
    assert_no_answer(provider_charge(&ctx, &p));
    assert_no_answer(provider_charge(&ctx, &p));
    assert_int_equal(captured(), before + AMOUNT);
    assert_charge(&p, PAYMENT_CHARGED, NULL);
    assert_int_equal(captured(), before + AMOUNT);
}

static void a_charge_that_makes_no_sense_there_is_not_asked_for_again(void **state)
{
    struct payment p = paying_by("pm_gold"), q = paying_by("pm_ok");

    (void)state;
    assert_charge(&p, PAYMENT_EXHAUSTED, "refused_by_provider");
    assert_undo(&p, PAYMENT_BLOCKED, 0);
    assert_charge(&q, PAYMENT_CHARGED, NULL);
    q.amount++; /* as no payment ever does */
    assert_charge(&q, PAYMENT_EXHAUSTED, "refused_by_provider");
    assert_undo(&q, PAYMENT_RETURNED, AMOUNT);
}

static void a_wrong_key_tells_nothing_about_the_money(void **state)
{
    struct payment p = paying_by("pm_ok");

    (void)state;
    use("guess", PATIENT_MS);
    assert_no_answer(provider_charge(&ctx, &p));
    assert_no_answer(provider_undo(&ctx, &p));
}

static int calls_until_paused(const struct payment *p)
{
    int calls = 0;

    while (calls < 100 && provider_charge(&ctx, p).sent)
        calls++;
    return calls;
}

static void a_provider_that_fails_is_left_alone_until_it_says_that_it_is_well(void **state)
{
    struct payment p = paying_by("pm_down");

    (void)state;
    assert_true(provider_is_up(&ctx));
    assert_in_range(calls_until_paused(&p), 1, 50);
    assert_false(provider_is_up(&ctx));
    assert_false(provider_undo(&ctx, &p).sent);
    wait_until(provider_is_up(&ctx));
    assert_undo(&p, PAYMENT_BLOCKED, 0);
}

static void a_provider_that_is_gone_is_not_up_before_it_is_back(void **state)
{
    struct payment p = paying_by("pm_ok");
    int64_t began;

    (void)state;
    end_sandbox(SIGKILL);
    assert_in_range(calls_until_paused(&p), 1, 50);
    began = clock_mono_ms();
    wait_until(provider_is_up(&ctx) || clock_mono_ms() - began > 3 * BREAKER_OPEN_MS / 2);
    assert_false(provider_is_up(&ctx));
    start_sandbox();
    wait_until(provider_is_up(&ctx));
    assert_charge(&p, PAYMENT_CHARGED, NULL);
}

static void a_provider_that_dies_and_comes_back_has_charged_once(void **state)
{
    struct payment p = paying_by("pm_ok"), q = paying_by("pm_ok");
    int64_t before = captured();

    (void)state;
    assert_charge(&p, PAYMENT_CHARGED, NULL);
    end_sandbox(SIGKILL);
    assert_no_answer(provider_charge(&ctx, &q));
    start_sandbox();
    assert_charge(&p, PAYMENT_CHARGED, NULL);
    assert_charge(&q, PAYMENT_CHARGED, NULL);
    assert_int_equal(captured(), before + AMOUNT + AMOUNT);
    assert_undo(&p, PAYMENT_RETURNED, AMOUNT);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_charge_is_captured_once_however_often_it_is_asked_for),
        TEST(a_charge_is_declined_for_the_providers_reason),
        TEST(what_is_undone_first_is_never_charged),
        TEST(a_slow_charge_is_waited_for),
        TEST(a_charge_that_was_given_up_too_early_is_found_when_undone),
        TEST(a_flaky_provider_charges_once_before_it_says_so),
        TEST(a_charge_that_makes_no_sense_there_is_not_asked_for_again),
        TEST(a_wrong_key_tells_nothing_about_the_money),
        TEST(a_provider_that_fails_is_left_alone_until_it_says_that_it_is_well),
        TEST(a_provider_that_is_gone_is_not_up_before_it_is_back),
        TEST(a_provider_that_dies_and_comes_back_has_charged_once),
    };

    return cmocka_run_group_tests_name("payment provider", tests, setup_all, teardown_all);
}
