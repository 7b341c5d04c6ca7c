/* SPDX-License-Identifier: MIT */
/*
 * A store in memory that keeps no more than a replicated engine does: each put is one by itself, a
 * group is neither atomic nor undone, another's change is noticed late, and who appends to a stream
 * as the only one is told where it was not. All that open it see the same store. In one thread: who
 * wants others to act between two operations puts functions of its own before these, as the model
 * does (tests/model/shared.h).
 */
#ifndef NOS_TEST_CLUSTER_H
#define NOS_TEST_CLUSTER_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/engine.h"

/* Who needs more says so before. */
#ifndef CLUSTER_MAX
#define CLUSTER_MAX 256 /* values */
#endif
#ifndef CLUSTER_ENTRIES
#define CLUSTER_ENTRIES 256
#endif
#define CLUSTER_LATE	2 /* times that a change is not yet noticed */
#define CLUSTER_STREAMS 32

struct cluster_value {
	char ns[32], key[NOS_STORE_KEY_MAX + 1];
	char *value;
	size_t len;
	uint64_t rev;
};

struct cluster_entry {
	size_t stream;
	uint64_t position;
	int64_t ms;
	char *bytes;
	size_t len;
};

static struct {
	struct cluster_value values[CLUSTER_MAX];
	struct cluster_entry entries[CLUSTER_ENTRIES];
	size_t values_count, entries_count;
	struct {
		char name[32];
		uint64_t last, by; /* and the view that has appended it */
	} streams[CLUSTER_STREAMS];
	uint64_t rev;
	uint64_t changes; /* of values and streams */
	uint64_t views;	  /* that were ever opened */
	int opened;
} cluster;

static size_t cluster_stream(const char *stream)
{
	size_t i = 0;

	while (*cluster.streams[i].name && strcmp(cluster.streams[i].name, stream) != 0)
		assert(++i < CLUSTER_STREAMS);
	snprintf(cluster.streams[i].name, sizeof(cluster.streams[i].name), "%s", stream);
	return i;
}

/* The last position that was given in a stream. */
static uint64_t *cluster_last(const char *stream)
{
	return &cluster.streams[cluster_stream(stream)].last;
}

/* The end of a stream as a view knows it (store/nats_tail.h). */
struct cluster_tail {
	bool known;  /* last is the end, or another has appended */
	bool joined; /* it was, once: by the first append, or a claim */
	bool shut;   /* another has appended, and it was told */
	uint64_t last;
};

/* One that has opened it. */
struct cluster_view {
	uint64_t number;
	uint64_t seen; /* changes, its own among them */
	int late;
	struct cluster_tail tails[CLUSTER_STREAMS]; /* of streams that it appends to alone */
};

/* *view is all-zero. */
static void cluster_view_init(struct cluster_view *view)
{
	view->number = ++cluster.views;
	view->seen = cluster.changes;
}

static void cluster_empty(void)
{
	for (size_t i = 0; i < cluster.values_count; i++)
		free(cluster.values[i].value);
	for (size_t i = 0; i < cluster.entries_count; i++)
		free(cluster.entries[i].bytes);
	cluster.values_count = cluster.entries_count = 0;
	memset(cluster.streams, 0, sizeof(cluster.streams));
	cluster.rev = 0;
}

static enum nos_code cluster_open(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	(void)where, (void)create, (void)err;
	*ret = calloc(1, sizeof(struct cluster_view));
	cluster_view_init(*ret);
	cluster.opened++;
	return NOS_OK;
}

static void cluster_close(void *e)
{
	free(e);
	if (--cluster.opened == 0)
		cluster_empty();
}

static enum nos_code cluster_group(void *e, struct nos_err *err)
{
	(void)e, (void)err;
	return NOS_OK;
}

/* What was put stays. */
static void cluster_rollback(void *e)
{
	struct cluster_view *view = e;

	for (size_t i = 0; i < CLUSTER_STREAMS; i++)
		view->tails[i].known = false;
}

static enum nos_code cluster_changed(void *e, bool *ret, struct nos_err *err)
{
	struct cluster_view *view = e;

	(void)err;
	*ret = view->seen != cluster.changes && view->late++ >= CLUSTER_LATE;
	if (*ret) {
		view->seen = cluster.changes;
		view->late = 0;
	}
	return NOS_OK;
}

