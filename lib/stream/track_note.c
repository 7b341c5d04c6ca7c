/* SPDX-License-Identifier: MIT */
#include "stream/track.h"

#include <stdlib.h>
#include <string.h>

#define SERIES_MAX UINT16_MAX

static enum nos_code out_of_memory(struct nos_err *err)
{
	return nos_err_set(err, NOS_INTERNAL, "out of memory");
}

void nos_track_drop_series(struct nos_track *t)
{
	for (size_t i = 0; i < t->count; i++)
		nos_label_drop(t->series[i].label);
	free(t->series);
	t->series = NULL;
	t->count = t->cap = 0;
}

void nos_track_release(struct nos_track *t)
{
	nos_track_drop_series(t);
	free(t->keys);
	free(t->path);
	t->keys = NULL;
	t->path = NULL;
	t->key_count = 0;
}

/* ---- series ---- */

/* By little: a node keeps one for each of millions, and few sources get further ones. */
static bool make_room(struct nos_track *t)
{
	size_t cap = (size_t)t->cap + t->cap / 16 + 1;
	void *grown;

	if (t->count < t->cap)
		return true;
	if (cap > SERIES_MAX)
		cap = SERIES_MAX;
	grown = reallocarray(t->series, cap, sizeof(*t->series));
	if (!grown)
		return false;
	t->series = grown;
	t->cap = (uint16_t)cap;
	return true;
}

static struct nos_track_series *add_series(
    struct nos_track *t, struct nos_str claimed, struct nos_str type, struct nos_err *err)
{
	const struct nos_label *label = make_room(t) ? nos_label_take(claimed, type) : NULL;

	if (!label) {
		out_of_memory(err);
		return NULL;
	}
	t->series[t->count] = (struct nos_track_series){ .label = label };
	return &t->series[t->count++];
}

struct nos_track_series *nos_track_series(struct nos_track *t, struct nos_str claimed,
    struct nos_str type, size_t limit, struct nos_err *err)
{
	if (!claimed.p)
		claimed = NOS_STR("");
	for (size_t i = 0; i < t->count; i++)
		if (nos_str_eq(type, nos_track_type(&t->series[i])) &&
		    nos_str_eq(claimed, nos_track_claimed(&t->series[i])))
			return &t->series[i];
	if (limit > SERIES_MAX)
		limit = SERIES_MAX;
	if (t->count >= limit) {
		nos_err_set(err, NOS_LARGE, "over %zu types of readings of one source", limit);
		return NULL;
	}
	return add_series(t, claimed, type, err);
}

/* ---- keys ---- */

static struct nos_track_key *find(const struct nos_track *t, const struct nos_name *name)
{
	for (size_t i = 0; i < t->key_count; i++)
		if (nos_name_eq(&t->keys[i].name, name))
			return &t->keys[i];
	return NULL;
}

const struct nos_track_key *nos_track_key(const struct nos_track *t, const struct nos_name *name)
{
	return find(t, name);
}

/* The oldest makes room: a source has a few keys at most at a time. */
static struct nos_track_key *add_key(struct nos_track *t)
{
	struct nos_track_key *grown;

	if (t->key_count == NOS_TRACK_KEYS_MAX) {
		memmove(t->keys, t->keys + 1, (NOS_TRACK_KEYS_MAX - 1) * sizeof(t->keys[0]));
		return &t->keys[NOS_TRACK_KEYS_MAX - 1];
	}
	grown = reallocarray(t->keys, (size_t)t->key_count + 1, sizeof(t->keys[0]));
	if (!grown)
		return NULL;
	t->keys = grown;
	return &t->keys[t->key_count++];
}

enum nos_code nos_track_use(struct nos_track *t, const char *kid, uint64_t position,
    struct nos_time now, struct nos_err *err)
{
	struct nos_track_key *k;
	struct nos_name name;

	if (!nos_name_parse(nos_str_of(kid), &name))
		return NOS_OK;
	k = find(t, &name);
	if (!k) {
		k = add_key(t);
		if (!k)
			return out_of_memory(err);
		*k = (struct nos_track_key){ .name = name, .first = position, .confirmed = now };
	}
	k->uses++;
	return NOS_OK;
}

enum nos_code nos_track_join(
    struct nos_track *t, const struct nos_track_key *k, struct nos_err *err)
{
	struct nos_track_key *own = find(t, &k->name);

	if (!own && t->key_count == NOS_TRACK_KEYS_MAX)
		return NOS_OK;
	if (!own) {
		own = add_key(t);
		if (!own)
			return out_of_memory(err);
		*own = *k;
		return NOS_OK;
	}
	own->uses += k->uses;
	if (k->confirmed.ms < own->confirmed.ms)
		own->confirmed = k->confirmed;
	return NOS_OK;
}

/* ---- path ---- */

enum nos_code nos_track_came(struct nos_track *t, const struct nos_path *path, struct nos_err *err)
{
	if (!path->count) {
		free(t->path);
		t->path = NULL;
		return NOS_OK;
	}
	if (!t->path)
		t->path = malloc(sizeof(*t->path));
	if (!t->path)
		return out_of_memory(err);
	*t->path = *path;
	return NOS_OK;
}
