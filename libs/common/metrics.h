/* metrics.h - counters, gauges and histograms in Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * A metric is made once (at start, never freed) and may be changed by any thread.
 * 'labels' is the text between the braces: "queue=\"order\"", or NULL. */
#ifndef COMMON_METRICS_H
#define COMMON_METRICS_H

#include <stdint.h>

struct arena;
struct metric;

/* The same name and labels give the same metric; one name is of one kind only. */
struct metric *metric_counter(const char *name, const char *labels, const char *help);
struct metric *metric_gauge(const char *name, const char *labels, const char *help);
struct metric *metric_histogram(const char *name, const char *labels,
                                const char *help); /* of seconds, 0.5 ms to 10 s */

void metric_add(struct metric *m, int64_t n);
void metric_set(struct metric *m, int64_t value);
void metric_observe_us(struct metric *m, int64_t microseconds);

/* Since the process was started, by the kernel's clock of 1/100 s. */
int64_t metrics_process_age_ms(void);

/* All of them, followed by memory, CPU time, start and open files of the process. */
const char *metrics_text(struct arena *a);

#endif
