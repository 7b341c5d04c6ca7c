/* SPDX-License-Identifier: MIT */
#include "registry/member.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct nos_member_table {
	pthread_mutex_t lock;
	struct nos_member **buckets; /* guarded by lock, and so are all chains and counts */
	size_t bucket_count;	     /* a power of two */
	size_t count, limit;
	size_t sweep; /* bucket from which room is made next */
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
	*ret = t;
	return NOS_OK;
}

/* The last holder, the table among them, wipes it. */
static void let_go(struct nos_member *m)
{
	if (--m->holders)
		return;
	explicit_bzero(m, sizeof(*m));
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

static enum nos_code make(
    const struct nos_registry_source *s, struct nos_member *m, struct nos_err *err)
{
	NOS_AUTO(secret) k_s = { 0 };

	snprintf(m->id, sizeof(m->id), "%s", s->id);
	snprintf(m->name, sizeof(m->name), "%s", s->name);
	snprintf(m->kind, sizeof(m->kind), "%s", s->kind);
	snprintf(m->mode, sizeof(m->mode), "%s", s->mode);
	m->open = s->open;
	m->rev = s->rev;
	if (nos_derive_static(&s->z_key, NOS_DERIVE_AUTH, &k_s, err))
		return err->code;
	for (size_t i = 0; i < s->key_count && m->key_count < NOS_MEMBER_KEYS_MAX; i++) {
		const struct nos_registry_key *from = &s->keys[i];
		const struct nos_scheme *scheme = nos_scheme_of(from->name.kind);
		struct nos_member_key *to = &m->keys[m->key_count];

		if (!scheme ||
		    (from->state != NOS_STATE_ACTIVE && from->state != NOS_STATE_DEACTIVATED))
			continue;
		nos_name_format(&from->name, to->kid);
		to->state = from->state;
		to->since = from->since;
		to->holders = scheme->holders;
		if (nos_pack_keys_make(
			&from->value, &k_s, nos_str_of(to->kid), nos_str_of(m->id), &to->keys, err))
			return err->code;
		m->key_count++;
	}
	return NOS_OK;
}

/* From the store; *ret is held once. */
static enum nos_code load(struct nos_store *store, const struct nos_vault *vault, const char *id,
    struct nos_member **ret, struct nos_err *err)
{
	NOS_AUTO(registry_source) s = { 0 };
	struct nos_member *m;

	if (nos_registry_get(store, vault, nos_str_of(id), &s, err))
		return err->code == NOS_ABSENT ? nos_err_set(err, NOS_TAG, "does not verify")
					       : err->code;
	if (s.state != NOS_STATE_ACTIVE)
		return nos_err_set(err, NOS_TAG, "does not verify");
	m = calloc(1, sizeof(*m));
	if (!m)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	m->holders = 1;
	if (make(&s, m, err)) {
		let_go(m);
		return err->code;
	}
	*ret = m;
	return NOS_OK;
}

enum nos_code nos_member_get(struct nos_member_table *t, struct nos_store *store,
    const struct nos_vault *vault, const char *id, struct nos_member **ret, struct nos_err *err)
{
	/* Taken before the store is read: a change meanwhile makes what was read old. */
	uint64_t generation = atomic_load(&t->generation);
	struct nos_member *m, **at;

	pthread_mutex_lock(&t->lock);
	m = *slot(t, id);
	if (m && m->generation == generation)
		m->holders++;
	else
		m = NULL;
	pthread_mutex_unlock(&t->lock);
	if (m) {
		*ret = m;
		return NOS_OK;
	}
	if (load(store, vault, id, &m, err))
		return err->code;
	m->generation = generation;
	m->holders++;
	pthread_mutex_lock(&t->lock);
	at = slot(t, id);
	if (*at)
		take_out(t, at);
	make_room(t);
	at = slot(t, id);
	*at = m;
	t->count++;
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

void nos_member_changed(struct nos_member_table *t)
{
	atomic_fetch_add(&t->generation, 1);
}

enum nos_code nos_member_check(struct nos_member_table *t, struct nos_store *store,
    const struct nos_member *m, struct nos_err *err)
{
	uint64_t rev = 0;

	if (m->generation == atomic_load(&t->generation))
		return NOS_OK;
	if (nos_store_get(store, NOS_REGISTRY_SOURCES_NS, nos_str_of(m->id), NULL, &rev, err) &&
	    err->code != NOS_ABSENT)
		return err->code;
	if (rev == m->rev)
		return NOS_OK;
	return nos_err_set(err, NOS_TAG, "does not verify");
}

const struct nos_member_key *nos_member_key(const struct nos_member *m, const char *kid)
{
	for (size_t i = 0; i < m->key_count; i++)
		if (strcmp(m->keys[i].kid, kid) == 0)
			return &m->keys[i];
	return NULL;
}
