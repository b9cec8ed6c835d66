/* note_app.h - a small application for tests of the HTTP server with a database and
 * tokens: notes in a table.
 *
 *   POST /notes, /plain {"text"}   /plain takes no Idempotency-Key; some texts fail
 *   POST /notes/slow               waits at the gate first
 *   POST /notes/late               is overtaken: see note.rival_fingerprint
 *   GET  /public, /internal/who, /me, /admin   tell who calls */
#ifndef TESTS_NOTE_APP_H
#define TESTS_NOTE_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "web.h"

#define ALICE "018f3c1e-7a10-7abc-8def-0123456789ab"
#define BOB   "018f3c1e-7a10-7abc-8def-0123456789ac"
#define JSON  "Content-Type: application/json\r\n"

/* What tests look at and turn. */
extern struct note_app {
    struct testing *testing;
    struct arena *arena; /* for the whole group of tests */
    uint16_t port;
    /* Header lines: the content type, and a token; the foreigner's is of another key. */
    const char *alice, *bob, *admin, *foreigner;
    atomic_int waiting; /* at the gate */
    atomic_bool gate_open;
    /* While the handler of "/notes/late" runs, a request of Alice's with this fingerprint
     * commits under the key "late": as if the handler's lock had been lost. */
    char rival_fingerprint[65];
} note;

int notes_start(void **state); /* of the group */
int notes_stop(void **state);
int notes_clean(void **state); /* of each test */

struct web_reply note_post(const char *target, const char *headers, const char *key,
                           const char *text);
int64_t note_count(void);                             /* in the table */
const char *note_replayed(const struct web_reply *r); /* the header Idempotent-Replayed */

#endif
