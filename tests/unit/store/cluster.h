/* SPDX-License-Identifier: MIT */
/*
 * A store in memory that keeps no more than a replicated engine does: each put is one by itself, a
 * group is neither atomic nor undone, and another's change is noticed late. All that open it see
 * the same store.
 */
#ifndef NOS_TEST_CLUSTER_H
#define NOS_TEST_CLUSTER_H

#include "../test.h"
#include "store/engine.h"

#ifndef CLUSTER_MAX
#define CLUSTER_MAX 256
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
	char stream[32];
	uint64_t position;
	int64_t ms;
	char *bytes;
	size_t len;
};

static struct {
	struct cluster_value values[CLUSTER_MAX];
	struct cluster_entry entries[CLUSTER_MAX];
	size_t values_count, entries_count;
	struct {
		char name[32];
		uint64_t last;
	} streams[CLUSTER_STREAMS];
	uint64_t rev;
	int opened;
} cluster;

static size_t cluster_stream(const char *stream)
{
	size_t i = 0;

	while (*cluster.streams[i].name && strcmp(cluster.streams[i].name, stream) != 0)
		assert_true(++i < CLUSTER_STREAMS);
	snprintf(cluster.streams[i].name, sizeof(cluster.streams[i].name), "%s", stream);
	return i;
}

/* The last position that was given in a stream. */
static uint64_t *cluster_last(const char *stream)
{
	return &cluster.streams[cluster_stream(stream)].last;
}

/* One that has opened it. */
struct cluster_view {
	uint64_t seen; /* revision, its own changes counted */
	int late;
	struct {
		bool known;
		uint64_t last;
	} tails[CLUSTER_STREAMS]; /* of streams that it appends to alone */
};

static enum nos_code cluster_open(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	(void)where, (void)create, (void)err;
	*ret = calloc(1, sizeof(struct cluster_view));
	((struct cluster_view *)*ret)->seen = cluster.rev;
	cluster.opened++;
	return NOS_OK;
}

static void cluster_close(void *e)
{
	free(e);
	if (--cluster.opened)
		return;
	for (size_t i = 0; i < cluster.values_count; i++)
		free(cluster.values[i].value);
	for (size_t i = 0; i < cluster.entries_count; i++)
		free(cluster.entries[i].bytes);
	memset(&cluster, 0, sizeof(cluster));
}

static enum nos_code cluster_group(void *e, struct nos_err *err)
{
	(void)e, (void)err;
	return NOS_OK;
}

static void cluster_rollback(void *e)
{
	(void)e; /* what was put stays */
}

static enum nos_code cluster_changed(void *e, bool *ret, struct nos_err *err)
{
	struct cluster_view *view = e;

	(void)err;
	*ret = view->seen != cluster.rev && view->late++ >= CLUSTER_LATE;
	if (*ret) {
		view->seen = cluster.rev;
		view->late = 0;
	}
	return NOS_OK;
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
	if (!v || !v->value)
		return nos_err_set(err, NOS_ABSENT, "no '%.*s' in %s", NOS_STR_ARG(key), ns);
	*ret_rev = v->rev;
	if (ret)
		nos_buf_add(ret, v->value, v->len);
	return NOS_OK;
}

static enum nos_code cluster_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	struct cluster_view *view = e;
	struct cluster_value *v = cluster_find(ns, key);
	uint64_t have = v && v->value ? v->rev : NOS_STORE_NEW;
	bool up_to_date = view->seen == cluster.rev;

	if (expect_rev != NOS_STORE_ANY && expect_rev != have)
		return nos_err_set(
		    err, NOS_EXISTS, "'%.*s' was changed by another", NOS_STR_ARG(key));
	if (!v) {
		assert_true(cluster.values_count < CLUSTER_MAX);
		v = &cluster.values[cluster.values_count++];
		snprintf(v->ns, sizeof(v->ns), "%s", ns);
		assert_true(nos_str_copy(key, v->key, sizeof(v->key)));
	}
	free(v->value);
	v->value = value ? malloc(value->len + 1) : NULL;
	if (value) {
		memcpy(v->value, value->p, value->len);
		v->len = value->len;
	}
	v->rev = ++cluster.rev;
	if (ret_rev)
		*ret_rev = v->rev;
	if (up_to_date)
		view->seen = cluster.rev;
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

		if (v->value && strcmp(v->ns, ns) == 0 &&
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

static enum nos_code cluster_append(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	struct cluster_entry *new = &cluster.entries[cluster.entries_count];
	const size_t i = cluster_stream(stream);
	struct cluster_view *view = e;

	if (ret_position && view->tails[i].known && view->tails[i].last != *cluster_last(stream))
		return nos_err_set(err, NOS_EXISTS, "another writes '%s'", stream);
	assert_true(cluster.entries_count++ < CLUSTER_MAX);
	snprintf(new->stream, sizeof(new->stream), "%s", stream);
	new->position = ++*cluster_last(stream);
	if (ret_position)
		*ret_position = new->position;
	view->tails[i].known = ret_position != NULL;
	view->tails[i].last = new->position;
	new->ms = now.ms;
	new->bytes = malloc(entry.len + 1);
	memcpy(new->bytes, entry.p, entry.len);
	new->len = entry.len;
	return NOS_OK;
}

static enum nos_code cluster_append_behind(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	if (*cluster_last(stream) != last)
		return nos_err_set(err, NOS_EXISTS, "another writes '%s'", stream);
	return cluster_append(e, stream, now, entry, NULL, err);
}

static enum nos_code cluster_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	(void)e;
	for (size_t i = 0; limit && i < cluster.entries_count; i++) {
		const struct cluster_entry *x = &cluster.entries[i];

		if (strcmp(x->stream, stream) != 0 || x->position <= after)
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
	(void)e, (void)err;
	*ret_last = *cluster_last(stream);
	*ret_first = *ret_last + 1;
	for (size_t i = 0; i < cluster.entries_count; i++)
		if (strcmp(cluster.entries[i].stream, stream) == 0) {
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

	view->tails[i].known = true;
	view->tails[i].last = *cluster_last(stream);
	return cluster_bounds(e, stream, ret_first, ret_last, err);
}

static enum nos_code cluster_space(
    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	(void)e, (void)err;
	*ret_used = *ret_free = 1000000;
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
	size_t i = 0;

	(void)e, (void)err;
	*ret_dropped = 0;
	while (*ret_dropped < what->most && i < cluster.entries_count) {
		const struct cluster_entry *x = &cluster.entries[i];

		if (strcmp(x->stream, stream) != 0) {
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
	(void)e, (void)err;
	for (size_t i = 0; i < cluster.entries_count; i++) {
		const struct cluster_entry *x = &cluster.entries[i];

		if (x->position != position || strcmp(x->stream, stream) != 0)
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