/* Its own changes are no news, where it has seen all before. */
static void cluster_note(struct cluster_view *view)
{
	view->seen += view->seen == cluster.changes;
	cluster.changes++;
}

static struct cluster_value *cluster_find(const char *ns, struct nos_str key)
{
	for (size_t i = 0; i < cluster.values_count; i++)
		if (strcmp(cluster.values[i].ns, ns) == 0 && nos_str_is(key, cluster.values[i].key))
			return &cluster.values[i];
	return NULL;
}

static enum nos_code cluster_get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	const struct cluster_value *v = cluster_find(ns, key);

	(void)e;
	if (!v)
		return nos_err_set(err, NOS_ABSENT, "no '%.*s' in %s", NOS_STR_ARG(key), ns);
	*ret_rev = v->rev;
	if (ret)
		nos_buf_add(ret, v->value, v->len);
	return NOS_OK;
}

static struct cluster_value *cluster_add(const char *ns, struct nos_str key)
{
	struct cluster_value *v = &cluster.values[cluster.values_count++];
	bool fits = nos_str_copy(key, v->key, sizeof(v->key));

	assert(cluster.values_count <= CLUSTER_MAX && fits);
	(void)fits;
	snprintf(v->ns, sizeof(v->ns), "%s", ns);
	v->value = NULL;
	return v;
}

static void cluster_set(struct cluster_value *v, struct nos_str value)
{
	free(v->value);
	v->value = malloc(value.len + 1);
	memcpy(v->value, value.p, value.len);
	v->len = value.len;
	v->rev = cluster.rev;
}

static enum nos_code cluster_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	struct cluster_value *v = cluster_find(ns, key);

	if (expect_rev != NOS_STORE_ANY && expect_rev != (v ? v->rev : NOS_STORE_NEW))
		return nos_err_set(
		    err, NOS_EXISTS, "'%.*s' was changed by another", NOS_STR_ARG(key));
	cluster.rev++;
	if (value) {
		cluster_set(v ? v : cluster_add(ns, key), *value);
	} else if (v) {
		free(v->value);
		*v = cluster.values[--cluster.values_count];
	}
	if (ret_rev)
		*ret_rev = cluster.rev;
	cluster_note(e);
	return NOS_OK;
}

static int cluster_order(const void *x, const void *y)
{
	return strcmp(
	    (*(struct cluster_value *const *)x)->key, (*(struct cluster_value *const *)y)->key);
}

static enum nos_code cluster_scan(void *e, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	struct cluster_value *found[CLUSTER_MAX];
	size_t n = 0;

	(void)e;
	for (size_t i = 0; i < cluster.values_count; i++) {
		struct cluster_value *v = &cluster.values[i];

		if (strcmp(v->ns, ns) == 0 &&
		    (!prefix.len ||
			(strncmp(v->key, prefix.p, prefix.len) == 0 && v->key[prefix.len] == '/')))
			found[n++] = v;
	}
	qsort(found, n, sizeof(found[0]), cluster_order);
	for (size_t i = 0; i < n; i++)
		if (each(state, nos_str_of(found[i]->key),
			(struct nos_str){ found[i]->value, found[i]->len }, found[i]->rev, err))
			return err->code;
	return NOS_OK;
}

static void cluster_add_entry(
    struct cluster_view *view, size_t stream, struct nos_time now, struct nos_span entry)
{
	struct cluster_entry *new = &cluster.entries[cluster.entries_count++];

	assert(cluster.entries_count <= CLUSTER_ENTRIES);
	new->stream = stream;
	new->position = ++cluster.streams[stream].last;
	new->ms = now.ms;
	new->bytes = malloc(entry.len + 1);
	memcpy(new->bytes, entry.p, entry.len);
	new->len = entry.len;
	cluster.streams[stream].by = view->number;
	cluster_note(view);
}

/* False: another has appended to it, and it is shut until it is claimed. */
static bool cluster_is_alone(struct cluster_view *view, size_t stream)
{
	const uint64_t last = cluster.streams[stream].last;
	struct cluster_tail *t = &view->tails[stream];

	if (!t->known && (!t->joined || cluster.streams[stream].by == view->number))
		t->last = last;
	t->shut |= t->last != last;
	t->known = t->joined = true;
	return !t->shut;
}

