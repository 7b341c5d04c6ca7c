/* SPDX-License-Identifier: MIT */
#include "registry/track.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "json/decode.h"
#include "json/encode.h"
#include "score/history.h"

#define VERSION 1

struct nos_track_table {
	struct nos_track **buckets;
	size_t bucket_count; /* a power of two */
	size_t count, limit;
	struct nos_track *newest, *oldest;     /* by use */
	struct nos_track *dirty, **dirty_tail; /* first changed first */
	struct nos_track *saving;	       /* last saved first */
};

enum nos_code nos_track_table_new(size_t limit, struct nos_track_table **ret, struct nos_err *err)
{
	struct nos_track_table *t = calloc(1, sizeof(*t));
	size_t buckets = 64;

	while (buckets < limit && buckets < (1u << 22))
		buckets *= 2;
	if (t)
		t->buckets = calloc(buckets, sizeof(struct nos_track *));
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

void nos_track_release(struct nos_track *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->series[i].text);
	free(t->series);
	t->series = NULL;
	t->count = t->cap = 0;
}

void nos_track_table_free(struct nos_track_table *t)
{
	struct nos_track *track, *older;

	if (!t)
		return;
	for (track = t->newest; track; track = older) {
		older = track->older;
		nos_track_release(track);
		free(track);
	}
	free(t->buckets);
	free(t);
}

static struct nos_track **slot(struct nos_track_table *t, const char *id)
{
	struct nos_track **p = &t->buckets[nos_str_hash(nos_str_of(id)) & (t->bucket_count - 1)];

	while (*p && strcmp((*p)->id, id) != 0)
		p = &(*p)->chain;
	return p;
}

static void unlink_use(struct nos_track_table *t, struct nos_track *track)
{
	*(track->newer ? &track->newer->older : &t->newest) = track->older;
	*(track->older ? &track->older->newer : &t->oldest) = track->newer;
}

static void link_newest(struct nos_track_table *t, struct nos_track *track)
{
	track->newer = NULL;
	track->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = track;
	t->newest = track;
}

/* Those that are saved leave when there are too many, the least used first; never the newest,
 * which was just asked for. */
static void evict(struct nos_track_table *t)
{
	struct nos_track *track = t->oldest;

	while (t->count > t->limit && track) {
		struct nos_track *newer = track->newer;

		if (!track->dirty && !track->saving && track != t->newest) {
			*slot(t, track->id) = track->chain;
			unlink_use(t, track);
			nos_track_release(track);
			free(track);
			t->count--;
		}
		track = newer;
	}
}

static struct nos_track *add(struct nos_track_table *t, const char *id)
{
	struct nos_track **at = slot(t, id), *track = calloc(1, sizeof(*track));

	if (!track)
		return NULL;
	snprintf(track->id, sizeof(track->id), "%s", id);
	*at = track;
	link_newest(t, track);
	t->count++;
	return track;
}

const struct nos_track *nos_track_find(const struct nos_track_table *t, const char *id)
{
	const struct nos_track *track =
	    t->buckets[nos_str_hash(nos_str_of(id)) & (t->bucket_count - 1)];

	while (track && strcmp(track->id, id) != 0)
		track = track->chain;
	return track;
}

void nos_track_forget(struct nos_track_table *t, const char *id)
{
	struct nos_track *track = *slot(t, id);

	if (track)
		track->gone = true;
}

enum nos_code nos_track_get(struct nos_track_table *t, struct nos_store *store, const char *id,
    struct nos_track **ret, struct nos_err *err)
{
	struct nos_track *track = *slot(t, id), read = { 0 };
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	if (track) {
		unlink_use(t, track);
		link_newest(t, track);
		*ret = track;
		return NOS_OK;
	}
	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_TRACK_NS, nos_str_of(id), &text, &rev, err)) {
		if (err->code != NOS_ABSENT)
			return err->code;
		nos_err_clear(err);
	} else if (nos_track_decode(nos_buf_str(&text), &read, err)) {
		nos_err_within(err, "store: what is kept of '%s'", id);
		return nos_store_damaged(err);
	}
	track = add(t, id);
	if (!track) {
		nos_track_release(&read);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	if (text.len) {
		track->window = read.window;
		track->position = read.position;
		track->readings = read.readings;
		track->last_seen = read.last_seen;
		memcpy(track->keys, read.keys, sizeof(read.keys));
		track->key_count = read.key_count;
		track->path = read.path;
		track->series = read.series;
		track->count = read.count;
		track->cap = read.cap;
	}
	evict(t);
	*ret = track;
	return NOS_OK;
}

static struct nos_track_series *add_series(
    struct nos_track *t, struct nos_str claimed, struct nos_str type, struct nos_err *err)
{
	char *text = malloc(claimed.len + type.len + 1);
	size_t cap = t->cap ? t->cap * 2 : 4;

