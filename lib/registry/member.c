/* SPDX-License-Identifier: MIT */
#include "registry/member.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "json/encode.h"
#include "scheme/issuer.h"

struct nos_member_table {
	pthread_mutex_t lock;
	struct nos_member **buckets; /* guarded by lock, and so are all chains and counts */
	size_t bucket_count;	     /* a power of two */
	size_t count, limit;
	size_t sweep;		       /* bucket from which room is made next */
	uint64_t dropped;	       /* how often something ceased to count; guarded by lock */
	struct nos_member_world world; /* guarded by lock */
	atomic_uint_least64_t generation;
};

enum nos_code nos_member_table_new(size_t limit, struct nos_member_table **ret, struct nos_err *err)
{
	struct nos_member_table *t = calloc(1, sizeof(*t));
	size_t buckets = 64;

	while (buckets < limit && buckets < (1u << 22))
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

/* The last holder, the table among them, wipes it. */
static void let_go(struct nos_member *m)
{
	if (--m->holders)
		return;
	nos_buf_release(&m->outstanding);
	explicit_bzero(m, sizeof(*m) + m->key_count * sizeof(m->keys[0]));
	free(m);
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

	while (*p && strcmp((*p)->id, id) != 0)
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

static enum nos_code add_key(struct nos_member *m, const struct nos_assoc *a,
    const struct nos_assoc_key *from, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_of(from->name.kind);
	struct nos_member_key *to = &m->keys[m->key_count];
	NOS_AUTO(secret) k_s = { 0 };

	if (!scheme)
		return NOS_OK;
	nos_name_format(&from->name, to->kid);
	to->name = from->name;
	to->state = from->state;
	to->unused = from->unused;
	to->since = from->since;
	to->holders = scheme->holders;
	if (nos_assoc_auth(a, from, &k_s, err) ||
	    nos_pack_keys_make(
		&from->value, &k_s, nos_str_of(to->kid), nos_str_of(m->id), &to->keys, err))
		return err->code;
	m->key_count++;
	return NOS_OK;
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

/* One that was made of a global key which was taken back since opens nothing, whoever has yet to
 * see to it. */
static bool is_taken_back(const struct nos_assoc_key *k, const struct nos_globals *globals)
{
	const struct nos_pool_key *now = nos_pool_key(&globals->pool, k->from.domain);

	return now && k->from.version < now->version;
}

static enum nos_code make(const struct nos_record *r, const struct nos_globals *globals,
    struct nos_member_world world, struct nos_member *m, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(r->scheme));
	const struct nos_assoc *a = &r->a;
	const struct nos_issuer w = { .source = nos_str_of(r->id), .pool = &globals->pool };

	snprintf(m->id, sizeof(m->id), "%s", r->id);
	snprintf(m->name, sizeof(m->name), "%s", r->name);
	snprintf(m->kind, sizeof(m->kind), "%s", r->kind);
	snprintf(m->mode, sizeof(m->mode), "%s", r->mode);
	m->open = r->open;
	m->rev = r->rev;
	m->world = world;
	m->wants_ask = nos_issuer_wants_ask(a, world.life);
	m->follows = a->base.identity != world.identity;
	nos_buf_init(&m->outstanding, NOS_MEMBER_OUTSTANDING_MAX);
	nos_member_outstanding(a, world.life, globals, &m->outstanding);
	m->has_own = scheme && scheme->letter != 'p' && !m->outstanding.len && !m->wants_ask;
	m->lacks = scheme && scheme->lacks && !m->wants_ask && scheme->lacks(a, &w);
	for (size_t i = 0; i < a->key_count; i++)
		if (!is_taken_back(&a->keys[i], globals) && add_key(m, a, &a->keys[i], err))
			return err->code;
	if (a->offer.is && add_key(m, a, &a->offer.key, err))
		return err->code;
	return nos_buf_check(&m->outstanding, "key messages", err);
}

/* From the store; *ret is held once. */
static enum nos_code load(struct nos_store *store, const struct nos_vault *vault, const char *id,
    struct nos_member_world world, struct nos_member **ret, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };
	NOS_AUTO(globals) globals = { 0 };
	struct nos_member *m;

	if (nos_registry_get(store, vault, nos_str_of(id), &r, err))
		return err->code == NOS_ABSENT ? nos_err_set(err, NOS_TAG, "does not verify")
					       : err->code;
	if (r.a.revoked)
		return nos_err_set(err, NOS_TAG, "does not verify");
	if (nos_globals_for(store, nos_str_of(r.scheme), &globals, err))
		return err->code;
	m = calloc(1, sizeof(*m) + (r.a.key_count + 1) * sizeof(m->keys[0]));
	if (!m)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	m->holders = 1;
	if (make(&r, &globals, world, m, err)) {
		let_go(m);
		return err->code;
	}
	*ret = m;
	return NOS_OK;
}

static bool is_of(const struct nos_member_world *a, const struct nos_member_world *b)
{
	return a->life == b->life && a->identity == b->identity && a->pool == b->pool;
}

/* Is the record still the one that m was made from? */
static enum nos_code is_same(
    struct nos_store *store, const struct nos_member *m, bool *ret, struct nos_err *err)
{
	uint64_t rev = 0;

