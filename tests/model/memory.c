/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include "sealing.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX  1024
#define ENTRIES_MAX 8192
#define STREAMS_MAX 4

/* Bytes that several copies share. */
struct blob {
	unsigned holders;
	size_t len;
	char bytes[];
};

struct value {
	char ns[16], key[64];
	struct blob *blob;
	uint64_t rev;
};

struct entry {
	uint8_t stream;
	uint64_t position;
	int64_t ms;
	struct blob *blob;
};

struct memory_copy {
	struct value values[VALUES_MAX];
	size_t value_count;
	struct entry entries[ENTRIES_MAX];
	size_t entry_count;
	char streams[STREAMS_MAX][16];
	uint64_t last[STREAMS_MAX];
	uint64_t rev;
};

static struct memory_copy now;
static struct memory_copy *before; /* as it was at the head of the group; NULL: none */
static uint64_t changes, seen;	   /* by putting a copy back: another's change */
static int fail = -1;

static struct blob *blob_new(const void *p, size_t len)
{
	struct blob *b = malloc(sizeof(*b) + len + 1);

	*b = (struct blob){ .holders = 1, .len = len };
	memcpy(b->bytes, p, len);
	b->bytes[len] = '\0';
	return b;
}

static void blob_drop(struct blob *b)
{
	if (b && !--b->holders)
		free(b);
}

static void hold_all(struct memory_copy *c)
{
	for (size_t i = 0; i < c->value_count; i++)
		c->values[i].blob->holders++;
	for (size_t i = 0; i < c->entry_count; i++)
		c->entries[i].blob->holders++;
}

static void drop_all(struct memory_copy *c)
{
	for (size_t i = 0; i < c->value_count; i++)
		blob_drop(c->values[i].blob);
	for (size_t i = 0; i < c->entry_count; i++)
		blob_drop(c->entries[i].blob);
	c->value_count = c->entry_count = 0;
}

static void copy(struct memory_copy *to, const struct memory_copy *from)
{
	to->value_count = from->value_count;
	to->entry_count = from->entry_count;
	memcpy(to->values, from->values, from->value_count * sizeof(from->values[0]));
	memcpy(to->entries, from->entries, from->entry_count * sizeof(from->entries[0]));
	memcpy(to->streams, from->streams, sizeof(from->streams));
	memcpy(to->last, from->last, sizeof(from->last));
	to->rev = from->rev;
	hold_all(to);
}

void memory_reset(void)
{
	drop_all(&now);
	memset(&now.streams, 0, sizeof(now.streams));
	memset(&now.last, 0, sizeof(now.last));
	memory_drop(before);
	before = NULL;
	fail = -1;
}

struct memory_copy *memory_backup(void)
{
	struct memory_copy *c = malloc(sizeof(*c));

	c->value_count = c->entry_count = 0;
	copy(c, &now);
	return c;
}

void memory_restore(const struct memory_copy *c)
{
	/* Revisions go on: what was read before is not what is there. */
	uint64_t rev = now.rev;

	drop_all(&now);
	copy(&now, c);
	now.rev = rev;
	changes++;
}

void memory_drop(struct memory_copy *c)
{
	if (c)
		drop_all(c);
	free(c);
}

void memory_touched(void)
{
	changes++;
}

void memory_fail(int n)
{
	fail = n;
}

static enum nos_code memory_open(
    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err)
{
	(void)where, (void)create, (void)err;
	*ret = &now;
	return NOS_OK;
}

static void memory_close(void *e)
{
	(void)e;
}

static enum nos_code memory_begin(void *e, struct nos_err *err)
{
	(void)e, (void)err;
	assert(!before);
	before = memory_backup();
	return NOS_OK;
}

static void memory_rollback(void *e)
{
	uint64_t rev = now.rev;

	(void)e;
	drop_all(&now);
	copy(&now, before);
	now.rev = rev;
	memory_drop(before);
	before = NULL;
	sealing_settled(false);
}

