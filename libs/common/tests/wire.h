/* wire.h - the wire between a client and a real server, with the faults that wires
 * have. A change has taken effect when wire_set() returns. */
#ifndef COMMON_TESTS_WIRE_H
#define COMMON_TESTS_WIRE_H

struct wire;

enum wire_mode {
    WIRE_PASS,
    WIRE_HOLD, /* connections stand, nothing moves: a hung server, a black hole */
    WIRE_MUTE, /* the server gets everything, its answers do not come through */
    WIRE_CUT,  /* connections end, and new ones at once */
};

struct wire *wire_open(const char *host, int port); /* listens on 127.0.0.1 */
void wire_close(struct wire *w);

int wire_port(const struct wire *w);
void wire_set(struct wire *w, enum wire_mode mode);
int wire_connections(struct wire *w); /* how many there have been */

#endif
