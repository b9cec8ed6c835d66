/* agree.h - does the model do what the services do?
 *
 * The model's services.c stands for the use-cases that ship. Here both do the same, from
 * every state: the real subscriptions, decoders and use-cases of one service on the fake
 * store of its own tests, and the model; row and announcements must be equal. */
#ifndef EXPLORE_AGREE_H
#define EXPLORE_AGREE_H

#include <stddef.h>

#include "ctx.h"
#include "tests/explore/scenario.h"
#include "tests/explore/world.h"

#define AGREE_ORDER "01900000-0000-7000-8000-000000000001"
#define AGREE_USER  "01900000-0000-7000-8000-000000000002"

/* One order, deliveries as they come. */
extern const struct scenario agree_scenario;

/* The model's routes to 'who' are the service's subscriptions. */
void agree_on_routes(enum actor who);

/* Give the service an event of AGREE_ORDER: the fixture fails if it is refused. */
void agree_receive(struct ctx *ctx, const char *type);

/* An empty bag, and in it what the service has published, or only to the bus. */
struct bag agree_published(const char *const types[], size_t n);
struct bag agree_repeated(const char *const types[], size_t n);

/* 'what' is said when they differ. */
void agree_on_bags(const char *what, const struct bag *model, const struct bag *service);

#endif