	if (nos_store_get(store, NOS_RECORD_NS, nos_str_of(m->id), NULL, &rev, err) &&
	    err->code != NOS_ABSENT)
		return err->code;
	nos_err_clear(err);
	*ret = rev == m->rev;
	return NOS_OK;
}

/* Unless something ceased to count since its record was read, which may be that: then it is its
 * holder's alone, and never current. */
static void put_in(struct nos_member_table *t, struct nos_member *m, uint64_t dropped)
{
	struct nos_member **at = slot(t, m->id);

	if (t->dropped != dropped) {
		m->generation = 0;
		let_go(m);
		return;
	}
	if (*at)
		take_out(t, at);
	make_room(t);
	at = slot(t, m->id);
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
	bool same = false;

	pthread_mutex_lock(&t->lock);
	m = *slot(t, id);
	if (m) {
		m->holders++;
		seen = m->generation;
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
	if (m && same && is_of(&m->world, &world)) {
		pthread_mutex_lock(&t->lock);
		if (t->dropped == dropped)
			m->generation = generation;
		pthread_mutex_unlock(&t->lock);
		*ret = m;
		return NOS_OK;
	}
	nos_member_drop(t, m);
	if (load(store, vault, id, world, &m, err))
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
	pthread_mutex_lock(&t->lock);
	t->world = world;
	t->dropped++;
	pthread_mutex_unlock(&t->lock);
	atomic_fetch_add(&t->generation, 1);
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

/* Was it read in the node's present life, and under its present identity? */
static bool is_of_world(struct nos_member_table *t, const struct nos_member *m)
{
	bool ret;

	pthread_mutex_lock(&t->lock);
	ret = is_of(&m->world, &t->world);
	pthread_mutex_unlock(&t->lock);
	return ret;
}

enum nos_code nos_member_again(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, struct nos_member **m, struct nos_err *err)
{
	struct nos_member *now;
	bool same;

	if (is_same(store, *m, &same, err) || (same && is_of_world(t, *m)))
		return err->code;
	nos_member_forget(t, (*m)->id);
	if (nos_member_get(t, store, vault, (*m)->id, &now, err))
		return err->code;
	nos_member_drop(t, *m);
	*m = now;
	return NOS_OK;
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
	bool same;

	if (is_current(t, *m))
		return NOS_OK;
	if (nos_member_again(t, store, vault, m, err))
		return err->code;
	still = nos_member_key(*m, before.kid);
	same = still && nos_secret_eq(&still->keys.d, &before.keys.d);
	explicit_bzero(&before, sizeof(before));
	*key = same ? still : NULL;
	return same ? NOS_OK : nos_err_set(err, NOS_TAG, "does not verify");
}

const struct nos_member_key *nos_member_key(const struct nos_member *m, const char *kid)
{
	for (size_t i = 0; i < m->key_count; i++)
		if (strcmp(m->keys[i].kid, kid) == 0)
			return &m->keys[i];
	return NULL;
}
