/* SPDX-License-Identifier: MIT */
#include "stream/track.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_MAX (1u << 17) /* tracks that are gathered at once, in some 10 ms */
#define ORDER_LEN 16	     /* bytes of an id by which most are put in order */

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

/* One of the round in hand: to be saved, or it was. */
struct turn {
	char order[ORDER_LEN]; /* what its id begins with */
	uint64_t since;	       /* dirty_since before it was saved */
	struct held *held;
};

struct nos_track_table {
	struct held **buckets;
	size_t bucket_count; /* a power of two */
	size_t count, limit;
	size_t stays;			  /* those that are dirty, or saving, or both */
	size_t sweep;			  /* bucket at which room is made next */
	struct held *dirty, **dirty_tail; /* first changed first; what the round has not */
	struct turn *round;		  /* a heap by ids, behind it those that are saved */
	size_t round_count;
	size_t round_at;      /* of them are saved, the last of all first, */
	size_t round_settled; /* of these so many with groups that are done with */
	uint64_t round_since; /* dirty_since of the first changed of them */
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
	free(t->round);
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

static size_t to_save(const struct nos_track_table *t)
{
	return t->round_count - t->round_at;
}

/* Of the round, by the order in which they were saved. */
static const struct turn *saved_turn(const struct nos_track_table *t, size_t i)
{
	return &t->round[t->round_count - 1 - i];
}

/* The group before is done with: what was saved in it may leave. */
static void settle(struct nos_track_table *t)
{
	while (t->round_settled < t->round_at)
		set_saving(t, saved_turn(t, t->round_settled++)->held, false);
	if (to_save(t))
		return;
	free(t->round);
	t->round = NULL;
	t->round_count = t->round_at = t->round_settled = 0;
}

static bool is_before(const struct turn *a, const struct turn *b)
{
	const int order = memcmp(a->order, b->order, ORDER_LEN);

	return order ? order < 0 : strcmp(a->held->id, b->held->id) < 0;
}

static void swap(struct turn *a, struct turn *b)
{
	const struct turn c = *a;

	*a = *b;
	*b = c;
}

static void sift_down(struct turn *heap, size_t count, size_t i)
{
	for (size_t child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &heap[i]))
			return;
		swap(&heap[i], &heap[child]);
	}
}

static void sift_up(struct turn *heap, size_t i)
{
	for (size_t parent; i && (parent = (i - 1) / 2, is_before(&heap[i], &heap[parent]));
	     i = parent)
		swap(&heap[i], &heap[parent]);
}

/*
 * Those that changed first go in the order of their ids: so they lie in an embedded store, and a
 * page, and the way to it, is read and written once for all of them that are on it. A heap, since
 * to put so many in order at once would hold up a group.
 */
static enum nos_code begin_round(struct nos_track_table *t, struct nos_err *err)
{
	size_t count = 0;

	for (const struct held *h = t->dirty; h && count < ROUND_MAX; h = h->dirty_next)
		count++;
	t->round = calloc(count, sizeof(*t->round));
	if (!t->round)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	t->round_since = t->dirty->dirty_since;
	while (t->round_count < count) {
		struct turn *turn = &t->round[t->round_count++];
		const size_t len = strlen(t->dirty->id);

		memcpy(turn->order, t->dirty->id, len < ORDER_LEN ? len : ORDER_LEN);
		turn->since = t->dirty->dirty_since;
		turn->held = t->dirty;
		t->dirty = t->dirty->dirty_next;
	}
	if (!t->dirty)
		t->dirty_tail = &t->dirty;
	for (size_t i = count / 2; i-- > 0;)
		sift_down(t->round, count, i);
	return NOS_OK;
}

static enum nos_code save_one(
    struct nos_track_table *t, struct nos_store *store, struct nos_buf *text, struct nos_err *err)
{
	struct held *h = t->round[0].held;

	nos_buf_truncate(text, 0);
	nos_track_encode(text, &h->track);
	if (!h->track.gone && (nos_buf_check(text, "what is kept of a source", err) ||
				  nos_store_put(store, NOS_TRACK_NS, nos_str_of(h->id),
				      nos_buf_str(text), NOS_STORE_ANY, NULL, err)))
		return err->code;
	swap(&t->round[0], &t->round[to_save(t) - 1]);
	t->round_at++;
	sift_down(t->round, to_save(t), 0);
	set_saving(t, h, true);
	set_dirty(t, h, false);
	return NOS_OK;
}

enum nos_code nos_track_save(
    struct nos_track_table *t, struct nos_store *store, size_t limit, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	settle(t);
	if (limit && !t->round && t->dirty && begin_round(t, err))
		return err->code;
	for (size_t i = 0; i < limit && to_save(t); i++)
		if (save_one(t, store, &text, err))
			return err->code;
	return NOS_OK;
}

void nos_track_unsave(struct nos_track_table *t)
{
	struct held **p = &t->dirty;

	/* Those that have changed since leave the list: they stand in the round as they stood. */
	while (*p)
		if ((*p)->saving)
			*p = (*p)->dirty_next;
		else
			p = &(*p)->dirty_next;
	t->dirty_tail = p;
	while (t->round_at > t->round_settled) {
		const struct turn *turn = saved_turn(t, --t->round_at);

		set_dirty(t, turn->held, true);
		set_saving(t, turn->held, false);
		turn->held->dirty_since = turn->since;
		sift_up(t->round, to_save(t) - 1);
	}
}

bool nos_track_crowded(const struct nos_track_table *t)
{
	return t->count > t->limit;
}

bool nos_track_is_dirty(const struct nos_track_table *t)
{
	return t->dirty || to_save(t);
}

uint64_t nos_track_saved_up_to(const struct nos_track_table *t, uint64_t last)
{
	if (to_save(t))
		return t->round_since - 1;
	return t->dirty ? t->dirty->dirty_since - 1 : last;
}
