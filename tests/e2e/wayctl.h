/* wayctl.h - the operator's tool as the tests use it: run, and judged by its words. */
#ifndef E2E_WAYCTL_H
#define E2E_WAYCTL_H

/* Its exit status: done, or all is well; a check found something; it could not be done. */
enum { FINE, WRONG, UNKNOWN };

struct said {
    int status;
    const char *text; /* output and errors */
};

const char *wayctl_program(void); /* build/<mode>/wayctl */

/* Any command of the shell; and wayctl with arguments, without a terminal. */
struct said wayctl_run(const char *command);
struct said wayctl(const char *arguments);

/* The test fails with all that was said. */
void must_say(struct said s, int status, const char *part);

/* Ask until the answer has this status and part in it, for at most 20 s. */
void await_said(const char *arguments, int status, const char *part);

#endif
