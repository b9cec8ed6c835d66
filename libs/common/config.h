/* config.h - settings from the environment, described by a table.
 *
 * A service lists its settings once; the table loads them, checks them, reports
 * every mistake at once, prints them (secrets masked) and prints --help. */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"

enum config_type {
    CONFIG_STR,    /* const char * */
    CONFIG_SECRET, /* const char *, never printed; NAME_FILE may name a file that holds it */
    CONFIG_INT,    /* int64_t within min..max */
    CONFIG_BOOL,   /* bool: true or false */
};

struct config_key {
    const char *name;
    enum config_type type;
    size_t offset;        /* of the field in the settings */
    const char *fallback; /* NULL: required */
    int64_t min, max;     /* of CONFIG_INT */
    const char *help;     /* a short line; units where they matter */
};

/* Fill 'settings' from the environment; a variable that is set but empty counts as
 * not set. Strings live in 'a'. ERR_INVALID: the message has one line for each
 * mistake, each naming its variable. A secret file's last newline is dropped;
 * setting both NAME and NAME_FILE is a mistake. */
struct err config_load(struct arena *a, const struct config_key keys[], size_t nkeys,
                       void *settings) MUST_CHECK;

void config_help(FILE *out, const struct config_key keys[], size_t nkeys);

/* Log one line a setting; a secret shows only whether it is set. */
void config_log(const struct config_key keys[], size_t nkeys, const void *settings);

#endif
