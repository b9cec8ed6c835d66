/* report.h - what a command has to say: tables for people, or one JSON object.
 *
 * The columns of a table are one string, "sku #on_hand reason": their names, and a # before
 * those that hold numbers. A name is the heading and the JSON member. */
#ifndef WAYCTL_REPORT_H
#define WAYCTL_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "db.h"

enum { REPORT_MAX_COLUMNS = 16 };

struct report;
struct table;

struct report *report_new(struct arena *a);

/* A table without rows; a record is one of which only the first row counts, shown as lines. */
struct table *report_table(struct report *r, const char *name, const char *columns);
struct table *report_record(struct report *r, const char *name, const char *columns);

/* One cell for each column; copied. NULL and "" are nothing: a dash, null. */
void table_row(struct table *t, const char *const cells[]);
#define TABLE_ROW(t, ...) table_row((t), (const char *const[]){__VA_ARGS__})

/* The rows of a result, whose columns are those of the table. */
void table_add(struct table *t, const struct db_rows *rows);

size_t table_count(const struct table *t);
const char *table_cell(const struct table *t, size_t row, size_t column);

/* By the text of the first column; rows that are equal there stay in order. */
void table_sort(struct table *t);

/* Whatever the cells hold, a terminal gets no control characters. */
void report_print(const struct report *r, FILE *out);
void report_json(const struct report *r, FILE *out);

#endif
