/* SPDX-License-Identifier: MIT */
#include "source/load.h"

#include <stdlib.h>

#include "reading/reading.h"

void nos_load_init(struct nos_load *l, size_t most, size_t text_max)
{
	*l = (struct nos_load){ .most = most,
		.text_max = text_max,
		.scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX } };
	nos_buf_init(&l->text, text_max);
	nos_buf_init(&l->space, NOS_SCAN_TEXT_MAX + 1);
}

void nos_load_release(struct nos_load *l)
{
	nos_buf_release(&l->text);
	nos_buf_release(&l->space);
	nos_scan_release(&l->scan);
	free(l->items);
	l->items = NULL;
}

void nos_load_clear(struct nos_load *l)
{
	nos_buf_truncate(&l->text, 0);
	l->count = l->good = 0;
}

static enum nos_code add(struct nos_load *l, const struct nos_load_item *item, struct nos_err *err)
{
	size_t more = l->cap ? l->cap * 2 : 64;
	void *grown = l->items;

	if (l->count == l->cap) {
		grown = reallocarray(l->items, more, sizeof(*l->items));
		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		l->items = grown;
		l->cap = more;
	}
	l->items[l->count++] = *item;
	return NOS_OK;
}

enum nos_code nos_load_reject(
    struct nos_load *l, uint64_t number, const struct nos_err *why, struct nos_err *err)
{
	const struct nos_load_item item = { .line = number, .err = *why };

	return add(l, &item, err);
}

enum nos_code nos_load_line(
    struct nos_load *l, uint64_t number, struct nos_str line, struct nos_err *err)
{
	struct nos_err why = { 0 };

	l->line = number;
	l->left = NOS_STR("");
	l->in_array = false;
	if (nos_scan_parse(&l->scan, line, &why)) {
		*err = why;
		if (why.code == NOS_INTERNAL)
			return why.code;
		nos_err_clear(err);
		return nos_load_reject(l, number, &why, err);
	}
	l->in_array = l->scan.values->kind == NOS_SCAN_ARRAY;
	l->left = line;
	l->at = l->index = 0;
	return NOS_OK;
}

/* One reading; *ret_full, and nothing taken, where its text has no room beside the others'. */
static enum nos_code take(struct nos_load *l, const struct nos_scan_value *v, struct nos_str text,
    bool *ret_full, struct nos_err *err)
{
	struct nos_load_item item = { .line = l->line, .in_array = l->in_array, .index = l->index };
	struct nos_reading reading;

	*ret_full = false;
	nos_buf_truncate(&l->space, 0);
	if (!nos_buf_reserve(&l->space, text.len + 1))
		return nos_buf_check(&l->space, "line", err);
	if (text.len >= l->text_max) {
		nos_err_set(&item.err, NOS_LARGE, "a reading is over %zu bytes", l->text_max);
	} else if (!nos_reading_decode(&l->scan, v, &l->space, &reading, &item.err)) {
		if (l->text.len && text.len + 1 + l->text.len > NOS_LOAD_CLOSE) {
			*ret_full = true;
			return NOS_OK;
		}
		nos_buf_add_str(&l->text, text);
		nos_buf_add_char(&l->text, '\n');
		if (nos_buf_check(&l->text, "pack", err))
			return err->code;
		l->good++;
	}
	return add(l, &item, err);
}

/* The elements of an array from where they were left. */
static enum nos_code take_elements(struct nos_load *l, bool *ret_full, struct nos_err *err)
{
	const struct nos_scan_value *v;
	uint32_t at = l->at;

	while (nos_scan_element(&l->scan, l->scan.values, &at, &v)) {
		if (take(l, v, v->raw, ret_full, err) || *ret_full)
			return err->code;
		l->at = at;
		l->index++;
		*ret_full = l->good >= l->most;
		if (*ret_full)
			return NOS_OK;
	}
	l->left = NOS_STR("");
	return NOS_OK;
}

enum nos_code nos_load_fill(struct nos_load *l, bool *ret_full, struct nos_err *err)
{
	*ret_full = false;
	if (!l->left.len)
		return NOS_OK;
	if (l->in_array)
		return take_elements(l, ret_full, err);
	if (take(l, l->scan.values, l->left, ret_full, err) || *ret_full)
		return err->code;
	l->left = NOS_STR("");
	*ret_full = l->good >= l->most;
	return NOS_OK;
}
