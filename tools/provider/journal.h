/* journal.h - an append-only file of lines that survives the process and the machine.
 *
 * A line is written at once, and made durable by journal_sync(), which serves all who
 * wait at the same time with one call to the disk. A line that a crash cut short was
 * never acknowledged, so opening the file drops it. One process has it open at a time. */
#ifndef PROVIDER_JOURNAL_H
#define PROVIDER_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct journal;

/* Called for each line, without its newline. */
typedef struct err journal_line(void *arg, struct arena *a, const char *line, size_t len);

/* Open or create the file, and read what is there: ERR_INVALID, with the line's number,
 * when 'each' refuses one. */
struct err journal_open(struct arena *a, const char *path, journal_line *each, void *arg,
                        struct journal **out) MUST_CHECK;
void journal_close(struct journal *j); /* NULL is fine */

/* Append 'line' and a newline. Not to be called by two threads at once. On an error
 * the file is as it was before. */
struct err journal_append(struct journal *j, struct arena *a, const char *line) MUST_CHECK;

/* How much has been appended; then wait until that much is on disk. A disk that fails to
 * sync ends the process: nobody can say any more what it holds. */
int64_t journal_end(const struct journal *j);
void journal_sync(struct journal *j, int64_t end);

#endif
