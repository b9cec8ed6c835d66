/* table.h - a result as the table that people read. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdio.h>

#include "result.h"

/* The settings, then each figure with its median, its spread, what part it is of its limit,
 * and its goal, met or missed; last, how many were met, missed and not measured,
 * and a warning when the machine was busy with something else. */
void table_print(FILE *to, const struct result *r);

/* The median as it is printed: three digits that count, "12,345" for large ones. */
void table_number(double value, char text[32]);

#endif
