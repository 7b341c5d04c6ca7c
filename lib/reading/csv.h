/* SPDX-License-Identifier: MIT */
/*
 * Lines of CSV (RFC 4180): fields in quotes or not, a separator of one's own, and a header that
 * names the columns. Pure; belongs to one thread.
 */
#ifndef NOS_READING_CSV_H
#define NOS_READING_CSV_H

#include "base/buf.h"

#define NOS_CSV_COLUMNS_MAX 1024

/* The fields of a line; and, kept from it, the header. All-zero is valid. */
struct nos_csv {
	struct nos_str *fields; /* of the line in hand; of the header where that is it */
	size_t count, cap;
	struct nos_buf space; /* fields that were quoted, of the line in hand */

	bool has_names;
	struct nos_buf names_text;
	struct nos_str *names; /* of the columns, into names_text */
	size_t name_count;
};

void nos_csv_release(struct nos_csv *c);

/* A new body: the header comes again. */
void nos_csv_begin(struct nos_csv *c);

/*
 * Split a line into c->fields: blanks around a field are not of it, nor is a byte order mark before
 * the first, nor a carriage return at the end. What was quoted points into c->space, the rest into
 * line. NOS_DATA: a quote is not closed, or something stands behind it; a carriage return that is
 * in no quotes; it is not UTF-8; NOS_LARGE: over NOS_CSV_COLUMNS_MAX columns; NOS_INTERNAL.
 */
enum nos_code nos_csv_split(
    struct nos_csv *c, struct nos_str line, char separator, struct nos_err *err) NOS_CHECK;

/* The line in hand is the header. NOS_DATA: two columns have one name, and then none has any;
 * NOS_INTERNAL. */
enum nos_code nos_csv_name(struct nos_csv *c, struct nos_err *err) NOS_CHECK;

/* The column of a name in the header; false: none. */
bool nos_csv_column(const struct nos_csv *c, struct nos_str name, size_t *ret);

#endif
