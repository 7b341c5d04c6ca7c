/* SPDX-License-Identifier: MIT */
#include "registry/track.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A track in a table. */
struct held {
	struct nos_track track;	 /* first, so that who is given it gives it back */
	struct held *chain;	 /* of its bucket */
	struct held *dirty_next; /* first changed first */
	uint64_t dirty_since;	 /* position of the first change that is not saved */
	bool dirty, saving;
	bool used; /* since the sweep came by */
	char id[];
};

/* Saved in the group that is not yet committed. */
struct saving {
	struct held *held;
	uint64_t since; /* dirty_since before it was saved */
};

struct nos_track_table {
	struct held **buckets;
	size_t bucket_count; /* a power of two */
	size_t count, limit;
	size_t stays;			  /* those that are dirty, or saving, or both */
	size_t sweep;			  /* bucket at which room is made next */
	struct held *dirty, **dirty_tail; /* first changed first */
	struct saving *saving;		  /* first saved first */
	size_t saving_count, saving_cap;
};

enum nos_code nos_track_table_new(size_t limit, struct nos_track_table **ret, struct nos_err *err)
{
	struct nos_track_table *t = calloc(1, sizeof(*t));
	size_t buckets = 64;

	while (buckets * 2 <= limit && buckets < (1u << 22))
		buckets *= 2;
	if (t)
		t->buckets = calloc(buckets, sizeof(struct held *));
	if (!t || !t->buckets) {
		free(t);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	t->bucket_count = buckets;
	t->limit = limit;
	t->dirty_tail = &t->dirty;
	*ret = t;
	return NOS_OK;
}

static void drop(struct held *h)
{
	nos_track_release(&h->track);
	free(h);
}

void nos_track_table_free(struct nos_track_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->bucket_count; i++)
		for (struct held *h = t->buckets[i], *next; h; h = next) {
			next = h->chain;
			drop(h);
		}
	free(t->buckets);
	free(t->saving);
	free(t);
}

static struct held *held_of(struct nos_track *track)
{
	return (struct held *)track;
}

static struct held **slot(const struct nos_track_table *t, const char *id)
{
	struct held **p = &t->buckets[nos_str_hash(nos_str_of(id)) & (t->bucket_count - 1)];

	while (*p && strcmp((*p)->id, id) != 0)
		p = &(*p)->chain;
	return p;
}

/* ---- room ---- */

static bool can_leave(struct held *h, const struct held *asked)
{
	if (h->dirty || h->saving || h == asked)
		return false;
	if (!h->used)
		return true;
	h->used = false;
	return false;
}

/* Those that are saved leave when there are too many, those first that nobody has asked for since
 * the sweep came by; never the one that was just asked for. */
static void evict(struct nos_track_table *t, const struct held *asked)
{
	while (t->count > t->limit && t->count > t->stays + 1) {
		struct held **at = &t->buckets[t->sweep++ & (t->bucket_count - 1)];

		while (*at && t->count > t->limit) {
			struct held *h = *at;

			if (!can_leave(h, asked)) {
				at = &h->chain;
				continue;
			}
			*at = h->chain;
			drop(h);
			t->count--;
		}
	}
}

static struct held *add(struct nos_track_table *t, const char *id)
{
	const size_t size = strlen(id) + 1;
	/* From where the id begins, what the compiler adds behind it is not taken. */
	struct held **at = slot(t, id), *h = calloc(1, offsetof(struct held, id) + size);

	if (!h)
		return NULL;
	memcpy(h->id, id, size);
	*at = h;
	t->count++;
	return h;
}

/* ---- one ---- */

const struct nos_track *nos_track_find(const struct nos_track_table *t, const char *id)
{
	const struct held *h = *slot(t, id);

	return h ? &h->track : NULL;
}

void nos_track_forget(struct nos_track_table *t, const char *id)
{
	struct held *h = *slot(t, id);

	if (h)
		h->track.gone = true;
}

/* All-zero: there is none. */
static enum nos_code read(
    struct nos_store *store, const char *id, struct nos_track *ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_TRACK_NS, nos_str_of(id), &text, &rev, err)) {
		if (err->code == NOS_ABSENT)
			nos_err_clear(err);
		return err->code;
	}
	if (!nos_track_decode(nos_buf_str(&text), ret, err))
		return NOS_OK;
	nos_err_within(err, "store: what is kept of '%s'", id);
	return nos_store_damaged(err);
}

