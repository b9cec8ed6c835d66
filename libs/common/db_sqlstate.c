/* db_sqlstate.c - SQLSTATEs as a table. */
#include "db_sqlstate.h"

#include <string.h>

/* The longest prefix first. */
static const struct sqlstate sqlstates[] = {
    {"25006", ERR_UNAVAILABLE, RENEW, "the database is read-only at the moment"},
    {"26",    ERR_UNAVAILABLE, RENEW, "the database is busy"                   }, /* not prepared */
    {"0A",    ERR_INTERNAL,    RENEW, "the database refused a statement"       }, /* stale plan */
    {"23",    ERR_CONFLICT,    KEEP,  "conflicts with existing data"           },
    {"22",    ERR_INVALID,     KEEP,  "a value is not acceptable"              },
    {"40",    ERR_UNAVAILABLE, KEEP,  "the database is busy"                   }, /* deadlock */
    {"53100", ERR_UNAVAILABLE, ILL,   "the database's disk is full"            },
    {"53",    ERR_UNAVAILABLE, KEEP,  "the database is out of resources"       },
    {"55",    ERR_UNAVAILABLE, KEEP,  "the database is busy"                   }, /* lock_timeout */
    {"57",    ERR_UNAVAILABLE, KEEP,  "the database is busy"                   }, /* timeout */
    {"58",    ERR_UNAVAILABLE, KEEP,  "the database is out of order"           },
    {"08",    ERR_UNAVAILABLE, RENEW, "the database is not available"          },
    {"",      ERR_INTERNAL,    KEEP,  "the database refused a statement"       },
};

const struct sqlstate *sqlstate_find(const char *code)
{
    const struct sqlstate *s = sqlstates;

    while (strncmp(code, s->prefix, strlen(s->prefix)) != 0)
        s++;
    return s;
}
