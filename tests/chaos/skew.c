/* skew.c - a library that goes before all others and moves a process's wall clock.
 *
 * The file that SKEW_FILE names holds seconds, eight bytes of them, which count at once.
 * The monotonic clock goes on as ever, as it does when a real clock is set. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *skew_s;

__attribute__((constructor)) static void open_file(void)
{
    const char *path = getenv("SKEW_FILE");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, sizeof(*skew_s), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (at != MAP_FAILED)
        skew_s = at;
    if (fd >= 0)
        close(fd);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names */
int clock_gettime(clockid_t id, struct timespec *t)
{
    const int failed = (int)syscall(SYS_clock_gettime, id, t);

    if (!failed && skew_s && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        t->tv_sec += (time_t)*skew_s;
    return failed;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    tv->tv_sec = t.tv_sec;
    tv->tv_usec = t.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    if (where)
        *where = t.tv_sec;
    return t.tv_sec;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
