/* wayctl.c - running the operator's tool. */
#include "wayctl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "world.h"

enum { SOON_S = 90 };

struct said wayctl_run(const char *command)
{
    const char *said = "";
    char part[4096];
    size_t n;
    FILE *out = popen(command, "r"); /* NOLINT(cert-env33-c): a shell is what operators have */
    int status;

    assert_non_null(out);
    while ((n = fread(part, 1, sizeof(part) - 1, out)) > 0) {
        part[n] = '\0';
        said = text("%s%s", said, part);
    }
    status = pclose(out);
    assert_true(WIFEXITED(status));
    return (struct said){WEXITSTATUS(status), said};
}

const char *wayctl_program(void)
{
    const char *mode = getenv("MODE");

    return text("build/%s/wayctl", mode ? mode : "release");
}

struct said wayctl(const char *arguments)
{
    return wayctl_run(text("%s %s 2>&1 </dev/null", wayctl_program(), arguments));
}

void must_say(struct said s, int status, const char *part)
{
    if (s.status != status)
        fail_msg("status %d, not %d: %s", s.status, status, s.text);
    if (!strstr(s.text, part))
        fail_msg("\"%s\" is not in: %s", part, s.text);
}

/* Not by await(), which counts no time that is spent asking: a command takes a while. */
void await_said(const char *arguments, int status, const char *part)
{
    const time_t deadline = time(NULL) + SOON_S;
    struct said s;

    do
        s = wayctl(arguments);
    while ((s.status != status || !strstr(s.text, part)) && time(NULL) < deadline);
    must_say(s, status, part);
}
