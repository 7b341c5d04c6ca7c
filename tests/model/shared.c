/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fiber.h"
#include "memory.h"
#include "world.h"

#define STREAMS_MAX 4

/* The end of a stream as one who has the store open knows it. */
struct tail {
	bool known, joined, shut;
	uint64_t last;
};

struct view {
	uint64_t number;
	uint64_t seen; /* changes, its own among them */
	bool group;
	enum nos_code fault; /* for the commit to tell */
	struct tail tails[STREAMS_MAX];
};

static struct {
	bool blind;
	uint64_t views, changes;
	unsigned reading; /* within a scan none takes its turn: what is shown stands there */
	struct {
		char name[16];
		uint64_t last, by; /* the view that has appended it */
	} streams[STREAMS_MAX];
} shared;

void shared_begin(bool blind)
{
	memset(&shared, 0, sizeof(shared));
	shared.blind = blind;
}

static void turn(void)
{
	if (!shared.reading)
		fiber_yield();
}

static void note_change(struct view *v)
{
	v->seen += v->seen == shared.changes;
	shared.changes++;
}

static enum nos_code shared_open(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	struct view *v = calloc(1, sizeof(*v));
	void *e;

	v->number = ++shared.views;
	v->seen = shared.changes;
	*ret = v;
	return memory_engine.open(where, create, &e, err);
}

static void shared_close(void *e)
{
	free(e);
}

/* ---- groups ---- */

static enum nos_code shared_begin_group(void *e, struct nos_err *err)
{
	struct view *v = e;

	(void)err;
	assert(!v->group);
	v->group = true;
	return NOS_OK;
}

static void forget(struct view *v)
{
	v->fault = NOS_OK;
	for (size_t i = 0; i < STREAMS_MAX; i++)
		v->tails[i].known = false;
	v->group = false;
}

static enum nos_code tell(struct view *v, struct nos_err *err)
{
	const enum nos_code code = v->fault;

	v->fault = NOS_OK;
	return code ? nos_err_set(err, code, "another writes the stream") : NOS_OK;
}

static enum nos_code shared_settle(void *e, struct nos_err *err)
{
	turn();
	return tell(e, err);
}

static enum nos_code shared_commit(void *e, struct nos_err *err)
{
	struct view *v = e;

	if (shared_settle(e, err))
		forget(v);
	v->group = false;
	return err->code;
}

static void shared_rollback(void *e)
{
	forget(e); /* what was put stays */
}

static enum nos_code shared_changed(void *e, bool *ret, struct nos_err *err)
{
	struct view *v = e;

	(void)err;
	turn();
	*ret = v->seen != shared.changes && (!fiber_number() || world_chance(0.5));
	if (*ret)
		v->seen = shared.changes;
	return NOS_OK;
}

/* ---- the state ---- */

static enum nos_code shared_get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	turn();
	return memory_engine.get(e, ns, key, ret, ret_rev, err);
}

static enum nos_code shared_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	/* Where it matters that no other was quicker, one often is. */
	if (!shared.reading && expect_rev != NOS_STORE_ANY && world_chance(0.2))
		fiber_let_others();
	else
		turn();
	if (shared.blind)
		expect_rev = NOS_STORE_ANY;
	if (memory_engine.put(e, ns, key, value, expect_rev, ret_rev, err)) {
		world.tally.puts += err->code == NOS_EXISTS;
		return err->code;
	}
	world.tally.changes += strcmp(ns, NOS_RECORD_NS) == 0 && nos_str_is(key, SOURCE);
	note_change(e);
	return NOS_OK;
}

static enum nos_code shared_scan(void *e, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	turn();
	shared.reading++;
	(void)!memory_engine.scan(e, ns, prefix, each, state, err);
	shared.reading--;
	return err->code;
}

/* ---- streams ---- */

static size_t stream_of(const char *stream)
{
	size_t i = 0;

	while (*shared.streams[i].name && strcmp(shared.streams[i].name, stream) != 0)
		assert(++i < STREAMS_MAX);
	snprintf(shared.streams[i].name, sizeof(shared.streams[i].name), "%s", stream);
	return i;
}

