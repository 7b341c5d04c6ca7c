/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/engine.h"

struct nos_store {
	const struct nos_store_engine *engine;
	void *e;
	unsigned lane;
};

/* The next engine is one file and one line. */
static const struct nos_store_engine *const engines[] = {
	&nos_sqlite_engine,
	&nos_nats_engine,
	&nos_nats_tls_engine,
};

static enum nos_code open_at(const struct nos_store_engine *engine,
    const struct nos_store_where *where, bool create, struct nos_store **ret, struct nos_err *err)
{
	struct nos_store *s = calloc(1, sizeof(*s));

	if (!s)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	s->engine = engine;
	if (engine->open(where, create, &s->e, err)) {
		free(s);
		return err->code;
	}
	*ret = s;
	return NOS_OK;
}

enum nos_code nos_store_open_engine(const struct nos_store_engine *engine, const char *rest,
    bool create, struct nos_store **ret, struct nos_err *err)
{
	const struct nos_store_where where = { .url = rest };

	return open_at(engine, &where, create, ret, err);
}

enum nos_code nos_store_open(
    const struct nos_store_where *where, bool create, struct nos_store **ret, struct nos_err *err)
{
	const char *colon = strchr(where->url, ':');
	struct nos_store_where rest = *where;
	struct nos_str kind = { where->url, colon ? (size_t)(colon - where->url) : 0 };

	for (size_t i = 0; colon && i < sizeof(engines) / sizeof(engines[0]); i++) {
		rest.url = colon + 1;
		if (nos_str_is(kind, engines[i]->kind))
			return open_at(engines[i], &rest, create, ret, err);
	}
	return nos_err_set(err, NOS_USAGE,
	    "store '%s': take sqlite:PATH, nats://HOST[,HOST...] or tls://HOST[,HOST...]",
	    where->url);
}

void nos_store_close(struct nos_store *s)
{
	if (!s)
		return;
	s->engine->close(s->e);
	free(s);
}

enum nos_code nos_store_begin(struct nos_store *s, struct nos_err *err)
{
	return s->engine->begin(s->e, err);
}

enum nos_code nos_store_commit(struct nos_store *s, struct nos_err *err)
{
	return s->engine->commit(s->e, err);
}

void nos_store_rollback(struct nos_store *s)
{
	s->engine->rollback(s->e);
}

enum nos_code nos_store_settle(struct nos_store *s, struct nos_err *err)
{
	return s->engine->settle ? s->engine->settle(s->e, err) : NOS_OK;
}

bool nos_store_is_atomic(const struct nos_store *s)
{
	return s->engine->atomic;
}

enum nos_code nos_store_changed(struct nos_store *s, bool *ret, struct nos_err *err)
{
	return s->engine->changed(s->e, ret, err);
}

enum nos_code nos_store_look(struct nos_store *s, struct nos_err *err)
{
	return s->engine->look ? s->engine->look(s->e, err) : NOS_OK;
}

void nos_store_look_end(struct nos_store *s)
{
	if (s->engine->look_end)
		s->engine->look_end(s->e);
}

enum nos_code nos_store_get(struct nos_store *s, const char *ns, struct nos_str key,
    struct nos_buf *ret, uint64_t *ret_rev, struct nos_err *err)
{
	return s->engine->get(s->e, ns, key, ret, ret_rev, err);
}

enum nos_code nos_store_damaged(struct nos_err *err)
{
	if (err->code != NOS_DATA && err->code != NOS_LARGE)
		return err->code;
	if (!nos_str_starts(nos_str_of(err->text), "store: "))
		nos_err_within(err, "store");
	return err->code = NOS_IO;
}

enum nos_code nos_store_put(struct nos_store *s, const char *ns, struct nos_str key,
    struct nos_str value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	assert(key.len && key.len <= NOS_STORE_KEY_MAX);
	if (value.len > NOS_STORE_VALUE_MAX)
		return nos_err_set(err, NOS_LARGE, "a value is over %u bytes", NOS_STORE_VALUE_MAX);
	return s->engine->put(s->e, ns, key, &value, expect_rev, ret_rev, err);
}

enum nos_code nos_store_del(struct nos_store *s, const char *ns, struct nos_str key,
    uint64_t expect_rev, struct nos_err *err)
{
	return s->engine->put(s->e, ns, key, NULL, expect_rev, NULL, err);
}

