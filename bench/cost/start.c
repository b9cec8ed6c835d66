/* start.c - starts services and asks them whether they are ready. */
#include "start.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "figures.h"
#include "procs.h"
#include "world.h"

enum { MAX_ENVIRON = 32768, MAX_VARIABLES = 200, PATIENCE_MS = 20000, PAUSE_NS = 500000 };

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* --- the environment ------------------------------------------------------------------------ */

struct environment {
    char bytes[MAX_ENVIRON];
    char *list[MAX_VARIABLES + 3];
};

static bool replaced(const char *variable)
{
    return strncmp(variable, "PORT=", 5) == 0 || strncmp(variable, "INSTANCE=", 9) == 0;
}

/* That of the process, NUL after each variable, with another port and name. */
static void environment_like(pid_t pid, int port, struct environment *e)
{
    char path[64];
    size_t len, n = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    f = fopen(path, "re");
    if (!f)
        die("%s cannot be read: be root or the stack's owner", path);
    len = fread(e->bytes, 1, sizeof(e->bytes) - 1, f);
    fclose(f);
    e->bytes[len] = '\0';
    for (char *at = e->bytes; at < e->bytes + len && n < MAX_VARIABLES; at += strlen(at) + 1)
        if (!replaced(at))
            e->list[n++] = at;
    e->list[n++] = text("PORT=%d", port);
    e->list[n++] = text("INSTANCE=bench");
    e->list[n] = NULL;
}

/* --- asking ------------------------------------------------------------------------------------
 */

static struct sockaddr_in address_of(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

/* A port that nobody has. */
static int free_port(void)
{
    struct sockaddr_in a = address_of(0);
    socklen_t len = sizeof(a);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&a, len) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) < 0)
        die("there is no free port");
    close(fd);
    return ntohs(a.sin_port);
}

static bool answers_200(int port)
{
    static const char request[] =
        "GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
    static const char good[] = "HTTP/1.1 200";
    const struct sockaddr_in a = address_of(port);
    const struct timeval limit = {.tv_sec = 2};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[sizeof(good)] = "";
    bool is = false;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 &&
        send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0 &&
        recv(fd, answer, sizeof(answer) - 1, MSG_WAITALL) > 0)
        is = strcmp(answer, good) == 0;
    close(fd);
    return is;
}

/* --- starting ------------------------------------------------------------------------------------
 */

static pid_t launch(const char *program, char *const environment[])
{
    const pid_t pid = fork();

    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(127);
        execle(program, program, (char *)NULL, environment);
        _exit(127);
    }
    if (pid < 0)
        die("no process can be made");
    return pid;
}

static double start_once(enum group g)
{
    const int port = free_port();
    const char *program = text("%s/%s", world_env("BIN_DIR"), group_names[g]);
    static struct environment e;
    double began, took;
    pid_t pid;

    environment_like(group_pid(g), port, &e);
    began = now_ms();
    pid = launch(program, e.list);
    while (!answers_200(port)) {
        if (waitpid(pid, NULL, WNOHANG) != 0 || now_ms() - began > PATIENCE_MS)
            die("%s does not start", program);
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
    }
    took = now_ms() - began;
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    return took;
}

void start_tell(size_t runs)
{
    for (size_t i = 0; i < runs; i++)
        for (enum group g = 0; g < SERVICES; g++)
            figure_add(LESS_IS_BETTER, "ms", start_once(g), "cost.start.%s", group_names[g]);
    figures_tell();
}
