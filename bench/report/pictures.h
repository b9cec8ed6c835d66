/* pictures.h - the pictures of a result. */
#ifndef BENCH_PICTURES_H
#define BENCH_PICTURES_H

#include "result.h"

/* <base>-load.svg: latency over load; <base>-stored.svg: throughput over orders stored;
 * <base>-confirmed.svg and <base>-shipped.svg: how the latencies of sagas are distributed.
 * One whose figures were not measured is not drawn. */
struct err pictures_draw(const struct result *r, const char *base) MUST_CHECK;

#endif
