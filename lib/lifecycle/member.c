/* SPDX-License-Identifier: MIT */
#include "lifecycle/member.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "json/encode.h"
#include "lifecycle/member_make.h"
#include "roam/visit.h"
#include "scheme/issuer.h"

struct nos_member_table {
	pthread_mutex_t lock;
	struct nos_member **buckets; /* guarded by lock, and so are all chains and counts */
	size_t bucket_count;	     /* a power of two */
	size_t count, limit;
	size_t sweep;	  /* bucket from which room is made next */
	uint64_t dropped; /* how often something ceased to count */
	struct nos_member_world world;
	uint64_t world_since; /* generation with which it began */
	atomic_uint_least64_t generation;
};

enum nos_code nos_member_table_new(size_t limit, struct nos_member_table **ret, struct nos_err *err)
{
	struct nos_member_table *t = calloc(1, sizeof(*t));
	size_t buckets = 64;

	while (buckets * 2 <= limit && buckets < (1u << 22))
		buckets *= 2;
	if (t)
		t->buckets = calloc(buckets, sizeof(struct nos_member *));
	if (!t || !t->buckets) {
		free(t);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	pthread_mutex_init(&t->lock, NULL);
	t->bucket_count = buckets;
	t->limit = limit;
	atomic_init(&t->generation, 1); /* 0: of none */
	*ret = t;
	return NOS_OK;
}

static void let_go(struct nos_member *m)
{
	if (!--m->holders)
		nos_member_make_free(m);
}

void nos_member_table_free(struct nos_member_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->bucket_count; i++)
		for (struct nos_member *m = t->buckets[i], *next; m; m = next) {
			next = m->chain;
			let_go(m);
		}
	pthread_mutex_destroy(&t->lock);
	free(t->buckets);
	free(t);
}

static struct nos_member **slot(struct nos_member_table *t, const char *id)
{
	struct nos_member **p = &t->buckets[nos_str_hash(nos_str_of(id)) & (t->bucket_count - 1)];

	while (*p && strcmp(nos_member_id(*p), id) != 0)
		p = &(*p)->chain;
	return p;
}

static void take_out(struct nos_member_table *t, struct nos_member **at)
{
	struct nos_member *m = *at;

	*at = m->chain;
	m->chain = NULL;
	t->count--;
	let_go(m);
}

/* Bucket by bucket: which ones leave does not matter much, each comes back with one read. */
static void make_room(struct nos_member_table *t)
{
	while (t->count >= t->limit) {
		struct nos_member **at = &t->buckets[t->sweep++ & (t->bucket_count - 1)];

		while (*at)
			take_out(t, at);
	}
}

/* Does one of them bring a global key in place of one that was taken back? */
static bool replaces_global(
    const struct nos_assoc *a, size_t count, const struct nos_globals *globals)
{
	for (size_t i = 0; i < count; i++) {
		const struct nos_name *brings = &a->out[i].brings;

		if (brings->kind == NOS_POOL_KIND &&
		    nos_invalidation_names(&globals->list, brings->parts[0], 1))
			return true;
	}
	return false;
}

void nos_member_outstanding(const struct nos_assoc *a, uint64_t life,
    const struct nos_globals *globals, struct nos_buf *ret)
{
	size_t count = nos_issuer_outstanding(a, life);

	if (!count)
		return;
	nos_buf_add_char(ret, '[');
	if (replaces_global(a, count, globals))
		nos_encode_bytes(ret, globals->broadcast, globals->broadcast_len);
	for (size_t i = 0; i < count; i++) {
		nos_encode_comma(ret);
		nos_encode_bytes(ret, a->out[i].bytes, a->out[i].len);
	}
	nos_buf_add_char(ret, ']');
}

static bool is_of(const struct nos_member_world *a, const struct nos_member_world *b)
{
	return a->life == b->life && a->identity == b->identity && a->pool == b->pool;
}

/* Was it read in the node's present life, and under its present identity? Since it is only ever
 * looked at again in the world in which it was read, its generation says so. With the lock held. */
static bool is_of_world(const struct nos_member_table *t, const struct nos_member *m)
{
	return m->generation >= t->world_since;
}

/* Are the record, and its group, still those that m was made from? */
static enum nos_code is_same(
    struct nos_store *store, const struct nos_member *m, bool *ret, struct nos_err *err)
{
	uint64_t rev = 0;

	if (nos_store_get(store, nos_member_home(m) ? NOS_VISIT_NS : NOS_RECORD_NS,
		nos_str_of(nos_member_id(m)), NULL, &rev, err) &&
	    err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	*ret = rev == m->rev;
	if (!*ret || !m->more || !m->more->group)
		return NOS_OK;
	if (nos_groups_rev(store, m->more->group, &rev, err))
		return err->code;
	*ret = rev == m->more->group_rev;
	return NOS_OK;
}

/* Unless something ceased to count since its record was read, which may be that: then it is its
 * holder's alone, and never current. */
static void put_in(struct nos_member_table *t, struct nos_member *m, uint64_t dropped)
{
	struct nos_member **at = slot(t, nos_member_id(m));

	if (t->dropped != dropped) {
		m->generation = 0;
		let_go(m);
		return;
	}
	if (*at)
		take_out(t, at);
	make_room(t);
	at = slot(t, nos_member_id(m));
	*at = m;
	t->count++;
}

enum nos_code nos_member_get(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, const char *id, struct nos_member **ret, struct nos_err *err)
{
	/* Taken before the store is read: a change meanwhile makes what was read old. */
	uint64_t generation = atomic_load(&t->generation), seen = 0, dropped;
	struct nos_member_world world;
	struct nos_member *m;
	bool same = false, of_world = false;

