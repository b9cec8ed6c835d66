/* main.c - wayctl: the operator's tool. Finds the command, runs it, prints its report.
 *
 * Exit status: 0 done, or all is well; 1 a check found something wrong; 2 it could not be done,
 * or it cannot be told. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "command.h"
#include "event.h"
#include "log.h"

/* clang-format off */
static const struct {
    const char *noun, *verb, *args;
    size_t least, most; /* arguments */
    command *run;
    const char *help;
} commands[] = {
    {"orders", "stuck",   "",                  0, 0, orders_stuck,
     "orders and payments that have not moved for --older seconds"},
    {"saga",   "show",    "ORDER",             1, 1, saga_show,
     "all that anybody knows about an order"},
    {"saga",   "retry",   "ORDER",             1, 1, saga_retry,
     "ask the question of its present status again"},
    {"saga",   "cancel",  "ORDER",             1, 1, saga_cancel,
     "cancel it, as the administrator"},
    {"saga",   "retell",  "ORDER",             1, 1, saga_retell,
     "tell the customer what is missing, through the stream"},
    {"dead",   "list",    "[BOX]",             0, 1, dead_list,
     "dead letters; BOX: order, inventory, payment, order-events"},
    {"dead",   "show",    "BOX ID",            2, 2, dead_show,
     "one letter with its body"},
    {"dead",   "redrive", "BOX ID|--all",      1, 2, dead_redrive,
     "put letters back where they belong"},
    {"dead",   "drop",    "BOX ID|--all",      1, 2, dead_drop,
     "forget letters for ever"},
    {"outbox", "list",    "[SERVICE]",         0, 1, outbox_list,
     "events that wait for their relay"},
    {"outbox", "requeue", "SERVICE SEQ|--all", 1, 2, outbox_requeue,
     "try them now, not after their pause"},
    {"ledger", "verify",  "",                  0, 0, ledger_verify,
     "the invariants: 0 they hold, 1 one is broken, 2 cannot tell"},
    {"stock",  "audit",   "",                  0, 0, stock_audit,
     "products whose figures disagree; --all shows each"},
    {"log",    "list",    "",                  0, 0, log_list,
     "what operators did"},
};
/* clang-format on */
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const char options_help[] =
    "\n"
    "  --json       for programs            --yes       change without asking\n"
    "  --all        each of them            --limit N   rows at most, 100\n"
    "  --older S    of orders stuck, 60     --wait S    for quiet, of ledger verify, 10\n"
    "\n"
    "Addresses come from the environment: tools/wayctl.sh asks the stack NAME for them.\n";

static int usage(FILE *out)
{
    fputs("wayctl COMMAND [OPTION...]\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++) {
        char words[64];

        snprintf(words, sizeof(words), "%s %s %s", commands[i].noun, commands[i].verb,
                 commands[i].args);
        fprintf(out, "  %-34s %s\n", words, commands[i].help);
    }
    fputs(options_help, out);
    return out == stdout ? FINE : UNKNOWN;
}

static bool read_number(const char *text, int64_t min, int64_t max, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return !errno && end != text && !*end && *out >= min && *out <= max;
}

static bool read_options(int argc, char **argv, struct options *opt)
{
    enum { JSON, YES, ALL, LIMIT, OLDER, WAIT };
    static const struct option names[] = {
        {"json",  no_argument,       NULL, JSON },
        {"yes",   no_argument,       NULL, YES  },
        {"all",   no_argument,       NULL, ALL  },
        {"limit", required_argument, NULL, LIMIT},
        {"older", required_argument, NULL, OLDER},
        {"wait",  required_argument, NULL, WAIT },
        {NULL,    0,                 NULL, 0    },
    };
    int found;
    bool good = true;

    *opt = (struct options){.limit = 100, .older_s = 60, .wait_s = 10};
    while (good && (found = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (found) {
        case JSON: opt->json = true; break;
        case YES: opt->yes = true; break;
        case ALL: opt->all = true; break;
        case LIMIT: good = read_number(optarg, 1, 10000, &opt->limit); break;
        case OLDER: good = read_number(optarg, 0, 31536000, &opt->older_s); break;
        case WAIT: good = read_number(optarg, 0, 3600, &opt->wait_s); break;
        default: return false; /* getopt_long() has said why */
        }
        if (!good)
            fprintf(stderr, "wayctl: %s is no number that fits here\n", optarg);
    }
    return good;
}

/* The command that the words name; COMMANDS when there is none, or its arguments are wrong. */
static size_t find_command(size_t n, char *const words[])
{
    for (size_t i = 0; n >= 2 && i < COMMANDS; i++)
        if (strcmp(words[0], commands[i].noun) == 0 && strcmp(words[1], commands[i].verb) == 0 &&
            n - 2 >= commands[i].least && n - 2 <= commands[i].most)
            return i;
    return COMMANDS;
}

static int run(size_t number, const struct options *opt)
{
    struct arena *a = arena_new();
    struct call call = {.arena = a, .opt = opt, .report = report_new(a)};
    struct err err = world_open(a, &call.world);

    if (!err.code) {
        err = commands[number].run(&call);
        world_close(call.world);
    }
    if (opt->json)
        report_json(call.report, stdout);
    else if (!err.code)
        report_print(call.report, stdout);
    if (err.code)
        fprintf(stderr, "wayctl: %s\n", err.msg);
    arena_free(a);
    return err.code ? UNKNOWN : (int)call.verdict;
}

int main(int argc, char **argv)
{
    const char *level = getenv("WAYCTL_LOG_LEVEL");
    struct options opt;
    size_t n, number;

    if (argc < 2 || strcmp(argv[1], "--help") == 0)
        return usage(argc < 2 ? stderr : stdout);
    if (!read_options(argc, argv, &opt))
        return UNKNOWN;
    n = (size_t)(argc - optind);
    number = find_command(n, argv + optind);
    if (number == COMMANDS)
        return usage(stderr);
    for (size_t i = 2; i < n; i++)
        opt.args[i - 2] = argv[optind + (int)i];
    if (!log_init("wayctl", NULL, level ? level : "error"))
        log_init("wayctl", NULL, "error");
    event_source("order"); /* in whose name sagas are asked again */
    signal(SIGPIPE, SIG_IGN);
    return run(number, &opt);
}
