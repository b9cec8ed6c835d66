/* quiet.h - is everything over that was under way at some moment? */
#ifndef CHAOS_QUIET_H
#define CHAOS_QUIET_H

#include <stdbool.h>
#include <stdint.h>

/* True when nothing is left of what was there at 'wall_ms': every order placed before is
 * SHIPPED, or CANCELLED and paid back; the events written before have left the outboxes and
 * the stream; customers have been told. Orders for "pm_down" do not count: nobody takes
 * their money until their deadline, fault or no fault. False without an answer, too. */
bool quiet_since(int64_t wall_ms);

#endif