	pthread_mutex_lock(&t->lock);
	m = *slot(t, id);
	if (m) {
		m->holders++;
		seen = m->generation;
		of_world = is_of_world(t, m);
	}
	world = t->world;
	dropped = t->dropped;
	pthread_mutex_unlock(&t->lock);
	if (m && seen == generation) {
		*ret = m;
		return NOS_OK;
	}
	if (m && is_same(store, m, &same, err)) {
		nos_member_drop(t, m);
		return err->code;
	}
	if (m && same && of_world) {
		pthread_mutex_lock(&t->lock);
		if (t->dropped == dropped)
			m->generation = generation;
		pthread_mutex_unlock(&t->lock);
		*ret = m;
		return NOS_OK;
	}
	nos_member_drop(t, m);
	if (nos_member_make(store, vault, id, NULL, world, &m, err))
		return err->code;
	m->generation = generation;
	m->holders++;
	pthread_mutex_lock(&t->lock);
	put_in(t, m, dropped);
	pthread_mutex_unlock(&t->lock);
	*ret = m;
	return NOS_OK;
}

void nos_member_drop(struct nos_member_table *t, struct nos_member *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&t->lock);
	let_go(m);
	pthread_mutex_unlock(&t->lock);
}

void nos_member_changed(struct nos_member_table *t, struct nos_member_world world)
{
	uint64_t next;

	pthread_mutex_lock(&t->lock);
	next = atomic_load(&t->generation) + 1;
	if (!is_of(&t->world, &world))
		t->world_since = next;
	t->world = world;
	t->dropped++;
	atomic_store(&t->generation, next);
	pthread_mutex_unlock(&t->lock);
}

void nos_member_forget(struct nos_member_table *t, const char *id)
{
	struct nos_member **at;

	pthread_mutex_lock(&t->lock);
	t->dropped++;
	at = slot(t, id);
	if (*at) {
		(*at)->generation = 0; /* who holds it looks again */
		take_out(t, at);
	}
	pthread_mutex_unlock(&t->lock);
}

enum nos_code nos_member_again(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, struct nos_member **m, struct nos_err *err)
{
	const char *id = nos_member_id(*m);
	struct nos_member *now;
	bool same, of_world;

	if (is_same(store, *m, &same, err))
		return err->code;
	pthread_mutex_lock(&t->lock);
	of_world = is_of_world(t, *m);
	pthread_mutex_unlock(&t->lock);
	if (same && of_world)
		return NOS_OK;
	nos_member_forget(t, id);
	if (nos_member_get(t, store, vault, id, &now, err))
		return err->code;
	nos_member_drop(t, *m);
	*m = now;
	return NOS_OK;
}

enum nos_code nos_member_fetch(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, struct nos_member **m, const char *kid, struct nos_err *err)
{
	const uint64_t generation = atomic_load(&t->generation);
	struct nos_member_world world;
	struct nos_member *now;
	uint64_t dropped;

	if (!(*m)->more || !(*m)->more->group)
		return nos_err_set(err, NOS_TAG, "does not verify");
	pthread_mutex_lock(&t->lock);
	world = t->world;
	dropped = t->dropped;
	pthread_mutex_unlock(&t->lock);
	if (nos_member_make(store, vault, nos_member_id(*m), kid, world, &now, err))
		return err->code;
	now->generation = generation;
	now->holders++;
	pthread_mutex_lock(&t->lock);
	put_in(t, now, dropped);
	let_go(*m);
	pthread_mutex_unlock(&t->lock);
	*m = now;
	return nos_member_key(now, kid) ? NOS_OK : nos_err_set(err, NOS_TAG, "does not verify");
}

static bool is_current(struct nos_member_table *t, const struct nos_member *m)
{
	bool ret;

	pthread_mutex_lock(&t->lock);
	ret = m->generation == atomic_load(&t->generation);
	pthread_mutex_unlock(&t->lock);
	return ret;
}

enum nos_code nos_member_check(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, struct nos_member **m, const struct nos_member_key **key,
    struct nos_err *err)
{
	struct nos_member_key before = **key;
	const struct nos_member_key *still;
	char kid[NOS_NAME_TEXT_MAX];
	bool same;

	if (is_current(t, *m))
		return NOS_OK;
	if (nos_member_again(t, store, vault, m, err))
		return err->code;
	nos_name_format(&before.name, kid);
	still = nos_member_key(*m, kid);
	if (!still && !nos_member_fetch(t, store, vault, m, kid, err))
		still = nos_member_key(*m, kid);
	nos_err_clear(err);
	same = still && nos_secret_same(still->keys.d, before.keys.d, NOS_PACK_D_LEN);
	explicit_bzero(&before, sizeof(before));
	*key = same ? still : NULL;
	return same ? NOS_OK : nos_err_set(err, NOS_TAG, "does not verify");
}

const struct nos_member_key *nos_member_key(const struct nos_member *m, const char *kid)
{
	struct nos_name name;

	if (!nos_name_parse(nos_str_of(kid), &name))
		return NULL;
	for (size_t i = 0; i < m->key_count; i++)
		if (nos_name_eq(&m->keys[i].name, &name))
			return &m->keys[i];
	return NULL;
}
