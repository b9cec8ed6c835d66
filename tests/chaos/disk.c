/* disk.c - PostgreSQL's data on a small file system of its own, which can be full.
 *
 * The file system is in memory, and instead of filling it with ballast we take away what is
 * free of it: the kernel then refuses the next block just as a full disk does. */
#include "disk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "servers.h"
#include "world.h"

static const int64_t SIZE = INT64_C(2) << 30; /* the write-ahead log alone may take half */
enum { SLACK = 65536, TRIES = 100 };

static const char *data(void)
{
    return world_env("DATABASE_FOLDER");
}

/* A mount of ours must end with us, however we end: so it takes root, and a view of the
 * file systems of our own. The engine does not share it, so for a volume it is the one that make
 * chaos was called in (OUTER_MOUNTS, a folder of /proc), and "infra/stack.sh destroy" ends what
 * we could not. */
const char *disk_impossible(void)
{
    if (!getenv("OWN_MOUNTS"))
        return "only make chaos mounts one, and only as root";
    if (in_containers() && access(text("%s/root%s", world_env("OUTER_MOUNTS"), data()), F_OK) != 0)
        return "the engine's volumes are not on this machine";
    return NULL;
}

static void shell(const char *command)
{
    if (system(command) == 0) /* NOLINT(cert-env33-c): a script is what we want to run */
        return;
    fprintf(stderr, "failed: %s\n", command);
    exit(1);
}

/* From here on we see what the engine sees. */
static void see_volumes(void)
{
    const char *theirs = text("%s/ns/mnt", world_env("OUTER_MOUNTS"));
    const int outer = open(theirs, O_RDONLY | O_CLOEXEC);
    char *here = getcwd(NULL, 0);

    if (outer < 0 || !here || setns(outer, CLONE_NEWNS) != 0 || chdir(here) != 0) {
        perror(theirs);
        exit(1);
    }
    close(outer);
    free(here);
}

/* The file system is in memory, and what PostgreSQL writes there counts as the container's. */
static void allow_memory(void)
{
    shell(text("printf 'services:\\n  postgres:\\n    mem_limit: 3g\\n' >%s/disk.yml",
               world_env("STATE")));
}

static void mount_at(const char *folder)
{
    struct stat owner;

    if (stat(folder, &owner) != 0 || mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV,
                                           text("size=%" PRId64 ",mode=700,uid=%u,gid=%u", SIZE,
                                                owner.st_uid, owner.st_gid)) != 0) {
        perror(folder);
        exit(1);
    }
}

void disk_lay(void)
{
    if (disk_impossible())
        return;
    stack_does("stop postgres");
    if (in_containers()) {
        see_volumes();
        allow_memory();
    }
    shell(text("mv %s %s.before && install -d -m 700 -o $(stat -c %%u %s.before)"
               " -g $(stat -c %%g %s.before) %s",
               data(), data(), data(), data(), data()));
    mount_at(data());
    shell(text("cp -a %s.before/. %s && rm -r %s.before", data(), data(), data()));
}

void disk_remove(void)
{
    if (disk_impossible())
        return;
    stack_does("stop postgres");
    shell(text("cp -a %s %s.after && umount %s && rmdir %s && mv %s.after %s", data(), data(),
               data(), data(), data(), data()));
}

static bool resize(int64_t bytes)
{
    return mount(NULL, data(), NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV,
                 text("size=%" PRId64, bytes)) == 0;
}

/* What is used grows while we look: try again. */
static bool leave_nothing(void)
{
    struct statvfs fs;

    for (int i = 0; i < TRIES; i++)
        if (statvfs(data(), &fs) == 0 &&
            resize((int64_t)((fs.f_blocks - fs.f_bfree) * fs.f_frsize) + (int64_t)i * SLACK))
            return true;
    return false;
}

/* True when the server has refused, or has gone down over it. */
static bool fails_in_the_end(const char *statement)
{
    for (int i = 0; i < TRIES; i++)
        if (ask_sql("postgres", statement) < 0)
            return true;
    return false;
}

/* In a table there is no room for another page. A new segment of the log is more than
 * PostgreSQL can do without: it stops at once, and cannot start either. */
bool disk_fill(const char *what)
{
    if (!leave_nothing())
        return false;
    if (strcmp(what, "data") == 0)
        return fails_in_the_end("BEGIN; CREATE TABLE ballast AS SELECT repeat('x', 1000)"
                                " FROM generate_series(1, 10000); ROLLBACK");
    return fails_in_the_end("SELECT pg_logical_emit_message(true, '', ''); SELECT pg_switch_wal()");
}

bool disk_free(const char *how)
{
    (void)how;
    return resize(SIZE);
}
