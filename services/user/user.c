/* user.c - the rules for addresses and names, and the names of the roles. */
#include "user.h"

#include <string.h>

static const char *const roles[] = {
    [USER_CUSTOMER] = "customer",
    [USER_ADMIN] = "admin",
};

const char *user_role_name(enum user_role r)
{
    return roles[r];
}

bool user_role_parse(const char *name, enum user_role *out)
{
    for (int i = 0; i < USER_ROLES; i++) {
        if (strcmp(name, roles[i]) == 0) {
            *out = (enum user_role)i;
            return true;
        }
    }
    return false;
}

static bool has_control(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == '\x7f')
            return true;
    return false;
}

/* Only mail itself can tell whether an address is somebody's. What is refused here is
 * what could never arrive, or could turn one recipient into two in a mail's header. */
const char *user_email_fault(const char *email)
{
    const char *at = strchr(email, '@');

    if (strlen(email) > USER_MAX_EMAIL)
        return "must have at most 254 bytes";
    if (!at || at == email || !at[1] || strchr(at + 1, '@'))
        return "must have the form name@domain";
    if (has_control(email) || strpbrk(email, " ()<>[],;:\\\""))
        return "must not contain spaces, control characters or any of ()<>[],;:\\\"";
    return NULL;
}

const char *user_name_fault(const char *name)
{
    if (name[strspn(name, " ")] == '\0')
        return "must not be blank";
    if (strlen(name) > USER_MAX_NAME)
        return "must have at most 100 bytes";
    return has_control(name) ? "must not contain control characters" : NULL;
}

/* Not tolower(): what it does depends on the locale, and this must never change. */
static char lower(char c)
{
    if (c < 'A' || c > 'Z')
        return c;
    return (char)(c + ('a' - 'A'));
}

void user_email_normalize(char out[USER_MAX_EMAIL + 1], const char *email)
{
    size_t i = 0;

    for (; i < USER_MAX_EMAIL && email[i]; i++)
        out[i] = lower(email[i]);
    out[i] = '\0';
}
