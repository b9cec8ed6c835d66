/* process.c - a service as a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "service.h"
#include "testing.h"

enum { MAX_LOG = 64 * 1024 };

static const char as_child[] = "--as-the-service";

static void in_child(const struct service *s, const char *arg, int output)
{
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execl("/proc/self/exe", s->name, as_child, arg, (char *)NULL);
    _exit(127);
}

bool process_is_child(int argc, char **argv, const struct service *s, int *status)
{
    char *args[] = {argv[0], argc > 2 ? argv[2] : NULL, NULL};

    if (argc < 2 || strcmp(argv[1], as_child) != 0)
        return false;
    *status = service_main(args[1] && *args[1] ? 2 : 1, args, s);
    return true;
}

struct process process_run(const struct service *s, const char *arg)
{
    struct process p = {.output = tmpfile()};

    assert_non_null(p.output);
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid == 0)
        in_child(s, arg, fileno(p.output));
    return p;
}

void process_signal(const struct process *p, int signal)
{
    assert_int_equal(kill(p->pid, signal), 0);
}

const char *process_said(struct arena *a, const struct process *p)
{
    char *text = arena_alloc(a, MAX_LOG);

    assert_true(pread(fileno(p->output), text, MAX_LOG - 1, 0) >= 0);
    return text;
}

int process_ended(struct arena *a, struct process *p, const char **text)
{
    int status = 0;

    wait_until(waitpid(p->pid, &status, WNOHANG) == p->pid);
    *text = process_said(a, p);
    fclose(p->output);
    if (!WIFEXITED(status))
        fail_msg("it ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}
