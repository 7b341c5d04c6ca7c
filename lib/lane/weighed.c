/* SPDX-License-Identifier: MIT */
#include "lane/weighed.h"

#include <stdlib.h>
#include <string.h>

void nos_weighed_init(struct nos_weighed *w, size_t max)
{
	*w = (struct nos_weighed){ 0 };
	nos_buf_init(&w->text, max);
}

void nos_weighed_release(struct nos_weighed *w)
{
	nos_buf_release(&w->text);
	free(w->records);
	w->records = NULL;
	w->count = w->cap = 0;
}

void nos_weighed_clear(struct nos_weighed *w)
{
	nos_buf_truncate(&w->text, 0);
	w->count = 0;
}

enum nos_code nos_weighed_note(
    struct nos_weighed *w, const struct nos_weighed_record *record, struct nos_err *err)
{
	struct nos_weighed_record *r;

	if (w->count == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 64;
		void *grown = reallocarray(w->records, cap, sizeof(*w->records));

		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		w->records = grown;
		w->cap = cap;
	}
	r = &w->records[w->count++];
	*r = *record;
	r->end = w->text.len;
	r->put = false;
	return NOS_OK;
}

static struct nos_str text_at(const struct nos_weighed *w, size_t i)
{
	size_t start = i ? w->records[i - 1].end : 0;

	return (struct nos_str){ w->text.p + start, w->records[i].end - start };
}

struct nos_processed nos_weighed_at(const struct nos_weighed *w, size_t i)
{
	struct nos_str rest = text_at(w, i), head = { 0 };
	struct nos_processed ret = { 0 };

	nos_str_cut(&rest, '\n', &head);
	nos_str_cut(&head, ' ', &ret.topic);
	ret.filters = head;
	ret.record = rest;
	return ret;
}

enum nos_code nos_weighed_take(
    struct nos_weighed *w, const struct nos_weighed *other, size_t i, struct nos_err *err)
{
	for (; i < other->count; i++) {
		const struct nos_weighed_record *r = &other->records[i];

		nos_buf_add_str(&w->text, text_at(other, i));
		if (nos_buf_check(&w->text, "records of one commit", err) ||
		    nos_weighed_note(w, r, err))
			return err->code;
	}
	return NOS_OK;
}

static struct nos_processed_links *links_of(const struct nos_weighed_record *r)
{
	return &r->track->series[r->series].links;
}

void nos_weighed_known(struct nos_weighed *w, size_t i, uint64_t position)
{
	struct nos_weighed_record *r = &w->records[i];
	struct nos_processed_links *links = links_of(r);

	*links = nos_processed_next(*links, position, r->n);
}

enum nos_code nos_weighed_put(struct nos_weighed *w, size_t i, struct nos_store *store,
    struct nos_time now, struct nos_buf *entry, uint64_t *ret_position, struct nos_err *err)
{
	struct nos_weighed_record *r = &w->records[i];
	struct nos_processed p = nos_weighed_at(w, i);

	p.links = *links_of(r);
	p.era = r->era;
	p.jumps = r->n != r->after + 1;
	p.after = p.jumps ? r->after : 0;
	nos_buf_truncate(entry, 0);
	nos_processed_encode(entry, &p);
	if (nos_buf_check(entry, "record", err) || nos_store_append(store, NOS_PROCESSED_STREAM,
						       now, nos_buf_span(entry), ret_position, err))
		return err->code;
	r->was = p.links;
	r->put = true;
	nos_weighed_known(w, i, *ret_position);
	return NOS_OK;
}

void nos_weighed_undo(struct nos_weighed *w)
{
	for (size_t i = w->count; i > 0; i--) {
		struct nos_weighed_record *r = &w->records[i - 1];

		if (r->put)
			*links_of(r) = r->was;
		r->put = false;
	}
}
