/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"

#define ABSENT	   "-"
#define SPAN_MAX_S 1e12 /* a longer one is printed as the number that it is */

static enum nos_table_format format_of(const char *format, FILE *out)
{
	if (!format)
		return isatty(fileno(out)) ? NOS_TABLE_TABLE : NOS_TABLE_JSON;
	if (strcmp(format, "csv") == 0)
		return NOS_TABLE_CSV;
	return strcmp(format, "table") == 0 ? NOS_TABLE_TABLE : NOS_TABLE_JSON;
}

void nos_table_init(
    struct nos_table *t, const struct nos_table_column *columns, const char *format, FILE *out)
{
	*t = (struct nos_table){ .columns = columns, .out = out };
	while (columns[t->count].name)
		t->count++;
	assert(t->count && t->count <= NOS_TABLE_COLUMNS_MAX);
	t->format = format_of(format, out);
	nos_buf_init(&t->held, NOS_TABLE_HELD_MAX + NOS_TABLE_ROW_MAX);
	nos_buf_init(&t->row, NOS_TABLE_ROW_MAX);
	nos_buf_init(&t->space, NOS_TABLE_ROW_MAX);
}

void nos_table_secret(struct nos_table *t)
{
	t->held.secret = t->row.secret = t->space.secret = true;
	setvbuf(t->out, NULL, _IONBF, 0);
}

void nos_table_release(struct nos_table *t)
{
	nos_scan_release(&t->scan);
	nos_buf_release(&t->held);
	nos_buf_release(&t->row);
	nos_buf_release(&t->space);
}

/* The first failure is kept; after it nothing is written. */
static void write_out(struct nos_table *t, struct nos_str s)
{
	if (!t->fail && s.len && fwrite(s.p, 1, s.len, t->out) != s.len)
		t->fail = errno ? errno : EIO;
}

static bool is_number(const struct nos_scan_value *v, double *ret)
{
	return v->kind == NOS_SCAN_NUMBER && nos_num_parse_decimal(v->raw, ret);
}

/* A time or a span for people; false: it is none, and is printed as it is. */
static bool add_for_people(
    struct nos_buf *b, enum nos_table_kind kind, const struct nos_scan_value *v)
{
	struct nos_time time;
	double number;

	if (kind == NOS_TABLE_TEXT || !is_number(v, &number))
		return false;
	if (kind == NOS_TABLE_TIME) {
		if (!nos_time_from_number(number, &time))
			return false;
		nos_time_format_rfc3339(b, time);
		return true;
	}
	if (number < 0 || number > SPAN_MAX_S)
		return false;
	nos_time_format_span(b, (uint64_t)llrint(number * 1000));
	return true;
}

static void add_value(struct nos_table *t, struct nos_buf *b, enum nos_table_kind kind,
    const struct nos_scan_value *v)
{
	struct nos_str text = v->raw;

	if (t->format == NOS_TABLE_TABLE && add_for_people(b, kind, v))
		return;
	/* One with half a surrogate pair is no text: it is shown as it was written. */
	if (v->kind == NOS_SCAN_STRING && !nos_scan_text(v, &t->space, &text)) {
		text = v->raw;
		if (t->space.fail)
			b->fail = t->space.fail;
	}
	nos_buf_add_str(b, text);
}

/* What a terminal might obey becomes '?': C0, DEL, and C1 as UTF-8 has it (C2 80 to C2 9F). */
static void make_harmless(char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < 0x20 || c == 0x7f)
			p[i] = '?';
		else if (c == 0xc2 && i + 1 < len && (unsigned char)p[i + 1] < 0xa0)
			p[i] = p[i + 1] = '?';
	}
}

/* Columns that a text takes on a terminal: its characters. */
static size_t width_of(const char *p, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)p[i] & 0xc0) != 0x80;
	return width;
}

/* A field of RFC 4180 §2: in quotes where it holds a quote, a comma or a line break. */
static void add_field(struct nos_buf *b, struct nos_str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++)
		quoted |= s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!quoted) {
		nos_buf_add_str(b, s);
		return;
	}
	nos_buf_add_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"')
			nos_buf_add_char(b, '"');
		nos_buf_add_char(b, s.p[i]);
	}
	nos_buf_add_char(b, '"');
}

/* Append a cell; an absent one is empty. */
static void add_cell(struct nos_table *t, struct nos_buf *b, enum nos_table_kind kind,
    const struct nos_scan_value *v)
{
	const struct nos_scan_value *item;
	uint32_t at = 0;

	if (!v || v->kind == NOS_SCAN_NULL)
		return;
	if (v->kind != NOS_SCAN_ARRAY) {
		add_value(t, b, kind, v);
		return;
	}
	for (bool first = true; nos_scan_element(&t->scan, v, &at, &item); first = false) {
		if (!first)
			nos_buf_add_char(b, ' ');
		add_value(t, b, kind, item);
	}
}

static void print_csv_header(struct nos_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		write_out(t, i ? NOS_STR(",") : NOS_STR(""));
		write_out(t, nos_str_of(t->columns[i].name));
	}
	write_out(t, NOS_STR("\n"));
	t->begun = true;
}

static enum nos_code add_csv(struct nos_table *t, struct nos_err *err)
{
	NOS_AUTO(buf) cell = { 0 };

