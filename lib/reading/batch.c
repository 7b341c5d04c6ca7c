/* SPDX-License-Identifier: MIT */
#include "reading/batch.h"

#include <stdlib.h>
#include <string.h>

static const char *const forms[] = {
	[NOS_BATCH_JSON] = "json",
	[NOS_BATCH_NDJSON] = "x-ndjson",
};

bool nos_batch_form_parse(struct nos_str media, enum nos_batch_form *ret)
{
	if (nos_str_starts(media, "application/"))
		media.p += 12, media.len -= 12;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (nos_str_is(media, forms[i])) {
			*ret = (enum nos_batch_form)i;
			return true;
		}
	return false;
}

const char *nos_batch_form_text(enum nos_batch_form form)
{
	return forms[form];
}

void nos_batch_release(struct nos_batch *b)
{
	free(b->items);
	free(b->rejects);
	nos_buf_release(&b->space);
	*b = (struct nos_batch){ 0 };
}

/* Room for one more of size bytes in an array that doubles; NULL: out of memory. */
static void *room(void *array, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *grown;

	if (count < *cap)
		return array;
	grown = reallocarray(array, more, size);
	if (grown)
		*cap = more;
	return grown;
}

static bool note_reject(struct nos_batch *b, uint32_t index, const struct nos_err *why)
{
	void *p = room(b->rejects, b->reject_count, &b->reject_cap, sizeof(*b->rejects));

	if (!p)
		return false;
	b->rejects = p;
	b->rejects[b->reject_count++] = (struct nos_batch_reject){ index, *why };
	return true;
}

/* The next reading, good or bad. */
static enum nos_code take(struct nos_batch *b, const struct nos_scan *scan,
    const struct nos_scan_value *object, size_t most, struct nos_err *err)
{
	uint32_t index = (uint32_t)(b->count + b->reject_count);
	struct nos_err why = { 0 };
	void *p;

	if (index == most)
		return nos_err_set(err, NOS_LARGE, "over %zu readings in one pack", most);
	p = room(b->items, b->count, &b->cap, sizeof(*b->items));
	if (!p)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	b->items = p;
	b->items[b->count].index = index;
	if (!nos_reading_decode(scan, object, &b->space, &b->items[b->count].reading, &why)) {
		b->count++;
		return NOS_OK;
	}
	return note_reject(b, index, &why) ? NOS_OK
					   : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

/* An array holds readings, anything else is one. */
static enum nos_code take_all(
    struct nos_batch *b, const struct nos_scan *scan, size_t most, struct nos_err *err)
{
	const struct nos_scan_value *v;
	uint32_t at = 0;

	if (scan->values->kind != NOS_SCAN_ARRAY)
		return take(b, scan, scan->values, most, err);
	while (nos_scan_element(scan, scan->values, &at, &v))
		if (take(b, scan, v, most, err))
			return err->code;
	return NOS_OK;
}

static enum nos_code take_line(struct nos_batch *b, struct nos_str line, size_t most,
    struct nos_scan *scan, struct nos_err *err)
{
	struct nos_err why = { 0 };
	enum nos_code code = nos_scan_parse(scan, line, &why);

	if (code == NOS_INTERNAL) {
		*err = why;
		return code;
	}
	if (!code)
		return take_all(b, scan, most, err);
	if (b->count + b->reject_count == most)
		return nos_err_set(err, NOS_LARGE, "over %zu readings in one pack", most);
	return note_reject(b, (uint32_t)(b->count + b->reject_count), &why)
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "out of memory");
}

enum nos_code nos_batch_decode(struct nos_batch *b, enum nos_batch_form form, struct nos_str text,
    size_t most, struct nos_scan *scan, struct nos_err *err)
{
	struct nos_str rest = text, line;

	b->count = b->reject_count = 0;
	if (!b->space.p)
		nos_buf_init(&b->space, NOS_SCAN_TEXT_MAX);
	nos_buf_truncate(&b->space, 0);
	/* What is unescaped is never longer than it was: nothing will move. */
	if (text.len > NOS_SCAN_TEXT_MAX - 2 || !nos_buf_reserve(&b->space, text.len + 1))
		return nos_err_set(err, NOS_LARGE, "over %u bytes", NOS_SCAN_TEXT_MAX);
	if (form == NOS_BATCH_JSON)
		return nos_scan_parse(scan, text, err) ? err->code : take_all(b, scan, most, err);
	while (nos_str_cut(&rest, '\n', &line)) {
		line = nos_str_trim(line);
		if (line.len && take_line(b, line, most, scan, err))
			return err->code;
	}
	return NOS_OK;
}

void nos_batch_reject_item(struct nos_batch *b, size_t i, const struct nos_err *why)
{
	uint32_t index = b->items[i].index;

	/* Out of memory leaves it without its reason, and off all the same. */
	if (note_reject(b, index, why)) {
		struct nos_batch_reject last = b->rejects[b->reject_count - 1];
		size_t at = b->reject_count - 1;

		for (; at > 0 && b->rejects[at - 1].index > index; at--)
			b->rejects[at] = b->rejects[at - 1];
		b->rejects[at] = last;
	}
	memmove(&b->items[i], &b->items[i + 1], (b->count - i - 1) * sizeof(*b->items));
	b->count--;
}
