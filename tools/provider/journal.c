/* journal.c - an append-only file of lines. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "arena.h"
#include "log.h"

struct journal {
    int fd;
    _Atomic int64_t end;  /* appended so far, in bytes */
    pthread_mutex_t lock; /* guards synced, and lets one thread sync for all that wait */
    int64_t synced;
};

static struct err failed(struct arena *a, const char *what, const char *path)
{
    return err_new(a, ERR_UNAVAILABLE, "cannot %s %s: %s", what, path, strerror(errno));
}

/* Each whole line; what follows the last newline is cut off. */
static struct err replay(struct journal *j, struct arena *a, FILE *f, journal_line *each, void *arg)
{
    struct arena *scratch = arena_new();
    struct err err = OK;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    for (int n = 1; !err.code && (len = getline(&line, &cap, f)) > 0; n++) {
        if (line[len - 1] != '\n') {
            log_warn("the journal's last line was cut short by a crash and is dropped");
            break;
        }
        line[len - 1] = '\0';
        err = each(arg, scratch, line, (size_t)len - 1);
        if (err.code)
            err = err_new(a, ERR_INVALID, "line %d of the journal is damaged: %s", n, err.msg);
        j->end += len;
        arena_reset(scratch);
    }
    free(line);
    arena_free(scratch);
    return err;
}

static struct err read_all(struct journal *j, struct arena *a, const char *path, journal_line *each,
                           void *arg)
{
    FILE *f = fopen(path, "re");
    struct err err;

    if (!f)
        return failed(a, "read", path);
    err = replay(j, a, f, each, arg);
    if (!err.code && ferror(f))
        err = failed(a, "read", path);
    fclose(f);
    return err;
}

/* The file's name must outlive a crash too: sync the folder that holds it. */
static struct err sync_folder(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_strndup(a, path, (size_t)(slash - path) + 1) : ".";
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (rc < 0)
        return failed(a, "sync", folder);
    close(fd);
    return OK;
}

static struct err prepare(struct journal *j, struct arena *a, const char *path, journal_line *each,
                          void *arg)
{
    struct err err;

    j->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (j->fd < 0)
        return failed(a, "open", path);
    if (flock(j->fd, LOCK_EX | LOCK_NB) < 0)
        return err_new(a, ERR_UNAVAILABLE, "%s is in use by another process", path);
    err = read_all(j, a, path, each, arg);
    if (err.code)
        return err;
    if (ftruncate(j->fd, j->end) < 0 || fsync(j->fd) < 0)
        return failed(a, "write", path);
    j->synced = j->end;
    return sync_folder(a, path);
}

struct err journal_open(struct arena *a, const char *path, journal_line *each, void *arg,
                        struct journal **out)
{
    struct journal *j = calloc(1, sizeof(*j));
    struct err err;

    if (!j)
        abort();
    j->fd = -1;
    pthread_mutex_init(&j->lock, NULL);
    err = prepare(j, a, path, each, arg);
    if (err.code)
        journal_close(j);
    else
        *out = j;
    return err;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

struct err journal_append(struct journal *j, struct arena *a, const char *line)
{
    const char *text = arena_printf(a, "%s\n", line);
    const ssize_t len = (ssize_t)strlen(text);
    ssize_t n;

    do
        n = write(j->fd, text, (size_t)len);
    while (n < 0 && errno == EINTR);
    if (n == len) {
        j->end += len;
        return OK;
    }
    log_error("cannot write to the journal: %s", n < 0 ? strerror(errno) : "the disk is full");
    /* Half a line in the middle of the file would be damage; better to end here. */
    if (n > 0 && ftruncate(j->fd, j->end) < 0)
        abort();
    return (struct err){ERR_UNAVAILABLE, "the ledger cannot be written"};
}

int64_t journal_end(const struct journal *j)
{
    return j->end;
}

void journal_sync(struct journal *j, int64_t end)
{
    pthread_mutex_lock(&j->lock);
    if (j->synced < end) {
        const int64_t now = j->end;

        if (fdatasync(j->fd) < 0) {
            log_error("cannot sync the journal: %s", strerror(errno));
            abort();
        }
        j->synced = now;
    }
    pthread_mutex_unlock(&j->lock);
}
