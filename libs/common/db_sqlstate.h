/* db_sqlstate.h - what a refusal of PostgreSQL means, by its SQLSTATE. */
#ifndef COMMON_DB_SQLSTATE_H
#define COMMON_DB_SQLSTATE_H

#include "err.h"

struct sqlstate {
    const char *prefix;
    enum err_code code;
    /* Another session may do better; or the server itself is ill. */
    enum { KEEP, RENEW, ILL } session;
    const char *msg; /* for the caller */
};

/* Never NULL: what is unknown is an internal error. */
const struct sqlstate *sqlstate_find(const char *code);

#endif