static enum nos_code memory_commit(void *e, struct nos_err *err)
{
	if (fail == 0) {
		memory_rollback(e);
		return nos_err_set(err, NOS_IO, "the machine died");
	}
	if (fail > 0)
		fail--;
	memory_drop(before);
	before = NULL;
	sealing_settled(true);
	return NOS_OK;
}

static enum nos_code memory_changed(void *e, bool *ret, struct nos_err *err)
{
	(void)e, (void)err;
	*ret = seen != changes;
	seen = changes;
	return NOS_OK;
}

static struct value *find(const char *ns, struct nos_str key)
{
	for (size_t i = 0; i < now.value_count; i++)
		if (strcmp(now.values[i].ns, ns) == 0 && nos_str_is(key, now.values[i].key))
			return &now.values[i];
	return NULL;
}

static enum nos_code memory_get(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
    uint64_t *ret_rev, struct nos_err *err)
{
	const struct value *v = find(ns, key);

	(void)e;
	if (!v)
		return nos_err_set(err, NOS_ABSENT, "no '%.*s' in %s", NOS_STR_ARG(key), ns);
	*ret_rev = v->rev;
	if (ret)
		nos_buf_add(ret, v->blob->bytes, v->blob->len);
	return NOS_OK;
}

static enum nos_code memory_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *err)
{
	struct value *v = find(ns, key);

	(void)e;
	if (expect_rev != NOS_STORE_ANY && expect_rev != (v ? v->rev : NOS_STORE_NEW))
		return nos_err_set(
		    err, NOS_EXISTS, "'%.*s' was changed by another", NOS_STR_ARG(key));
	if (!value) {
		if (!v)
			return nos_err_set(err, NOS_ABSENT, "no '%.*s'", NOS_STR_ARG(key));
		blob_drop(v->blob);
		*v = now.values[--now.value_count];
		return NOS_OK;
	}
	if (!v) {
		assert(now.value_count < VALUES_MAX);
		v = &now.values[now.value_count++];
		*v = (struct value){ .blob = NULL };
		snprintf(v->ns, sizeof(v->ns), "%s", ns);
		assert(nos_str_copy(key, v->key, sizeof(v->key)));
	}
	blob_drop(v->blob);
	v->blob = blob_new(value->p, value->len);
	v->rev = ++now.rev;
	if (ret_rev)
		*ret_rev = v->rev;
	return NOS_OK;
}

static int in_order(const void *x, const void *y)
{
	return strcmp((*(struct value *const *)x)->key, (*(struct value *const *)y)->key);
}

static enum nos_code memory_scan(void *e, const char *ns, struct nos_str prefix,
    nos_store_each *each, void *state, struct nos_err *err)
{
	struct value *found[VALUES_MAX];
	size_t n = 0;

	(void)e;
	for (size_t i = 0; i < now.value_count; i++) {
		struct value *v = &now.values[i];

		if (strcmp(v->ns, ns) == 0 &&
		    (!prefix.len ||
			(strncmp(v->key, prefix.p, prefix.len) == 0 && v->key[prefix.len] == '/')))
			found[n++] = v;
	}
	qsort(found, n, sizeof(found[0]), in_order);
	for (size_t i = 0; i < n; i++)
		if (each(state, nos_str_of(found[i]->key),
			(struct nos_str){ found[i]->blob->bytes, found[i]->blob->len },
			found[i]->rev, err))
			return err->code;
	return NOS_OK;
}

static uint8_t stream_of(const char *stream)
{
	uint8_t i = 0;

	while (*now.streams[i] && strcmp(now.streams[i], stream) != 0)
		assert(++i < STREAMS_MAX);
	snprintf(now.streams[i], sizeof(now.streams[i]), "%s", stream);
	return i;
}

static enum nos_code memory_append(void *e, const char *stream, struct nos_time at,
    struct nos_span entry, uint64_t *ret_position, struct nos_err *err)
{
	uint8_t s = stream_of(stream);