enum nos_code nos_track_get(struct nos_track_table *t, struct nos_store *store, const char *id,
    struct nos_track **ret, struct nos_err *err)
{
	struct nos_track track = { 0 };
	struct held *h = *slot(t, id);

	if (!h) {
		if (read(store, id, &track, err))
			return err->code;
		h = add(t, id);
		if (!h) {
			nos_track_release(&track);
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		}
		h->track = track;
		evict(t, h);
	}
	h->used = true;
	*ret = &h->track;
	return NOS_OK;
}

/* ---- saving ---- */

static void set_dirty(struct nos_track_table *t, struct held *h, bool dirty)
{
	t->stays += !h->saving && dirty && !h->dirty;
	t->stays -= !h->saving && !dirty && h->dirty;
	h->dirty = dirty;
}

static void set_saving(struct nos_track_table *t, struct held *h, bool saving)
{
	t->stays += !h->dirty && saving && !h->saving;
	t->stays -= !h->dirty && !saving && h->saving;
	h->saving = saving;
}

void nos_track_touch(struct nos_track_table *t, struct nos_track *track, uint64_t position)
{
	struct held *h = held_of(track);

	track->position = position;
	if (h->dirty)
		return;
	set_dirty(t, h, true);
	h->dirty_since = position;
	h->dirty_next = NULL;
	*t->dirty_tail = h;
	t->dirty_tail = &h->dirty_next;
}

/* The group before is done with: what was saved in it may leave. */
static void settle(struct nos_track_table *t)
{
	while (t->saving_count)
		set_saving(t, t->saving[--t->saving_count].held, false);
}

static enum nos_code note_saving(struct nos_track_table *t, struct held *h, struct nos_err *err)
{
	if (t->saving_count == t->saving_cap) {
		const size_t cap = t->saving_cap ? t->saving_cap * 2 : 64;
		void *grown = reallocarray(t->saving, cap, sizeof(*t->saving));

		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		t->saving = grown;
		t->saving_cap = cap;
	}
	t->saving[t->saving_count++] = (struct saving){ h, h->dirty_since };
	set_saving(t, h, true);
	return NOS_OK;
}

static enum nos_code save_one(
    struct nos_track_table *t, struct nos_store *store, struct nos_buf *text, struct nos_err *err)
{
	struct held *h = t->dirty;

	nos_buf_truncate(text, 0);
	nos_track_encode(text, &h->track);
	if (!h->track.gone && (nos_buf_check(text, "what is kept of a source", err) ||
				  nos_store_put(store, NOS_TRACK_NS, nos_str_of(h->id),
				      nos_buf_str(text), NOS_STORE_ANY, NULL, err)))
		return err->code;
	if (note_saving(t, h, err))
		return err->code;
	t->dirty = h->dirty_next;
	if (!t->dirty)
		t->dirty_tail = &t->dirty;
	set_dirty(t, h, false);
	return NOS_OK;
}

enum nos_code nos_track_save(
    struct nos_track_table *t, struct nos_store *store, size_t limit, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	settle(t);
	for (size_t i = 0; i < limit && t->dirty; i++)
		if (save_one(t, store, &text, err))
			return err->code;
	return NOS_OK;
}

void nos_track_unsave(struct nos_track_table *t)
{
	struct held **p = &t->dirty;

	/* Those that have changed since leave the list, for all go to its front as they stood. */
	while (*p)
		if ((*p)->saving)
			*p = (*p)->dirty_next;
		else
			p = &(*p)->dirty_next;
	t->dirty_tail = p;
	while (t->saving_count) {
		const struct saving *s = &t->saving[--t->saving_count];
		struct held *h = s->held;

		set_dirty(t, h, true);
		set_saving(t, h, false);
		h->dirty_since = s->since;
		h->dirty_next = t->dirty;
		if (!t->dirty)
			t->dirty_tail = &h->dirty_next;
		t->dirty = h;
	}
}

bool nos_track_crowded(const struct nos_track_table *t)
{
	return t->count > t->limit;
}

bool nos_track_is_dirty(const struct nos_track_table *t)
{
	return t->dirty != NULL;
}

uint64_t nos_track_saved_up_to(const struct nos_track_table *t, uint64_t last)
{
	return t->dirty ? t->dirty->dirty_since - 1 : last;
}
