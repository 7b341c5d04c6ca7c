/* SPDX-License-Identifier: MIT */
/*
 * What can be made of the secrets that somebody holds, whoever's they are: each step that both
 * sides take of a chain, of a Z, and of a global key with a chain's step. Then whether it is enough
 * for a source's messages, or for its data.
 */
#ifndef NOS_TEST_KNOWN_H
#define NOS_TEST_KNOWN_H

#include "../test.h"
#include "key/hop.h"
#include "scheme/dini.h"
#include "scheme/pairwise.h"

#define KNOWN_MAX   8192
#define KNOWN_STEPS 6 /* of each chain */

struct known {
	struct nos_secret all[KNOWN_MAX];
	size_t count;
};

static inline bool known_has(const struct known *k, const struct nos_secret *s)
{
	for (size_t i = 0; i < k->count; i++)
		if (nos_secret_eq(&k->all[i], s))
			return true;
	return false;
}

static inline void known_add(struct known *k, const struct nos_secret *s)
{
	if (!s->len || known_has(k, s))
		return;
	assert_true(k->count < KNOWN_MAX);
	k->all[k->count++] = *s;
}

/* All that stands in a keyring. */
static inline void known_keyring(struct known *k, const struct nos_keyring *ring)
{
	known_add(k, &ring->down.key);
	known_add(k, &ring->up.key);
	known_add(k, &ring->z_key);
	known_add(k, &ring->ask.once);
	for (size_t i = 0; i < ring->older_count; i++) {
		known_add(k, &ring->older[i].resync);
		known_add(k, &ring->older[i].renew);
		known_add(k, &ring->older[i].spool);
	}
	for (size_t i = 0; i < ring->key_count; i++)
		known_add(k, &ring->keys[i].value);
	for (size_t i = 0; i < ring->global_count; i++)
		known_add(k, &ring->globals[i].value);
	for (size_t i = 0; i < ring->link_count; i++)
		known_add(k, &ring->links[i].value);
	known_add(k, &ring->group.clock.a);
	for (unsigned h = 0; h <= ring->group.path.depth; h++)
		known_add(k, &ring->group.path.keys[h]);
}

/* A chain from here on, and what its first steps are made of. */
static inline void known_grow_chain(struct known *k, struct nos_secret key)
{
	struct nos_chain c = { 0, key };
	struct nos_err err = { 0 };

	for (uint64_t i = 0; i < KNOWN_STEPS; i++) {
		NOS_AUTO(chain_step) step = { 0 };

		known_add(k, &c.key);
		assert_int_equal(nos_chain_look(&c, &step, &err), NOS_OK);
		known_add(k, &step.message);
		known_add(k, &step.key);
		assert_int_equal(nos_chain_advance(&c, i + 1, &err), NOS_OK);
	}
}

/* What hangs on a Z. */
static inline void known_grow_static(struct known *k, struct nos_secret z)
{
	struct nos_err err = { 0 };
	NOS_AUTO(secret) s = { 0 };

	for (int which = NOS_DERIVE_AUTH; which <= NOS_DERIVE_SPOOL; which++) {
		assert_int_equal(
		    nos_derive_static(&z, (enum nos_derive_static)which, &s, &err), NOS_OK);
		known_add(k, &s);
	}
	assert_int_equal(nos_hop_relay_key(&z, &s, &err), NOS_OK);
	known_add(k, &s);
}

/* The source's key of this name, by what of it anybody may see, from one step of a chain. */
static inline void known_grow_key(
    struct known *k, const struct nos_assoc_key *of, struct nos_secret step, size_t roots)
{
	const struct nos_dini_local local = { of->name.parts[0], of->name.parts[1], of->from };
	NOS_AUTO(scheme_key) made = { 0 };
	struct nos_err err = { 0 };

	if (of->name.kind == 'p') {
		assert_int_equal(nos_pairwise_make(&step, of->name.parts[0], &made, &err), NOS_OK);
		known_add(k, &made.value);
		return;
	}
	for (size_t i = 0; i < roots; i++) {
		const struct nos_secret global = k->all[i];

		if (global.len != NOS_POOL_KEY_LEN)
			continue;
		assert_int_equal(nos_dini_make(&global, &step, &local, &made, &err), NOS_OK);
		known_add(k, &made.value);
	}
}

/* All of it, as far as it may lead to the keys of one source. */
static inline void known_grow(struct known *k, const struct nos_assoc *source)
{
	const size_t roots = k->count;
	size_t steps;

	for (size_t i = 0; i < roots; i++) {
		if (k->all[i].len != 32)
			continue;
		known_grow_chain(k, k->all[i]);
		known_grow_static(k, k->all[i]);
	}
	steps = k->count;
	for (size_t i = 0; i < source->key_count; i++)
		for (size_t j = 0; j < steps; j++)
			known_grow_key(k, &source->keys[i], k->all[j], roots);
}

/* Is there a key among them that opens one of the messages for the source? */
static inline bool known_opens_message(
    const struct known *k, const struct nos_assoc *source, const struct nos_issuer *w)
{
	for (size_t i = 0; i < source->out_count; i++)
		for (size_t j = 0; j < k->count; j++) {
			const struct nos_span m = { source->out[i].bytes, source->out[i].len };
			struct nos_chain c = { source->out[i].ctr, k->all[j] };
			struct nos_message_head head;
			struct nos_err err = { 0 };
			NOS_AUTO(buf) body = { 0 };

			nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
			assert_int_equal(nos_message_head_read(m, &head, &err), NOS_OK);
			if (!nos_message_open(m, &head, &c, w->node, w->source, &body, &err))
				return true;
		}
	return false;
}

/* D, under which packs and receipts stand, is X(scheme key, K_S): are both known, or D itself? */
static inline bool known_opens_pack(
    const struct known *k, const struct nos_secret *key, const struct nos_secret *k_s)
{
	NOS_AUTO(secret) d = { 0 };
	struct nos_err err = { 0 };

	assert_int_equal(nos_derive_data(key, k_s, &d, &err), NOS_OK);
	return known_has(k, &d) || (known_has(k, key) && known_has(k, k_s));
}

/* Of the source's keys, and of those of its group, which may be NULL. */
static inline bool known_opens_data(
    const struct known *k, const struct nos_assoc *source, const struct nos_group *group)
{
	static const struct nos_assoc_key any = { 0 };
	NOS_AUTO(secret) k_s = { 0 };
	struct nos_err err = { 0 };

	for (size_t i = 0; i < source->key_count; i++) {
		assert_int_equal(nos_assoc_auth(source, &source->keys[i], &k_s, &err), NOS_OK);
		if (known_opens_pack(k, &source->keys[i].value, &k_s))
			return true;
	}
	assert_int_equal(nos_assoc_auth(source, &any, &k_s, &err), NOS_OK);
	for (size_t i = 0; group && i < group->key_count; i++)
		if (known_opens_pack(k, &group->keys[i].value, &k_s))
			return true;
	return false;
}

/* Is one of the source's keys of that kind among them? */
static inline bool known_has_key(const struct known *k, const struct nos_assoc *source, char kind)
{
	for (size_t i = 0; i < source->key_count; i++)
		if (source->keys[i].name.kind == kind && known_has(k, &source->keys[i].value))
			return true;
	return false;
}

#endif