static enum nos_code stands(struct view *v, size_t i, const char *stream, struct nos_time now,
    struct nos_span entry, struct nos_err *err)
{
	if (memory_engine.append(v, stream, now, entry, &shared.streams[i].last, err))
		return err->code;
	shared.streams[i].by = v->number;
	note_change(v);
	return NOS_OK;
}

static enum nos_code shut(struct tail *t, struct nos_err *err)
{
	t->shut = true;
	world.tally.appends++;
	return nos_err_set(err, NOS_EXISTS, "another writes the stream");
}

/* As nats_tail.h: known from the first append on, or claimed. */
static enum nos_code join(struct view *v, size_t i, struct nos_err *err)
{
	struct tail *t = &v->tails[i];

	if (t->shut || (!t->known && t->joined && shared.streams[i].last != t->last &&
			   shared.streams[i].by != v->number))
		return shut(t, err);
	if (!t->known)
		t->last = shared.streams[i].last;
	t->known = t->joined = true;
	return NOS_OK;
}

static enum nos_code append_alone(struct view *v, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	const size_t i = stream_of(stream);
	struct tail *t = &v->tails[i];

	if (join(v, i, err))
		return err->code;
	if (shared.streams[i].last == t->last) {
		*ret_position = ++t->last;
		return stands(v, i, stream, now, entry, err);
	}
	(void)shut(t, err);
	if (!v->group || world_chance(0.3))
		return err->code;
	/* It comes out later. */
	nos_err_clear(err);
	v->fault = NOS_EXISTS;
	*ret_position = t->last + 1;
	return NOS_OK;
}

static enum nos_code shared_append(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	struct view *v = e;

	turn();
	if (ret_position)
		return append_alone(v, stream, now, entry, ret_position, err);
	v->tails[stream_of(stream)].known = false;
	return stands(v, stream_of(stream), stream, now, entry, err);
}

static enum nos_code shared_append_behind(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	const size_t i = stream_of(stream);
	struct view *v = e;

	if (world_chance(0.1))
		fiber_let_others();
	else
		turn();
	v->tails[i].known = false;
	if (shared.streams[i].last == last)
		return stands(v, i, stream, now, entry, err);
	world.tally.appends++;
	return nos_err_set(err, NOS_EXISTS, "another writes the stream");
}

static enum nos_code shared_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	turn();
	shared.reading++;
	(void)!memory_engine.read(e, stream, after, limit, each, state, err);
	shared.reading--;
	return err->code;
}

static enum nos_code shared_bounds(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	turn();
	return memory_engine.bounds(e, stream, ret_first, ret_last, err);
}

static enum nos_code shared_claim(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	struct view *v = e;

	if (!shared_bounds(e, stream, ret_first, ret_last, err))
		v->tails[stream_of(stream)] = (struct tail){ true, true, false, *ret_last };
	return err->code;
}

static enum nos_code shared_trim(void *e, const char *stream, const struct nos_store_trim *what,
    size_t *ret_dropped, struct nos_err *err)
{
	turn();
	return memory_engine.trim(e, stream, what, ret_dropped, err);
}

static enum nos_code shared_erase(
    void *e, const char *stream, uint64_t position, struct nos_err *err)
{
	turn();
	return memory_engine.erase(e, stream, position, err);
}

static enum nos_code shared_purge(void *e, struct nos_err *err)
{
	return memory_engine.purge(e, err);
}

static enum nos_code shared_space(
    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	return memory_engine.space(e, ret_used, ret_free, err);
}

const struct nos_store_engine shared_engine = {
	.kind = "shared",
	.open = shared_open,
	.close = shared_close,
	.begin = shared_begin_group,
	.commit = shared_commit,
	.rollback = shared_rollback,
	.settle = shared_settle,
	.changed = shared_changed,
	.get = shared_get,
	.put = shared_put,
	.scan = shared_scan,
	.append = shared_append,
	.append_behind = shared_append_behind,
	.read = shared_read,
	.bounds = shared_bounds,
	.claim = shared_claim,
	.trim = shared_trim,
	.erase = shared_erase,
	.purge = shared_purge,
	.space = shared_space,
};
