/* SPDX-License-Identifier: MIT */
#include "reading/csv.h"

#include <stdlib.h>
#include <string.h>

#include "json/scan.h"

#define CR   '\r'
#define MARK "\xef\xbb\xbf" /* what some programs put before UTF-8 */

void nos_csv_release(struct nos_csv *c)
{
	free(c->fields);
	free(c->names);
	nos_buf_release(&c->space);
	nos_buf_release(&c->names_text);
	*c = (struct nos_csv){ 0 };
}

void nos_csv_begin(struct nos_csv *c)
{
	c->has_names = false;
	c->name_count = 0;
}

static enum nos_code add_field(struct nos_csv *c, struct nos_str field, struct nos_err *err)
{
	size_t cap = c->cap ? c->cap * 2 : 16;
	void *grown;

	if (c->count == NOS_CSV_COLUMNS_MAX)
		return nos_err_set(err, NOS_LARGE, "over %d columns", NOS_CSV_COLUMNS_MAX);
	if (c->count == c->cap) {
		grown = reallocarray(c->fields, cap, sizeof(*c->fields));
		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		c->fields = grown;
		c->cap = cap;
	}
	c->fields[c->count++] = field;
	return NOS_OK;
}

/* A blank, but where it separates. */
static bool is_blank(char c, char separator)
{
	return (c == ' ' || c == '\t') && c != separator;
}

static void skip_blanks(struct nos_str *rest, char separator)
{
	while (rest->len && is_blank(rest->p[0], separator))
		rest->p++, rest->len--;
}

/* Lines that end in it alone come as one: all but the first would be lost. */
static enum nos_code within_line(struct nos_err *err)
{
	return nos_err_set(err, NOS_DATA,
	    "a carriage return stands within the line: lines end in LF, or in CR and LF");
}

/* What stands behind an opening quote, up to its closing one and blanks: "" in it is a quote. */
static enum nos_code take_quoted(struct nos_csv *c, struct nos_str *rest, char separator,
    struct nos_str *ret, struct nos_err *err)
{
	size_t start = c->space.len;
	bool closed = false;

	for (rest->p++, rest->len--; rest->len && !closed; rest->p++, rest->len--) {
		closed = rest->p[0] == '"' && (rest->len == 1 || rest->p[1] != '"');
		if (rest->p[0] == '"' && !closed)
			rest->p++, rest->len--;
		if (!closed)
			nos_buf_add_char(&c->space, rest->p[0]);
	}
	*ret = (struct nos_str){ c->space.p + start, c->space.len - start };
	if (!closed)
		return nos_err_set(err, NOS_DATA, "a quote is not closed");
	skip_blanks(rest, separator);
	if (!rest->len || rest->p[0] == separator)
		return NOS_OK;
	return rest->p[0] == CR
		   ? within_line(err)
		   : nos_err_set(err, NOS_DATA, "something stands behind a closing quote");
}

/* A quote inside it is a byte as any other. */
static enum nos_code take_plain(
    struct nos_str *rest, char separator, struct nos_str *ret, struct nos_err *err)
{
	const char *end = rest->len ? memchr(rest->p, separator, rest->len) : NULL;
	struct nos_str field = { rest->p, end ? (size_t)(end - rest->p) : rest->len };

	rest->p += field.len, rest->len -= field.len;
	while (field.len && is_blank(field.p[field.len - 1], separator))
		field.len--;
	*ret = field;
	return field.len && memchr(field.p, CR, field.len) ? within_line(err) : NOS_OK;
}

enum nos_code nos_csv_split(
    struct nos_csv *c, struct nos_str line, char separator, struct nos_err *err)
{
	struct nos_str rest = line, field;

	c->count = 0;
	if (!c->space.max)
		nos_buf_init(&c->space, NOS_SCAN_TEXT_MAX);
	nos_buf_truncate(&c->space, 0);
	/* What is unquoted is never longer than it was: nothing will move. */
	if (!nos_buf_reserve(&c->space, line.len))
		return nos_buf_check(&c->space, "line", err);
	if (!nos_str_is_utf8(line))
		return nos_err_set(err, NOS_DATA, "not UTF-8");
	if (nos_str_starts(rest, MARK))
		rest.p += strlen(MARK), rest.len -= strlen(MARK);
	while (rest.len && rest.p[rest.len - 1] == CR)
		rest.len--;
	for (;;) {
		skip_blanks(&rest, separator);
		if (rest.len && rest.p[0] == '"' ? take_quoted(c, &rest, separator, &field, err)
						 : take_plain(&rest, separator, &field, err))
			return err->code;
		if (add_field(c, field, err))
			return err->code;
		if (!rest.len)
			return NOS_OK;
		rest.p++, rest.len--;
	}
}

static int by_text(const void *a, const void *b)
{
	const struct nos_str *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = len ? memcmp(x->p, y->p, len) : 0;

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* A column without a name is known by its number alone. */
static enum nos_code check_twice(const struct nos_csv *c, struct nos_err *err)
{
	struct nos_str sorted[NOS_CSV_COLUMNS_MAX];

	if (!c->name_count)
		return NOS_OK;
	memcpy(sorted, c->names, c->name_count * sizeof(*sorted));
	qsort(sorted, c->name_count, sizeof(*sorted), by_text);
	for (size_t i = 1; i < c->name_count; i++)
		if (sorted[i].len && nos_str_eq(sorted[i - 1], sorted[i]))
			return nos_err_set(
			    err, NOS_DATA, "two columns are named '%.*s'", NOS_STR_ARG(sorted[i]));
	return NOS_OK;
}

enum nos_code nos_csv_name(struct nos_csv *c, struct nos_err *err)
{
	struct nos_str *names;
	size_t at = 0;

	nos_csv_begin(c);
	names = reallocarray(c->names, c->count ? c->count : 1, sizeof(*names));
	if (!names)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	c->names = names;
	if (!c->names_text.max)
		nos_buf_init(&c->names_text, NOS_SCAN_TEXT_MAX);
	nos_buf_truncate(&c->names_text, 0);
	for (size_t i = 0; i < c->count; i++)
		nos_buf_add_str(&c->names_text, c->fields[i]);
	if (nos_buf_check(&c->names_text, "header", err))
		return err->code;
	for (size_t i = 0; i < c->count; i++) {
		names[i] = (struct nos_str){ c->names_text.p + at, c->fields[i].len };
		at += c->fields[i].len;
	}
	c->name_count = c->count;
	c->has_names = true;
	if (check_twice(c, err))
		c->name_count = 0;
	return err->code;
}

bool nos_csv_column(const struct nos_csv *c, struct nos_str name, size_t *ret)
{
	if (!c->has_names)
		return false;
	for (size_t i = 0; i < c->name_count; i++)
		if (nos_str_eq(c->names[i], name)) {
			*ret = i;
			return true;
		}
	return false;
}
