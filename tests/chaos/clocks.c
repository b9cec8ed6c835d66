/* clocks.c - the wall clock of one process jumps, and comes back. */
#include "clocks.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

enum { HOUR_S = 3600 };

/* The processes, and what infra/stack.sh calls their settings. */
static const struct {
    const char *process, *prefix;
} owners[] = {
    {"user-1",         "USER"        },
    {"order-1",        "ORDER"       },
    {"inventory-1",    "INVENTORY"   },
    {"payment-1",      "PAYMENT"     },
    {"notification-1", "NOTIFICATION"},
    {"provider",       "PROVIDER"    },
    {"postgres",       "POSTGRES"    },
};

enum { OWNERS = sizeof(owners) / sizeof(owners[0]) };

static const char *file_of(const char *process)
{
    return text("%s/run/%s.skew", world_env("STATE"), process);
}

/* Written in place: the process has mapped it. */
static bool set(const char *process, int64_t seconds)
{
    const int fd = open(file_of(process), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    bool done = fd >= 0 && pwrite(fd, &seconds, sizeof(seconds), 0) == sizeof(seconds);

    if (fd >= 0) {
        done = fchmod(fd, 0644) == 0 && done;
        close(fd);
    }
    return done;
}

const char *clocks_impossible(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return "a sanitizer has to come before all other libraries";
#else
    if (in_containers())
        return "a service's image has no room for another library";
    if (!getenv("SKEW_LIBRARY"))
        return "SKEW_LIBRARY is not set";
    return NULL;
#endif
}

/* To where the stack's owner can read it. */
static const char *library(void)
{
    const char *copy = text("%s/bin/skew.so", world_env("STATE"));
    const char *command = text("install -m 755 %s %s", world_env("SKEW_LIBRARY"), copy);

    if (system(command) != 0) { /* NOLINT(cert-env33-c): a program is what we want to run */
        fprintf(stderr, "failed: %s\n", command);
        exit(1);
    }
    return copy;
}

const char *clocks_lay(void)
{
    const char *settings = "", *copy;

    if (clocks_impossible())
        return settings;
    copy = library();
    for (size_t i = 0; i < OWNERS; i++) {
        if (!set(owners[i].process, 0))
            abort();
        settings = text("%s %s_LD_PRELOAD=%s %s_SKEW_FILE=%s", settings, owners[i].prefix, copy,
                        owners[i].prefix, file_of(owners[i].process));
    }
    return settings;
}

bool clock_ahead(const char *process)
{
    return set(process, HOUR_S);
}

bool clock_back(const char *process)
{
    return set(process, -HOUR_S);
}

bool clock_right(const char *process)
{
    return set(process, 0);
}
