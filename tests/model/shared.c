/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include "fiber.h"
#include "world.h"

#define CLUSTER_MAX	1024
#define CLUSTER_ENTRIES 8192
#include "../unit/store/cluster.h"

/* One that has opened it. */
struct view {
	struct cluster_view of; /* first: the store's own functions take it */
	bool group;
	enum nos_code fault; /* for the commit to tell */
};

static struct {
	bool blind;
	unsigned reading; /* within a scan none takes its turn: what is shown stands there */
} shared;

void shared_begin(bool blind)
{
	cluster_empty();
	shared.blind = blind;
	shared.reading = 0;
}

static void turn(void)
{
	if (!shared.reading)
		fiber_yield();
}

/* Where it matters that no other was quicker, one often is. */
static void contest(double share)
{
	if (!shared.reading && world_chance(share))
		fiber_let_others();
	else
		turn();
}

static enum nos_code open_view(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	struct view *v = calloc(1, sizeof(*v));

	(void)where, (void)create, (void)err;
	cluster_view_init(&v->of);
	*ret = v;
	return NOS_OK;
}

static void close_view(void *e)
{
	free(e); /* what was put stays, for who opens it next */
}

/* ---- groups ---- */

static enum nos_code begin_group(void *e, struct nos_err *err)
{
	struct view *v = e;

	(void)err;
	assert(!v->group);
	v->group = true;
	return NOS_OK;
}

static void rollback(void *e)
{
	struct view *v = e;

	cluster_rollback(e);
	v->fault = NOS_OK;
	v->group = false;
}

static enum nos_code settle(void *e, struct nos_err *err)
{
	struct view *v = e;
	enum nos_code code;

	turn();
	code = v->fault;
	v->fault = NOS_OK;
	return code ? nos_err_set(err, code, "another writes the stream") : NOS_OK;
}

static enum nos_code commit(void *e, struct nos_err *err)
{
	struct view *v = e;

	if (settle(e, err))
		rollback(e);
	v->group = false;
	return err->code;
}

static enum nos_code changed(void *e, bool *ret, struct nos_err *err)
{
	struct view *v = e;

	(void)err;
	turn();
	*ret = v->of.seen != cluster.changes && (!fiber_number() || world_chance(0.5));
	if (*ret)
		v->of.seen = cluster.changes;
	return NOS_OK;
}

/* ---- the state ---- */

static enum nos_code get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	turn();
	return cluster_get(e, ns, key, ret, ret_rev, err);
}

static enum nos_code put(void *e, const char *ns, struct nos_str key, const struct nos_str *value,
    uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	if (expect_rev != NOS_STORE_ANY)
		contest(0.2);
	else
		turn();
	if (shared.blind)
		expect_rev = NOS_STORE_ANY;
	if (cluster_put(e, ns, key, value, expect_rev, ret_rev, err)) {
		world.tally.puts += err->code == NOS_EXISTS;
		return err->code;
	}
	world.tally.changes += strcmp(ns, NOS_RECORD_NS) == 0 && nos_str_is(key, SOURCE);
	return NOS_OK;
}

static enum nos_code scan(void *e, const char *ns, struct nos_str prefix, nos_store_each *each,
    void *state, struct nos_err *err)
{
	turn();
	shared.reading++;
	(void)!cluster_scan(e, ns, prefix, each, state, err);
	shared.reading--;
	return err->code;
}

/* ---- streams ---- */

static enum nos_code append(void *e, const char *stream, struct nos_time now, struct nos_span entry,
    uint64_t *ret_position, struct nos_err *err)
{
	struct view *v = e;
	struct cluster_tail tail;

	turn();
	tail = v->of.tails[cluster_stream(stream)];
	if (!cluster_append(e, stream, now, entry, ret_position, err))
		return NOS_OK;
	world.tally.appends++;
	if (!tail.known || tail.shut || !v->group || world_chance(0.3))
		return err->code;
	/* It comes out later. */
	nos_err_clear(err);
	v->fault = NOS_EXISTS;
	*ret_position = tail.last + 1;
	return NOS_OK;
}

static enum nos_code append_behind(void *e, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	contest(0.1);
	world.tally.appends += cluster_append_behind(e, stream, now, entry, last, err) != NOS_OK;
	return err->code;
}

static enum nos_code read_entries(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	turn();
	shared.reading++;
	(void)!cluster_read(e, stream, after, limit, each, state, err);
	shared.reading--;
	return err->code;
}

static enum nos_code bounds(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	turn();
	return cluster_bounds(e, stream, ret_first, ret_last, err);
}

static enum nos_code claim(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	turn();
	return cluster_claim(e, stream, ret_first, ret_last, err);
}

static enum nos_code trim(void *e, const char *stream, const struct nos_store_trim *what,
    size_t *ret_dropped, struct nos_err *err)
{
	turn();
	return cluster_trim(e, stream, what, ret_dropped, err);
}

static enum nos_code erase(void *e, const char *stream, uint64_t position, struct nos_err *err)
{
	turn();
	return cluster_erase(e, stream, position, err);
}

const struct nos_store_engine shared_engine = {
	.kind = "shared",
	.open = open_view,
	.close = close_view,
	.begin = begin_group,
	.commit = commit,
	.rollback = rollback,
	.settle = settle,
	.changed = changed,
	.get = get,
	.put = put,
	.scan = scan,
	.append = append,
	.append_behind = append_behind,
	.read = read_entries,
	.bounds = bounds,
	.claim = claim,
	.trim = trim,
	.erase = erase,
	.purge = cluster_group,
	.space = cluster_space,
};