	if (text && t->count == t->cap) {
		void *grown = reallocarray(t->series, cap, sizeof(*t->series));

		if (!grown) {
			free(text);
			text = NULL;
		} else {
			t->series = grown;
			t->cap = cap;
		}
	}
	if (!text) {
		nos_err_set(err, NOS_INTERNAL, "out of memory");
		return NULL;
	}
	memcpy(text, claimed.p, claimed.len);
	memcpy(text + claimed.len, type.p, type.len);
	t->series[t->count] = (struct nos_track_series){
		.text = text,
		.claimed = { text, claimed.len },
		.type = { text + claimed.len, type.len },
	};
	return &t->series[t->count++];
}

struct nos_track_series *nos_track_series(struct nos_track *t, struct nos_str claimed,
    struct nos_str type, size_t limit, struct nos_err *err)
{
	if (!claimed.p)
		claimed = NOS_STR("");
	for (size_t i = 0; i < t->count; i++)
		if (nos_str_eq(type, t->series[i].type) &&
		    nos_str_eq(claimed, t->series[i].claimed))
			return &t->series[i];
	if (t->count >= limit) {
		nos_err_set(err, NOS_LARGE, "over %zu types of readings of one source", limit);
		return NULL;
	}
	return add_series(t, claimed, type, err);
}

void nos_track_touch(struct nos_track_table *t, struct nos_track *track, uint64_t position)
{
	track->position = position;
	if (track->dirty)
		return;
	track->dirty = true;
	track->dirty_since = position;
	track->dirty_next = NULL;
	*t->dirty_tail = track;
	t->dirty_tail = &track->dirty_next;
}

void nos_track_use(struct nos_track *t, const char *kid, uint64_t position, struct nos_time now)
{
	size_t i = 0;

	while (i < t->key_count && strcmp(t->keys[i].kid, kid) != 0)
		i++;
	if (i == t->key_count) {
		/* The oldest makes room: a source has a few keys at most at a time. */
		if (i == NOS_TRACK_KEYS_MAX)
			memmove(t->keys, t->keys + 1, (--i) * sizeof(t->keys[0]));
		else
			t->key_count++;
		t->keys[i] = (struct nos_track_key){ .first = position, .confirmed = now };
		snprintf(t->keys[i].kid, sizeof(t->keys[i].kid), "%s", kid);
	}
	t->keys[i].uses++;
}

/* The group before is done with: what was saved in it may leave. */
static void settle(struct nos_track_table *t)
{
	for (; t->saving; t->saving = t->saving->saving_next)
		t->saving->saving = false;
}

enum nos_code nos_track_save(
    struct nos_track_table *t, struct nos_store *store, size_t limit, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	settle(t);
	for (size_t i = 0; i < limit && t->dirty; i++) {
		struct nos_track *track = t->dirty;
		uint64_t rev;

		nos_buf_truncate(&text, 0);
		nos_track_encode(&text, track);
		if (!track->gone && (nos_buf_check(&text, "what is kept of a source", err) ||
					nos_store_put(store, NOS_TRACK_NS, nos_str_of(track->id),
					    nos_buf_str(&text), NOS_STORE_ANY, &rev, err)))
			return err->code;
		t->dirty = track->dirty_next;
		if (!t->dirty)
			t->dirty_tail = &t->dirty;
		track->dirty = false;
		track->saving = true;
		track->saving_since = track->dirty_since;
		track->saving_next = t->saving;
		t->saving = track;
	}
	return NOS_OK;
}