enum nos_code nos_store_scan(struct nos_store *s, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	return s->engine->scan(s->e, ns, prefix, each, state, err);
}

/* ---- streams ---- */

#define STREAM_MAX 64

void nos_store_enter(struct nos_store *s, unsigned lane)
{
	assert(lane < NOS_STORE_LANES_MAX);
	s->lane = lane;
}

unsigned nos_store_lane(const struct nos_store *s)
{
	return s->lane;
}

/* The engine's name of a stream: that of lane 0 is as it would be without lanes. */
static const char *in_lane(
    const struct nos_store *s, const char *stream, char space[static STREAM_MAX])
{
	const size_t len = strlen(stream);

	if (!len || stream[len - 1] != '/')
		return stream;
	assert(len < STREAM_MAX - 4);
	if (s->lane)
		snprintf(space, STREAM_MAX, "%.*s%u", (int)len - 1, stream, s->lane);
	else
		snprintf(space, STREAM_MAX, "%.*s", (int)len - 1, stream);
	return space;
}

void nos_store_hush(struct nos_store *s, const char *what)
{
	char name[STREAM_MAX];

	if (s->engine->hush)
		s->engine->hush(s->e, in_lane(s, what, name));
}

static enum nos_code check_entry(struct nos_span entry, struct nos_err *err)
{
	return entry.len <= NOS_STORE_ENTRY_MAX
		   ? NOS_OK
		   : nos_err_set(err, NOS_LARGE, "an entry is over %u bytes", NOS_STORE_ENTRY_MAX);
}

enum nos_code nos_store_append(struct nos_store *s, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	char name[STREAM_MAX];

	if (check_entry(entry, err))
		return err->code;
	return s->engine->append(s->e, in_lane(s, stream, name), now, entry, ret_position, err);
}

enum nos_code nos_store_append_behind(struct nos_store *s, const char *stream, struct nos_time now,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	char name[STREAM_MAX];

	if (check_entry(entry, err))
		return err->code;
	return s->engine->append_behind(s->e, in_lane(s, stream, name), now, entry, last, err);
}

enum nos_code nos_store_read(struct nos_store *s, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	char name[STREAM_MAX];

	return s->engine->read(s->e, in_lane(s, stream, name), after, limit, each, state, err);
}

enum nos_code nos_store_bounds(struct nos_store *s, const char *stream, uint64_t *ret_first,
    uint64_t *ret_last, struct nos_err *err)
{
	char name[STREAM_MAX];

	return s->engine->bounds(s->e, in_lane(s, stream, name), ret_first, ret_last, err);
}

enum nos_code nos_store_claim(struct nos_store *s, const char *stream, uint64_t *ret_first,
    uint64_t *ret_last, struct nos_err *err)
{
	char name[STREAM_MAX];

	return s->engine->claim(s->e, in_lane(s, stream, name), ret_first, ret_last, err);
}

enum nos_code nos_store_trim(struct nos_store *s, const char *stream,
    const struct nos_store_trim *what, size_t *ret_dropped, struct nos_err *err)
{
	char name[STREAM_MAX];

	return s->engine->trim(s->e, in_lane(s, stream, name), what, ret_dropped, err);
}

enum nos_code nos_store_erase(
    struct nos_store *s, const char *stream, uint64_t position, struct nos_err *err)
{
	char name[STREAM_MAX];

	return s->engine->erase(s->e, in_lane(s, stream, name), position, err);
}

enum nos_code nos_store_purge(struct nos_store *s, struct nos_err *err)
{
	return s->engine->purge(s->e, err);
}

enum nos_code nos_store_space(
    struct nos_store *s, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	return s->engine->space(s->e, ret_used, ret_free, err);
}

bool nos_store_account(struct nos_store *s, uint64_t *ret_bytes, uint64_t *ret_limit)
{
	if (s->engine->account)
		s->engine->account(s->e, ret_bytes, ret_limit);
	return s->engine->account != NULL;
}

enum nos_code nos_store_copies(struct nos_store *s, bool make, struct nos_err *err)
{
	return s->engine->copies ? s->engine->copies(s->e, make, err) : NOS_OK;
}
