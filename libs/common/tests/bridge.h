/* bridge.h - a way from a client to a real server, with the faults that networks have.
 * A change has taken effect when bridge_set() returns. */
#ifndef COMMON_TESTS_BRIDGE_H
#define COMMON_TESTS_BRIDGE_H

struct bridge;

enum bridge_mode {
    BRIDGE_PASS,
    BRIDGE_HOLD, /* connections stand, nothing moves: a hung server, a black hole */
    BRIDGE_MUTE, /* the server gets everything, its answers do not come through */
    BRIDGE_CUT,  /* connections end, and new ones at once */
};

struct bridge *bridge_open(const char *host, int port); /* listens on 127.0.0.1 */
void bridge_close(struct bridge *b);

int bridge_port(const struct bridge *b);
void bridge_set(struct bridge *b, enum bridge_mode mode);
int bridge_connections(struct bridge *b); /* how many there have been */

#endif
