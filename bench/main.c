/* main.c - bench/measure PART: one part of the bench, beside a stack that runs. */
#include <stdio.h>
#include <string.h>

#include "parts.h"

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"prepare",   part_prepare  },
    {"sagas",     part_sagas    },
    {"sustained", part_sustained},
    {"reads",     part_reads    },
    {"check",     part_check    },
    {"moments",   part_moments  },
    {"targets",   part_targets  },
    {"writes",    part_writes   },
    {"broker",    part_broker   },
    {"http",      part_http     },
    {"constant",  part_constant },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcmp(argv[1], parts[i].name) == 0) {
            parts[i].run();
            return 0;
        }
    fprintf(stderr, "usage: measure PART; run by: make bench\n");
    return 2;
}
