/* SPDX-License-Identifier: MIT */
/*
 * Rows out, for people and for programs. A row is the text of a JSON object; json prints it as it
 * came, a line each; csv and table print the members that are columns. csv keeps numbers as they
 * are (RFC 4180, lines end with LF); a table has times as RFC 3339, spans as "12h", "-" for what is
 * absent, and no control byte, which a terminal might obey. A list is its items joined by blanks.
 */
#ifndef NOS_CLI_TABLE_H
#define NOS_CLI_TABLE_H

#include <stdio.h>

#include "base/buf.h"
#include "json/scan.h"

#define NOS_TABLE_COLUMNS_MAX 32
#define NOS_TABLE_ROWS_MAX    1000	 /* rows that are held to find the widths */
#define NOS_TABLE_HELD_MAX    (8u << 20) /* bytes of them */
#define NOS_TABLE_ROW_MAX     (1u << 20) /* bytes of one row as it is printed */

enum nos_table_kind {
	NOS_TABLE_TEXT,
	NOS_TABLE_TIME, /* epoch seconds */
	NOS_TABLE_SPAN, /* seconds */
};

/* A column is a member's name. Columns end with one of zeros. */
struct nos_table_column {
	const char *name;
	enum nos_table_kind kind;
};

enum nos_table_format { NOS_TABLE_JSON, NOS_TABLE_CSV, NOS_TABLE_TABLE };

struct nos_table {
	const struct nos_table_column *columns;
	size_t count;
	enum nos_table_format format;
	FILE *out;
	struct nos_scan scan;
	struct nos_buf held, row; /* cells, each ended by a NUL */
	struct nos_buf space;
	size_t rows; /* in held */
	size_t widths[NOS_TABLE_COLUMNS_MAX];
	bool begun; /* the header is out, and the widths are fixed */
	int fail;   /* errno of the first write that failed */
};

/*
 * format: table, json or csv; NULL: table if out is a terminal, else json. columns, format and out
 * must outlive *t; out stays the caller's.
 */
void nos_table_init(
    struct nos_table *t, const struct nos_table_column *columns, const char *format, FILE *out);
void nos_table_release(struct nos_table *t);

/* Before the first row: rows hold secrets, so that what is held of them is wiped, and none stays in
 * a buffer of out. */
void nos_table_secret(struct nos_table *t);

/* Add a row; it may be printed later. NOS_DATA, NOS_LARGE: what nos_scan_parse says of it, or it is
 * no object, or over NOS_TABLE_ROW_MAX; NOS_INTERNAL: out of memory. */
enum nos_code nos_table_add(struct nos_table *t, struct nos_str row, struct nos_err *err) NOS_CHECK;

/* Print what is held, and flush. NOS_IO: something was not written; a reader that has gone is no
 * fault. */
enum nos_code nos_table_finish(struct nos_table *t, struct nos_err *err) NOS_CHECK;

#endif
