/* SPDX-License-Identifier: MIT */
#include "report_table.h"

#include <stdio.h>
#include <string.h>

#include "json/scan.h"

#define COLUMNS_MAX 32
#define NAME_SIZE   32
#define SENTENCE    40	  /* bytes from which a text is one, and wants width */
#define SPACE_MAX   65536 /* bytes of one text */

/* The columns are the members that rows of it have, in the order in which they first came. */
struct table {
	const char *workload;
	struct nos_scan scan;
	char names[COLUMNS_MAX][NAME_SIZE];
	size_t count;
	struct nos_buf space, *out;
};

static void table_release(struct table *t)
{
	nos_scan_release(&t->scan);
	nos_buf_release(&t->space);
}

void report_table_text(struct nos_buf *b, struct nos_str text)
{
	for (size_t i = 0; i < text.len; i++)
		switch (text.p[i]) {
		case '&':
			nos_buf_add_text(b, "&amp;");
			break;
		case '<':
			nos_buf_add_text(b, "&lt;");
			break;
		case '>':
			nos_buf_add_text(b, "&gt;");
			break;
		case '"':
			nos_buf_add_text(b, "&quot;");
			break;
		default:
			nos_buf_add_char(b, text.p[i]);
		}
}

/* Claims have no member "bench": they are the paper's. */
static bool is_of(const struct nos_scan *s, const char *workload)
{
	const struct nos_scan_value *v = nos_scan_get(s, s->values, "bench");

	if (!v)
		return strcmp(workload, "paper") == 0 && nos_scan_get(s, s->values, "claim");
	return nos_str_is(v->raw, workload);
}

/* What is the same in all of them stands at the head of the page; "how" is told in the last column.
 */
static bool is_column(struct nos_str name)
{
	static const char *const others[] = { "bench", "seed", "machine", "how" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (nos_str_is(name, others[i]))
			return false;
	return true;
}

static void learn(struct table *t, struct nos_str name)
{
	for (size_t i = 0; i < t->count; i++)
		if (nos_str_is(name, t->names[i]))
			return;
	if (t->count < COLUMNS_MAX && nos_str_copy(name, t->names[t->count], NAME_SIZE))
		t->count++;
}

typedef enum nos_code each_row(struct table *t, struct nos_err *err);

static enum nos_code go_through(
    struct table *t, const struct bench *b, each_row *each, struct nos_err *err)
{
	for (const struct bench_kept *k = b->kept; k; k = k->next)
		if (nos_scan_parse(&t->scan, nos_str_of(k->text), err) ||
		    (is_of(&t->scan, t->workload) && each(t, err)))
			return err->code;
	return NOS_OK;
}

static enum nos_code learn_row(struct table *t, struct nos_err *err)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	while (nos_scan_member(&t->scan, t->scan.values, &at, &name, &value))
		if (is_column(name->raw))
			learn(t, name->raw);
	return err->code;
}

static void add_value(struct table *t, const struct nos_scan_value *v)
{
	struct nos_str text = v->raw;

	nos_buf_truncate(&t->space, 0);
	if (v->kind == NOS_SCAN_STRING && !nos_scan_text(v, &t->space, &text))
		text = v->raw;
	report_table_text(t->out, text);
}

static void add_list(struct table *t, const struct nos_scan_value *list)
{
	const struct nos_scan_value *item;
	uint32_t at = 0;

	for (bool first = true; nos_scan_element(&t->scan, list, &at, &item); first = false) {
		nos_buf_add_text(t->out, first ? "" : ", ");
		add_value(t, item);
	}
}

/* As words: "hash 2, xor 1". */
static void add_object(struct table *t, const struct nos_scan_value *object)
{
	const struct nos_scan_value *name, *value;
	uint32_t at = 0;

	for (bool first = true; nos_scan_member(&t->scan, object, &at, &name, &value);
	     first = false) {
		nos_buf_add_text(t->out, first ? "" : ", ");
		add_value(t, name);
		nos_buf_add_char(t->out, ' ');
		add_value(t, value);
	}
}

static void add_cell(struct table *t, const char *name)
{
	const struct nos_scan_value *v = nos_scan_get(&t->scan, t->scan.values, name);
	const bool number = v && v->kind == NOS_SCAN_NUMBER;
	const bool sentence = v && v->kind == NOS_SCAN_STRING && v->raw.len > SENTENCE;

	nos_buf_add_text(t->out, number	    ? "<td class=\"n\">"
				 : sentence ? "<td class=\"s\">"
					    : "<td>");
	if (v && v->kind == NOS_SCAN_ARRAY)
		add_list(t, v);
	else if (v && v->kind == NOS_SCAN_OBJECT)
		add_object(t, v);
	else if (v && v->kind != NOS_SCAN_NULL)
		add_value(t, v);
	nos_buf_add_text(t->out, "</td>");
}

static enum nos_code add_row(struct table *t, struct nos_err *err)
{
	nos_buf_add_text(t->out, "<tr>");
	for (size_t i = 0; i < t->count; i++)
		add_cell(t, t->names[i]);
	add_cell(t, "how");
	nos_buf_add_text(t->out, "</tr>\n");
	return err->code;
}

static void add_head(struct table *t, const char *caption)
{
	nos_buf_add_text(t->out, "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"");
	report_table_text(t->out, nos_str_of(caption));
	nos_buf_add_text(t->out, "\">\n<table>\n<caption>");
	report_table_text(t->out, nos_str_of(caption));
	nos_buf_add_text(t->out, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < t->count; i++) {
		nos_buf_add_text(t->out, "<th scope=\"col\">");
		report_table_text(t->out, nos_str_of(t->names[i]));
		nos_buf_add_text(t->out, "</th>");
	}
	nos_buf_add_text(t->out, "<th scope=\"col\">how</th></tr></thead>\n<tbody>\n");
}

enum nos_code report_table_add(const struct bench *b, const char *workload, const char *caption,
    struct nos_buf *ret, struct nos_err *err)
{
	struct table t = { .workload = workload, .out = ret };

	nos_buf_init(&t.space, SPACE_MAX);
	if (!go_through(&t, b, learn_row, err)) {
		add_head(&t, caption);
		(void)!go_through(&t, b, add_row, err);
		nos_buf_add_text(ret, "</tbody>\n</table>\n</div>\n");
	}
	table_release(&t);
	return err->code;
}

static enum nos_code count_row(struct table *t, struct nos_err *err)
{
	t->count++;
	return err->code;
}

size_t report_table_count(const struct bench *b, const char *workload)
{
	struct table t = { .workload = workload };
	struct nos_err err = { 0 };

	(void)!go_through(&t, b, count_row, &err);
	table_release(&t);
	return t.count;
}