	(void)e, (void)err;
	assert(now.entry_count < ENTRIES_MAX);
	now.entries[now.entry_count++] = (struct entry){ .stream = s,
		.position = ++now.last[s],
		.ms = at.ms,
		.blob = blob_new(entry.p, entry.len) };
	if (ret_position)
		*ret_position = now.last[s];
	return NOS_OK;
}

static enum nos_code memory_append_behind(void *e, const char *stream, struct nos_time at,
    struct nos_span entry, uint64_t last, struct nos_err *err)
{
	uint64_t position;

	if (now.last[stream_of(stream)] != last)
		return nos_err_set(err, NOS_EXISTS, "another writes '%s'", stream);
	return memory_append(e, stream, at, entry, &position, err);
}

static enum nos_code memory_read(void *e, const char *stream, uint64_t after, size_t limit,
    nos_store_entry *each, void *state, struct nos_err *err)
{
	uint8_t s = stream_of(stream);

	(void)e;
	for (size_t i = 0; limit && i < now.entry_count; i++) {
		const struct entry *x = &now.entries[i];

		if (x->stream != s || x->position <= after)
			continue;
		limit--;
		if (each(state, x->position,
			(struct nos_span){ (uint8_t *)x->blob->bytes, x->blob->len }, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code memory_bounds(
    void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last, struct nos_err *err)
{
	uint8_t s = stream_of(stream);

	(void)e, (void)err;
	*ret_last = now.last[s];
	*ret_first = *ret_last + 1;
	for (size_t i = 0; i < now.entry_count; i++)
		if (now.entries[i].stream == s) {
			*ret_first = now.entries[i].position;
			break;
		}
	return NOS_OK;
}

static enum nos_code memory_trim(void *e, const char *stream, const struct nos_store_trim *what,
    size_t *ret_dropped, struct nos_err *err)
{
	uint8_t s = stream_of(stream);
	size_t kept = 0;

	(void)e, (void)err;
	*ret_dropped = 0;
	for (size_t i = 0; i < now.entry_count; i++) {
		struct entry *x = &now.entries[i];

		if (x->stream == s && *ret_dropped < what->most && x->ms < what->before.ms &&
		    x->position <= what->up_to) {
			blob_drop(x->blob);
			++*ret_dropped;
		} else {
			now.entries[kept++] = *x;
		}
	}
	now.entry_count = kept;
	return NOS_OK;
}

static enum nos_code memory_erase(
    void *e, const char *stream, uint64_t position, struct nos_err *err)
{
	uint8_t s = stream_of(stream);

	(void)e, (void)err;
	for (size_t i = 0; i < now.entry_count; i++)
		if (now.entries[i].stream == s && now.entries[i].position == position) {
			blob_drop(now.entries[i].blob);
			memmove(&now.entries[i], &now.entries[i + 1],
			    (--now.entry_count - i) * sizeof(now.entries[0]));
			break;
		}
	return NOS_OK;
}

static enum nos_code memory_purge(void *e, struct nos_err *err)
{
	(void)e, (void)err;
	return NOS_OK;
}

static enum nos_code memory_space(
    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err)
{
	(void)e, (void)err;
	*ret_used = 1000000;
	*ret_free = UINT64_C(1) << 40;
	return NOS_OK;
}

const struct nos_store_engine memory_engine = {
	.kind = "memory",
	.open = memory_open,
	.close = memory_close,
	.begin = memory_begin,
	.commit = memory_commit,
	.rollback = memory_rollback,
	.changed = memory_changed,
	.get = memory_get,
	.put = memory_put,
	.scan = memory_scan,
	.append = memory_append,
	.append_behind = memory_append_behind,
	.read = memory_read,
	.bounds = memory_bounds,
	.claim = memory_bounds, /* nobody else appends */
	.trim = memory_trim,
	.erase = memory_erase,
	.purge = memory_purge,
	.space = memory_space,
};
