/* method.c - the sandbox's payment methods. */
#include <limits.h>
#include <string.h>

#include "ledger.h"

static const struct method methods[] = {
    {"pm_ok",                 NULL,                 1,       0,       false},
    {"pm_declined",           "card_declined",      1,       0,       false},
    {"pm_insufficient_funds", "insufficient_funds", 1,       0,       false},
    {"pm_slow",               NULL,                 1,       0,       true },
    {"pm_flaky",              NULL,                 2,       2,       false}, /* 503, captures and 503, 201 */
    {"pm_down",               NULL,                 INT_MAX, INT_MAX, false},
};

const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}