void nos_track_unsave(struct nos_track_table *t)
{
	struct nos_track **p = &t->dirty;

	/* Those that have changed since leave the list, for all go to its front as they stood. */
	while (*p)
		if ((*p)->saving)
			*p = (*p)->dirty_next;
		else
			p = &(*p)->dirty_next;
	t->dirty_tail = p;
	while (t->saving) {
		struct nos_track *track = t->saving;

		t->saving = track->saving_next;
		track->saving = false;
		track->dirty = true;
		track->dirty_since = track->saving_since;
		track->dirty_next = t->dirty;
		if (!t->dirty)
			t->dirty_tail = &track->dirty_next;
		t->dirty = track;
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

/* In a stream; absent: not known. */
static enum nos_code position(
    const struct nos_decode *d, const char *name, uint64_t *ret, struct nos_err *err)
{
	return nos_decode_has(d, name) ? nos_decode_uint(d, name, 0, NOS_NUM_SAFE, ret, err)
				       : NOS_OK;
}

static enum nos_code decode_keys(
    const struct nos_decode *d, struct nos_track *ret, struct nos_err *err)
{
	const struct nos_scan_value *list, *v;
	uint32_t at = 0;

	if (nos_decode_array(d, "keys", &list, err))
		return err->code;
	while (ret->key_count < NOS_TRACK_KEYS_MAX && nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_decode one = { d->scan, v };
		struct nos_track_key *k = &ret->keys[ret->key_count];

		if (nos_decode_copy(&one, "key", false, k->kid, sizeof(k->kid), err) ||
		    nos_decode_uint(&one, "uses", 0, NOS_NUM_SAFE, &k->uses, err) ||
		    position(&one, "first", &k->first, err) ||
		    nos_decode_time(&one, "confirmed", &k->confirmed, err))
			return err->code;
		ret->key_count++;
	}
	return NOS_OK;
}

static enum nos_code decode_series(
    const struct nos_decode *d, struct nos_track *ret, struct nos_err *err)
{
	const struct nos_scan_value *list, *v, *state;
	uint32_t at = 0;

	if (nos_decode_array(d, "series", &list, err))
		return err->code;
	while (nos_scan_element(d->scan, list, &at, &v)) {
		struct nos_decode one = { d->scan, v };
		struct nos_str type, claimed = NOS_STR("");
		NOS_AUTO(buf) space = { 0 };
		struct nos_track_series *s;

		/* Two texts stand in it: it must not move between them. */
		nos_buf_init(&space, 1024);
		if (!nos_buf_reserve(&space, 1024) || !nos_decode_has(&one, "type") ||
		    !nos_scan_text(nos_scan_get(d->scan, v, "type"), &space, &type) ||
		    (nos_decode_has(&one, "claimed") &&
			!nos_scan_text(nos_scan_get(d->scan, v, "claimed"), &space, &claimed)))
			return nos_err_set(err, NOS_DATA, "a series without a type");
		s = add_series(ret, claimed, type, err);
		if (!s || nos_decode_uint(&one, "n", 0, NOS_NUM_SAFE, &s->n, err) ||
		    position(&one, "last", &s->links.before, err) ||
		    position(&one, "far", &s->links.far, err) ||
		    nos_decode_array(&one, "state", &state, err) ||
		    nos_history_decode(d->scan, state, &s->state, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code nos_track_decode(struct nos_str text, struct nos_track *ret, struct nos_err *err)
{
	struct nos_scan scan = { .depth = 8 };
	struct nos_decode d;

	*ret = (struct nos_track){ 0 };
	if (!nos_decode_object(&scan, text, "track", &d, err) &&
	    !nos_decode_version(&d, VERSION, "store", err) &&
	    !nos_decode_uint(&d, "position", 0, NOS_NUM_SAFE, &ret->position, err) &&
	    !nos_decode_uint(&d, "readings", 0, NOS_NUM_SAFE, &ret->readings, err) &&
	    !nos_decode_time(&d, "last_seen", &ret->last_seen, err) &&
	    !nos_window_decode(&d, &ret->window, err) && !decode_keys(&d, ret, err) &&
	    !nos_path_decode(&d, "via", &ret->path, err))
		(void)!decode_series(&d, ret, err);
	nos_scan_release(&scan);
	if (err->code)
		nos_track_release(ret);
	return err->code;
}

void nos_track_encode(struct nos_buf *b, const struct nos_track *t)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "v", VERSION);
	nos_encode_member_uint(b, "position", t->position);
	nos_encode_member_uint(b, "readings", t->readings);
	nos_encode_member_time(b, "last_seen", t->last_seen);
	nos_window_encode(b, &t->window);
	nos_encode_member(b, "keys");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < t->key_count; i++) {
		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		nos_encode_member_text(b, "key", nos_str_of(t->keys[i].kid));
		nos_encode_member_uint(b, "uses", t->keys[i].uses);
		if (t->keys[i].first)
			nos_encode_member_uint(b, "first", t->keys[i].first);
		nos_encode_member_time(b, "confirmed", t->keys[i].confirmed);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_char(b, ']');
	if (t->path.count) {
		nos_encode_member(b, "via");
		nos_buf_add_char(b, '[');
		nos_path_encode(b, &t->path);
		nos_buf_add_char(b, ']');
	}
	nos_encode_member(b, "series");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < t->count; i++) {
		const struct nos_track_series *s = &t->series[i];

		nos_encode_comma(b);
		nos_buf_add_char(b, '{');
		if (s->claimed.len)
			nos_encode_member_text(b, "claimed", s->claimed);
		nos_encode_member_text(b, "type", s->type);
		nos_encode_member_uint(b, "n", s->n);
		if (s->links.before)
			nos_encode_member_uint(b, "last", s->links.before);
		if (s->links.far)
			nos_encode_member_uint(b, "far", s->links.far);
		nos_encode_member(b, "state");
		nos_history_encode(b, &s->state);
		nos_buf_add_char(b, '}');
	}
	nos_buf_add_text(b, "]}");
}
