/* SPDX-License-Identifier: MIT */
#include "source/load.h"

#include <stdlib.h>

/* A text of its largest size, each byte of it escaped, and what stands around it. */
#define ENCODED_MAX (1u << 20)

void nos_load_init(struct nos_load *l, size_t most, size_t text_max, struct nos_batch_how how)
{
	*l = (struct nos_load){ .most = most,
		.text_max = text_max,
		.how = how,
		.scan = { .not_finite = true, .depth = NOS_READING_DEPTH_MAX } };
	nos_buf_init(&l->text, text_max);
	nos_buf_init(&l->encoded, ENCODED_MAX);
}

void nos_load_release(struct nos_load *l)
{
	nos_buf_release(&l->text);
	nos_buf_release(&l->encoded);
	nos_batch_release(&l->batch);
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

enum nos_code nos_load_line(struct nos_load *l, uint64_t number, struct nos_str line,
    struct nos_time now, struct nos_err *err)
{
	struct nos_err why = { 0 };

	l->line = number;
	l->at[0] = l->at[1] = 0;
	l->how.now = now;
	if (!nos_batch_line(&l->batch, &l->how, line, NOS_LOAD_LINE_MAX, &l->scan, &l->many, &why))
		return NOS_OK;
	/* Nothing of a line counts that cannot be read to its end. */
	l->batch.count = l->batch.reject_count = 0;
	if (why.code != NOS_INTERNAL)
		return nos_load_reject(l, number, &why, err);
	*err = why;
	return err->code;
}

/* As it came where that is a reading of our own. */
static enum nos_code text_of(
    struct nos_load *l, const struct nos_batch_item *item, struct nos_str *ret, struct nos_err *err)
{
	*ret = item->text;
	if (ret->len)
		return NOS_OK;
	nos_buf_truncate(&l->encoded, 0);
	nos_reading_encode(&l->encoded, &item->reading);
	*ret = nos_buf_str(&l->encoded);
	return nos_buf_check(&l->encoded, "reading", err);
}

/* One reading; *ret_full, and nothing taken, where its text has no room beside the others'. */
static enum nos_code take(
    struct nos_load *l, const struct nos_batch_item *item, bool *ret_full, struct nos_err *err)
{
	struct nos_load_item taken = { .line = l->line, .many = l->many, .index = item->index };
	struct nos_str text;

	if (text_of(l, item, &text, err))
		return err->code;
	if (text.len >= l->text_max) {
		nos_err_set(&taken.err, NOS_LARGE, "a reading is over %zu bytes", l->text_max);
		return add(l, &taken, err);
	}
	*ret_full = l->text.len && text.len + 1 + l->text.len > NOS_LOAD_CLOSE;
	if (*ret_full)
		return NOS_OK;
	nos_buf_add_str(&l->text, text);
	nos_buf_add_char(&l->text, '\n');
	if (nos_buf_check(&l->text, "pack", err))
		return err->code;
	l->good++;
	return add(l, &taken, err);
}

static enum nos_code take_reject(
    struct nos_load *l, const struct nos_batch_reject *reject, struct nos_err *err)
{
	const struct nos_load_item taken = {
		.line = l->line, .many = l->many, .index = reject->index, .err = reject->err
	};

	return add(l, &taken, err);
}

enum nos_code nos_load_fill(struct nos_load *l, bool *ret_full, struct nos_err *err)
{
	const struct nos_batch_reject *reject;
	const struct nos_batch_item *item;
	size_t at[2];

	*ret_full = false;
	for (;;) {
		at[0] = l->at[0];
		at[1] = l->at[1];
		if (!nos_batch_next(&l->batch, at, &item, &reject))
			return NOS_OK;
		if (item ? take(l, item, ret_full, err) : take_reject(l, reject, err))
			return err->code;
		if (*ret_full)
			return NOS_OK;
		l->at[0] = at[0];
		l->at[1] = at[1];
		*ret_full = l->good >= l->most;
		if (*ret_full)
			return NOS_OK;
	}
}
