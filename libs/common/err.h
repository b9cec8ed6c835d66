/* err.h - the one way a function here reports failure.
 *
 * An error is a small value: a code that decides what the caller does (the HTTP
 * status, or the fate of a message) and a message for people. The message is a
 * literal or lives in the caller's arena, so nobody ever frees an error, and it
 * must be fit for anyone's eyes: details go to the log, where they are known. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

struct arena;

/* The comment says: the HTTP status; what becomes of a message. */
enum err_code {
    ERR_OK = 0,
    ERR_INVALID,         /* 400; dead letter: the caller sent something wrong */
    ERR_UNAUTHENTICATED, /* 401; dead letter: who are you? */
    ERR_FORBIDDEN,       /* 403; dead letter: I know you, and no */
    ERR_NOT_FOUND,       /* 404; dead letter */
    ERR_CONFLICT,        /* 409; dead letter: state or uniqueness forbids it */
    ERR_UNPROCESSABLE,   /* 422; dead letter: well formed, yet cannot be done */
    ERR_UNAVAILABLE,     /* 503 and Retry-After; retried: a dependency is down */
    ERR_INTERNAL,        /* 500; retried, then dead letter: nobody's fault but ours */
};

struct err {
    enum err_code code;
    const char *msg;
};

#define OK                     ((struct err){.code = ERR_OK})
#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* An error whose message is formatted into 'arena'. */
struct err err_new(struct arena *arena, enum err_code code, const char *fmt, ...) MUST_CHECK
    PRINTF_LIKE(3, 4);

#endif
