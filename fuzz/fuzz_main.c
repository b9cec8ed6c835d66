/* fuzz_main.c - runs a target over files, for a build without libFuzzer: its command
 * line is the same. What takes long or much memory is a finding, as it is there. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fuzz.h"

enum { MAX_INPUT = 1 << 20, MAX_SECONDS = 20, MAX_GROWTH_KIB = 96 * 1024 };

static long most_memory_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A copy of just its size, so that the sanitizer sees who reads on. */
static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *all = malloc(MAX_INPUT), *data;

    if (!f || !all) {
        perror(path);
        exit(2);
    }
    *len = fread(all, 1, MAX_INPUT, f);
    data = realloc(all, *len ? *len : 1);
    if (ferror(f) || !data) {
        perror(path);
        exit(2);
    }
    (void)fclose(f);
    return data;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t len = 0;
        uint8_t *data = read_file(argv[i], &len);
        const long before_kib = most_memory_kib();

        fprintf(stderr, "%s\n", argv[i]);
        alarm(MAX_SECONDS);
        LLVMFuzzerTestOneInput(data, len);
        alarm(0);
        must(most_memory_kib() - before_kib < MAX_GROWTH_KIB);
        free(data);
    }
    return 0;
}
