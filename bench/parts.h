/* parts.h - the parts of the bench that are programs; a part tells its own figures. */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

void part_prepare(void);   /* customers, products, some orders: a warm-up for all servers */
void part_sagas(void);     /* orders at fixed rates (RATES) */
void part_sustained(void); /* the highest rate that is held */
void part_reads(void);
void part_check(void);   /* the generator: what bench/check.sh lets wrk repeat */
void part_moments(void); /* how much later customers see what PostgreSQL noted */
void part_targets(void); /* what that is */
void part_writes(void);
void part_broker(void);   /* RabbitMQ alone */
void part_http(void);     /* libmicrohttpd alone and behind the gateway; needs part_constant */
void part_constant(void); /* answers at order's port until it is killed */

#endif
