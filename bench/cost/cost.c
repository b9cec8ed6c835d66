/* cost.c - what the stack costs to run; beside a native stack, in the environment of
 * tools/with-stack.sh.
 *
 *   cost around RUNS COMMAND...   memory, processor time, disk and messages of its orders
 *   cost start RUNS               each service, from its start until it is ready
 *   cost rows MOMENT              what is in the tables that are to stay small */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "around.h"
#include "start.h"
#include "stored.h"

static size_t count_in(const char *word)
{
    const long n = strtol(word, NULL, 10);

    return n > 0 ? (size_t)n : 1;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 2 ? argv[1] : "";

    if (strcmp(verb, "around") == 0 && argc > 3) {
        around_tell(count_in(argv[2]), argv + 3);
    } else if (strcmp(verb, "start") == 0) {
        start_tell(count_in(argv[2]));
    } else if (strcmp(verb, "rows") == 0) {
        stored_tell_rows(argv[2]);
    } else {
        fputs("usage: cost around RUNS COMMAND... | cost start RUNS | cost rows MOMENT\n", stderr);
        return 2;
    }
    return EXIT_SUCCESS;
}
