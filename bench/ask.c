/* ask.c - questions to the services' databases. */
#include "ask.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

void die(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    fprintf(stderr, "bench: ");
    vfprintf(stderr, format, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    exit(1);
}

PGresult *ask(const char *service, const char *sql, const char *param)
{
    const char *const params[] = {param};
    char *name = text("%s_DATABASE_URL", service);
    PGresult *res;
    PGconn *conn;

    for (char *p = name; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    conn = PQconnectdb(world_env(name));
    res = PQexecParams(conn, sql, param ? 1 : 0, NULL, params, NULL, NULL, 0);
    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        die("%s: %s: %s", service, sql, PQerrorMessage(conn));
    PQfinish(conn);
    return res;
}

int64_t ask_number(const char *service, const char *sql)
{
    PGresult *res = ask(service, sql, NULL);
    int64_t number = strtoll(PQgetvalue(res, 0, 0), NULL, 10);

    PQclear(res);
    return number;
}
