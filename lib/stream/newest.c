/* SPDX-License-Identifier: MIT */
#include "stream/newest.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 512

struct chunk {
	struct nos_newest *w;
	uint64_t pack; /* where that of its first record stands; 0: none but corrections */
	uint64_t end;  /* behind it all was read before */
};

static struct nos_newest_topic **slot(struct nos_newest *w, struct nos_str topic)
{
	struct nos_newest_topic **p = &w->buckets[nos_str_hash(topic) & (NOS_NEWEST_BUCKETS - 1)];

	while (*p && !nos_str_eq(topic, (struct nos_str){ (*p)->text, (*p)->len }))
		p = &(*p)->chain;
	return p;
}

struct nos_newest_topic *nos_newest_find(struct nos_newest *w, struct nos_str topic)
{
	return *slot(w, topic);
}

static struct nos_newest_topic *add(struct nos_newest *w, struct nos_str topic)
{
	struct nos_newest_topic **at = slot(w, topic), *t = *at;

	if (t)
		return t;
	t = calloc(1, sizeof(*t) + topic.len);
	if (!t)
		return NULL;
	memcpy(t->text, topic.p, topic.len);
	t->len = topic.len;
	*at = t;
	*w->last = t;
	w->last = &t->next;
	return t;
}

/* Whatever else it says: who takes it apart looks closer. */
static bool has_key(const struct nos_newest *w, struct nos_str record)
{
	return w->key.len && memmem(record.p, record.len, w->key.p, w->key.len);
}

static enum nos_code take(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct chunk *c = state;
	struct nos_newest_topic *t;
	struct nos_processed_id id;
	struct nos_processed p;
	struct nos_str source;

	if (position > c->end)
		return NOS_OK;
	if (!nos_processed_decode(entry, &p) || !nos_processed_id_of(p.record, &id) ||
	    !nos_processed_pack(&p, &id))
		return nos_err_set(
		    err, NOS_IO, "store: record %llu is damaged", (unsigned long long)position);
	if (!c->pack && !id.correction)
		c->pack = nos_processed_pack(&p, &id);
	if (!nos_processed_source(p.topic, &source) ||
	    (c->w->source && !nos_str_is(source, c->w->source)))
		return NOS_OK;
	t = add(c->w, p.topic);
	if (!t)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (position > t->position)
		t->position = position;
	t->used |= has_key(c->w, p.record);
	return NOS_OK;
}

enum nos_code nos_newest_read(struct nos_newest *w, uint64_t saved, struct nos_err *err)
{
	struct chunk c = { .w = w };
	uint64_t first, last;

	w->last = &w->first;
	if (nos_store_bounds(w->store, NOS_PROCESSED_STREAM, &first, &last, err))
		return err->code;
	/* Back by chunks, to one that begins with what is saved. */
	for (w->from = last; w->from >= first;) {
		c.end = w->from;
		c.pack = 0;
		w->from = nos_store_back(first, w->from, CHUNK);
		if (nos_store_read(w->store, NOS_PROCESSED_STREAM, w->from, CHUNK, take, &c, err))
			return err->code;
		if (c.pack && c.pack <= saved)
			break;
	}
	return NOS_OK;
}

void nos_newest_release(struct nos_newest *w)
{
	struct nos_newest_topic *t = w->first, *next;

	for (; t; t = next) {
		next = t->next;
		free(t);
	}
	memset(w->buckets, 0, sizeof(w->buckets));
	w->first = NULL;
}