	nos_buf_init(&cell, NOS_TABLE_ROW_MAX);
	cell.secret = t->row.secret;
	if (!t->begun)
		print_csv_header(t);
	for (size_t i = 0; i < t->count; i++) {
		nos_buf_truncate(&cell, 0);
		add_cell(t, &cell, t->columns[i].kind,
		    nos_scan_get(&t->scan, t->scan.values, t->columns[i].name));
		if (nos_buf_check(&cell, "row", err))
			return err->code;
		if (i)
			nos_buf_add_char(&t->row, ',');
		add_field(&t->row, nos_buf_str(&cell));
	}
	nos_buf_add_char(&t->row, '\n');
	if (nos_buf_check(&t->row, "row", err))
		return err->code;
	write_out(t, nos_buf_str(&t->row));
	return NOS_OK;
}

/* Cells of one line, padded but for the last. Returns what is behind them. */
static const char *print_cells(struct nos_table *t, const char *cells)
{
	static const char blanks[] = "                                ";

	for (size_t i = 0; i < t->count; i++) {
		size_t len = strlen(cells), width = width_of(cells, len);

		write_out(t, (struct nos_str){ cells, len });
		cells += len + 1;
		if (i + 1 == t->count)
			break;
		for (size_t pad = width < t->widths[i] ? t->widths[i] - width + 2 : 2; pad;) {
			size_t n = pad < sizeof(blanks) ? pad : sizeof(blanks) - 1;

			write_out(t, (struct nos_str){ blanks, n });
			pad -= n;
		}
	}
	write_out(t, NOS_STR("\n"));
	return cells;
}

/* The header and what is held; from here on the widths are fixed. */
static enum nos_code print_held(struct nos_table *t, struct nos_err *err)
{
	const char *at = t->held.p;

	nos_buf_truncate(&t->row, 0);
	for (size_t i = 0; i < t->count; i++) {
		const char *name = t->columns[i].name;
		size_t len = strlen(name);

		nos_buf_add(&t->row, name, len + 1);
		if (t->widths[i] < len)
			t->widths[i] = len;
	}
	if (nos_buf_check(&t->row, "header", err))
		return err->code;
	print_cells(t, t->row.p);
	for (; t->rows; t->rows--)
		at = print_cells(t, at);
	nos_buf_release(&t->held);
	t->begun = true;
	return NOS_OK;
}

static enum nos_code add_to_table(struct nos_table *t, struct nos_err *err)
{
	for (size_t i = 0; i < t->count; i++) {
		size_t before = t->row.len, width;

		add_cell(t, &t->row, t->columns[i].kind,
		    nos_scan_get(&t->scan, t->scan.values, t->columns[i].name));
		if (t->row.len == before)
			nos_buf_add_text(&t->row, ABSENT);
		make_harmless(t->row.p + before, t->row.len - before);
		width = width_of(t->row.p + before, t->row.len - before);
		if (!t->begun && width > t->widths[i])
			t->widths[i] = width;
		nos_buf_add_char(&t->row, '\0');
	}
	if (nos_buf_check(&t->row, "row", err))
		return err->code;
	if (t->begun) {
		print_cells(t, t->row.p);
		return NOS_OK;
	}
	nos_buf_add_str(&t->held, nos_buf_str(&t->row));
	if (nos_buf_check(&t->held, "table", err))
		return err->code;
	t->rows++;
	return t->rows == NOS_TABLE_ROWS_MAX || t->held.len > NOS_TABLE_HELD_MAX
		   ? print_held(t, err)
		   : NOS_OK;
}

/* A signal that ends a tool behind the row in hand must not cut that one off: a write that it
 * breaks off cannot be gone on with. */
static void hold_signals(sigset_t *ret_before)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, ret_before);
}

static void let_signals(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

static enum nos_code add_row(struct nos_table *t, struct nos_str row, struct nos_err *err)
{
	if (nos_scan_parse(&t->scan, row, err))
		return err->code;
	if (t->scan.values[0].kind != NOS_SCAN_OBJECT)
		return nos_err_set(err, NOS_DATA, "a row is no object");
	nos_buf_truncate(&t->row, 0);
	nos_buf_truncate(&t->space, 0);
	switch (t->format) {
	case NOS_TABLE_JSON:
		write_out(t, nos_str_trim(row));
		write_out(t, NOS_STR("\n"));
		return NOS_OK;
	case NOS_TABLE_CSV:
		return add_csv(t, err);
	case NOS_TABLE_TABLE:
		break;
	}
	return add_to_table(t, err);
}

enum nos_code nos_table_add(struct nos_table *t, struct nos_str row, struct nos_err *err)
{
	enum nos_code code;
	sigset_t before;

	hold_signals(&before);
	code = add_row(t, row, err);
	let_signals(&before);
	return code;
}

static enum nos_code finish(struct nos_table *t, struct nos_err *err)
{
	if (t->format == NOS_TABLE_CSV && !t->begun)
		print_csv_header(t);
	if (t->format == NOS_TABLE_TABLE && !t->begun && print_held(t, err))
		return err->code;
	if (fflush(t->out) != 0 && !t->fail)
		t->fail = errno;
	if (t->fail && t->fail != EPIPE)
		return nos_err_set_errno(err, NOS_IO, t->fail, "output");
	return NOS_OK;
}

enum nos_code nos_table_finish(struct nos_table *t, struct nos_err *err)
{
	enum nos_code code;
	sigset_t before;

	hold_signals(&before);
	code = finish(t, err);
	let_signals(&before);
	return code;
}