static enum nos_code cluster_append(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	const size_t i = cluster_stream(stream);
	struct cluster_view *view = e;

	if (ret_position && !cluster_is_alone(view, i))
		return nos_err_set(err, NOS_EXISTS, "another writes '%s'", stream);
	view->tails[i].known = ret_position != NULL;
	cluster_add_entry(view, i, now, entry);
	if (ret_position)
		*ret_position = view->tails[i].last = *cluster_last(stream);
	return NOS_OK;
}

static enum nos_code cluster_append_behind(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	struct cluster_view *view = e;

	view->tails[cluster_stream(stream)].known = false;
	if (*cluster_last(stream) != last)
		return nos_err_set(err, NOS_EXISTS, "another writes '%s'", stream);
	return cluster_append(e, stream, now, entry, NULL, err);
}

/* As of an engine that writes a group in one go and fails: the last entry was never there. */
static inline void cluster_take_back(void *e, const char *stream)
{
	struct cluster_view *view = e;

	free(cluster.entries[--cluster.entries_count].bytes);
	--*cluster_last(stream);
	--view->tails[cluster_stream(stream)].last;
}

static enum nos_code cluster_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	const size_t of = cluster_stream(stream);

	(void)e;
	for (size_t i = 0; limit && i < cluster.entries_count; i++) {
		const struct cluster_entry *x = &cluster.entries[i];

		if (x->stream != of || x->position <= after)
			continue;
		limit--;
		if (each(state, x->position, (struct nos_span){ (uint8_t *)x->bytes, x->len }, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code cluster_bounds(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	const size_t of = cluster_stream(stream);

	(void)e, (void)err;
	*ret_last = *cluster_last(stream);
	*ret_first = *ret_last + 1;
	for (size_t i = 0; i < cluster.entries_count; i++)
		if (cluster.entries[i].stream == of) {
			*ret_first = cluster.entries[i].position;
			break;
		}
	return NOS_OK;
}

static enum nos_code cluster_claim(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct cluster_view *view = e;
	const size_t i = cluster_stream(stream);

	view->tails[i] =
	    (struct cluster_tail){ .known = true, .joined = true, .last = *cluster_last(stream) };
	return cluster_bounds(e, stream, ret_first, ret_last, err);
}

static enum nos_code cluster_space(
    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	(void)e, (void)err;
	*ret_used = 1000000;
	*ret_free = UINT64_C(1) << 40;
	return NOS_OK;
}

static void cluster_drop(size_t i)
{
	free(cluster.entries[i].bytes);
	memmove(cluster.entries + i, cluster.entries + i + 1,
	    (--cluster.entries_count - i) * sizeof(cluster.entries[0]));
}

static enum nos_code cluster_trim(void *e, const char *stream, const struct nos_store_trim *what,
    size_t *ret_dropped, struct nos_err *err)
{
	const size_t of = cluster_stream(stream);
	size_t i = 0;

	(void)e, (void)err;
	*ret_dropped = 0;
	while (*ret_dropped < what->most && i < cluster.entries_count) {
		const struct cluster_entry *x = &cluster.entries[i];

		if (x->stream != of) {
			i++;
			continue;
		}
		if (x->ms >= what->before.ms || x->position > what->up_to)
			break;
		cluster_drop(i);
		++*ret_dropped;
	}
	return NOS_OK;
}

static enum nos_code cluster_erase(
    void *e, const char *stream, uint64_t position, struct nos_err *err)
{
	const size_t of = cluster_stream(stream);

	(void)e, (void)err;
	for (size_t i = 0; i < cluster.entries_count; i++) {
		const struct cluster_entry *x = &cluster.entries[i];

		if (x->position != position || x->stream != of)
			continue;
		cluster_drop(i);
		break;
	}
	return NOS_OK;
}

static const struct nos_store_engine cluster_engine = {
	.kind = "cluster",
	.open = cluster_open,
	.close = cluster_close,
	.begin = cluster_group,
	.commit = cluster_group,
	.rollback = cluster_rollback,
	.changed = cluster_changed,
	.get = cluster_get,
	.put = cluster_put,
	.scan = cluster_scan,
	.append = cluster_append,
	.append_behind = cluster_append_behind,
	.read = cluster_read,
	.bounds = cluster_bounds,
	.claim = cluster_claim,
	.trim = cluster_trim,
	.erase = cluster_erase,
	.purge = cluster_group,
	.space = cluster_space,
};

#endif
