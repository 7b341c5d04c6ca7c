/* SPDX-License-Identifier: MIT */
/* What is read once something was stolen, of what was sealed before and after. */
#include <string.h>

#include "crypto/jose.h"
#include "envelope/grant.h"
#include "registry/record.h"
#include "robustness.h"
#include "scheme/dini.h"
#include "thief.h"

#define MEMBERS 2
#define STEPS	3 /* re-keys of a part of a story, each with a pack behind it */

/* Member 0 sends under one key after another. */
static enum nos_code go_on(struct scene *s, struct nos_err *err)
{
	for (unsigned i = 0; i < STEPS; i++)
		if (scene_rekey(s, 0, err) || scene_send(s, 0, err))
			return err->code;
	return NOS_OK;
}

static void count(struct attack *a, const struct thief *t, const struct scene *s, size_t from)
{
	uint64_t all;

	a->k += thief_count(t, s, from, s->air.count, &all);
	a->m += all;
}

/* ---- 1: the node's key ---- */

/* E_S, from m1. */
static enum nos_code open_m1(const struct scene *s, struct nos_ecdh_point *ret_once,
    uint8_t ret_hash[static NOS_HASH_LEN], struct nos_err *err)
{
	const struct scene_message *m1 = &s->air.list[0];
	const struct nos_span bytes = { m1->bytes, m1->len };
	struct nos_grant_request request;
	NOS_AUTO(scan) scan = { 0 };
	NOS_AUTO(buf) plain = { 0 };

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	if (nos_jose_open_with(
		&s->own, (struct nos_str){ (const char *)bytes.p, bytes.len }, &plain, err) ||
	    nos_grant_request_decode(nos_buf_str(&plain), &scan, &request, err) ||
	    nos_hash_sha256(&bytes, 1, ret_hash, err))
		return err->code;
	*ret_once = request.once;
	return NOS_OK;
}

/* The registration made again, with this private number for E_N's. E_N itself, which went sealed,
 * is given as well: it is no secret that anything should hang on. */
static enum nos_code register_as(
    struct thief *t, const struct scene *s, const struct nos_secret *once, struct nos_err *err)
{
	const struct scene_member *m = &s->members[0];
	struct nos_ecdh_point e_s, e_n;
	uint8_t hash[NOS_HASH_LEN];
	const struct nos_derive_registration c = { { hash, sizeof(hash) },
		{ e_n.bytes, sizeof(e_n.bytes) }, SCENE_NODE, m->world.source };
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(secret) once_once = { 0 };
	NOS_AUTO(secret) node_once = { 0 };
	NOS_AUTO(secret) r = { 0 };

	if (open_m1(s, &e_s, hash, err) || nos_ecdh_public(&m->once, &e_n, err) ||
	    nos_ecdh_shared(once, &e_s, &once_once, err) ||
	    nos_ecdh_shared(&s->own, &e_s, &node_once, err) ||
	    nos_derive_root(&m->token, &once_once, &node_once, &r, err) ||
	    nos_derive_base_from(&r, &c, &base, err))
		return err->code;
	t->ring.down = (struct nos_chain){ 0, base.down };
	t->ring.z_key = base.z;
	thief_add_key(t, &(struct nos_name){ 'p', 1, { 1 } }, &base.pair);
	return thief_learn(t, err) ? err->code : thief_listen(t, s, 0, err);
}

enum nos_code attack_theft_node(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || go_on(&s, err))
			return err->code;
		thief_begin(&t, &s.members[0].source);
		if (register_as(&t, &s, a->defence ? &s.own : &s.members[0].once, err))
			return err->code;
		count(a, &t, &s, 0);
	}
	return NOS_OK;
}

/* ---- 2: global keys ---- */

/* Local keys as they would be of a global key and nothing else: their names stand on packs. */
static enum nos_code guess_locals(struct thief *t, const struct scene *s, struct nos_err *err)
{
	const struct nos_secret nothing = { .len = 32 };

	for (uint64_t incr = 1; incr < s->numbers.next; incr++)
		for (unsigned d = 0; d < s->pool.size; d++) {
			const struct nos_dini_local local = { SCENE_NODE, incr,
				{ d + 1, s->pool.keys[d].version } };
			NOS_AUTO(scheme_key) made = { 0 };
			NOS_AUTO(secret) g = { 0 };

			nos_secret_put(&g, s->pool.keys[d].value, NOS_POOL_KEY_LEN);
			if (nos_dini_make(&g, &nothing, &local, &made, err))
				return err->code;
			thief_add_key(t, &made.name, &made.value);
		}
	return NOS_OK;
}

static void take_globals(struct thief *t, const struct scene *s)
{
	struct nos_keyring *k = &t->ring;

	for (unsigned d = 0; d < s->pool.size; d++) {
		struct nos_keyring_global *g = &k->globals[k->global_count++];

		*g = (struct nos_keyring_global){ .domain = d + 1,
			.version = s->pool.keys[d].version };
		nos_secret_put(&g->value, s->pool.keys[d].value, NOS_POOL_KEY_LEN);
	}
}

enum nos_code attack_theft_global(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		size_t from;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err))
			return err->code;
		from = s.air.count;
		thief_begin(&t, &s.members[0].source);
		take_globals(&t, &s);
		if (!a->defence) {
			t.ring.down = s.members[0].source.down;
			t.ring.z_key = s.members[0].source.z_key;
		}
		if (go_on(&s, err) || guess_locals(&t, &s, err) || thief_listen(&t, &s, from, err))
			return err->code;
		count(a, &t, &s, from);
	}
	return NOS_OK;
}

/* ---- 3, 4: one key ---- */

/* The key that is sent under, with all that stands beside it where nothing keeps one from another.
 * The packs under that key itself are not counted: it is what was given. */
static enum nos_code steal_key(
    struct thief *t, const struct scene *s, bool alone, struct nos_err *err)
{
	struct scene_seal seal;

	if (scene_seal_of(&s->members[0].source, &seal, err))
		return err->code;
	thief_begin(t, &s->members[0].source);
	thief_add_key(t, &seal.name, &seal.value);
	thief_add_auth(t, &seal.auth);
	if (alone)
		return NOS_OK;
	t->ring = s->members[0].source;
	return thief_learn(t, err);
}

enum nos_code attack_theft_key(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		uint64_t before;
		size_t at;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || go_on(&s, err) ||
		    scene_rekey(&s, 0, err))
			return err->code;
		at = s.air.count;
		if (steal_key(&t, &s, a->defence, err) || go_on(&s, err) ||
		    thief_listen(&t, &s, at, err) || thief_work(&t, &s, err))
			return err->code;
		a->k += thief_count(&t, &s, 0, at, &before);
		a->m += before;
		count(a, &t, &s, at);
	}
	return NOS_OK;
}

/* ---- 6: the clock, which the paper's seeds have become ---- */

enum nos_code attack_theft_seeds(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		NOS_AUTO(secret) auth = { 0 };
		size_t at;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err))
			return err->code;
		at = s.air.count;
		thief_begin(&t, &s.members[0].source);
		thief_add_clock(&t, &s.members[0].source.group.clock);
		if (nos_derive_static(&s.members[0].source.z_key, NOS_DERIVE_AUTH, &auth, err))
			return err->code;
		if (!a->defence)
			thief_add_auth(&t, &auth);
		if (go_on(&s, err) || thief_work(&t, &s, err))
			return err->code;
		count(a, &t, &s, at);
	}
	return NOS_OK;
}

/* ---- 7: a keyring ---- */

/* What is sent from the theft on, and what is sent once the source has renewed, or would have. */
static enum nos_code with_keyring(struct attack *a, bool until, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		size_t at;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err))
			return err->code;
		at = s.air.count;
		thief_begin(&t, &s.members[0].source);
		t.ring = s.members[0].source;
		if (thief_learn(&t, err) || go_on(&s, err))
			return err->code;
		if (!until) {
			if (a->defence && scene_ask(&s, 0, true, err))
				return err->code;
			if (thief_listen(&t, &s, at, err))
				return err->code;
			at = s.air.count;
			if (scene_send(&s, 0, err) || scene_settle(&s, 0, err) || go_on(&s, err))
				return err->code;
		}
		if (thief_listen(&t, &s, at, err) || thief_work(&t, &s, err))
			return err->code;
		count(a, &t, &s, at);
	}
	return NOS_OK;
}

enum nos_code attack_theft_renewed(struct attack *a, struct nos_err *err)
{
	return with_keyring(a, false, err);
}

enum nos_code attack_theft_open(struct attack *a, struct nos_err *err)
{
	a->formula = 1;
	return with_keyring(a, true, err);
}

/* Of a group whose members may read one another: a member is away, and its keyring is stolen only
 * then. What is read ends with the epoch, in which it is put out. */
enum nos_code attack_theft_away(struct attack *a, struct nos_err *err)
{
	a->formula = (double)STEPS / (2 * STEPS);
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		size_t at;

		if (scene_open(&s, a->b, a->scheme, true, MEMBERS, err))
			return err->code;
		at = s.air.count;
		thief_begin(&t, &s.members[1].source);
		t.ring = s.members[1].source;
		if (go_on(&s, err) || scene_revoke(&s, 1, err) || go_on(&s, err) ||
		    thief_learn(&t, err) || thief_listen(&t, &s, at, err) ||
		    thief_work(&t, &s, err))
			return err->code;
		count(a, &t, &s, at);
	}
	return NOS_OK;
}

/* ---- 18: the store ---- */

/* What a record of the store gives to who has this key file. */
static enum nos_code read_record(struct thief *t, const struct scene *s, const struct nos_buf *text,
    const struct nos_vault *vault, struct nos_err *err)
{
	NOS_AUTO(record) r = { 0 };
	const struct nos_assoc *node = &r.a;

	if (nos_record_decode(nos_str_of(s->members[0].source.source), nos_buf_str(text), vault, &r,
		err) == NOS_DENIED) {
		nos_err_clear(err);
		return nos_record_decode(
		    nos_str_of(s->members[0].source.source), nos_buf_str(text), NULL, &r, err);
	}
	if (err->code)
		return err->code;
	t->ring.down = node->base.down;
	t->ring.z_key = node->base.z_key;
	for (size_t i = 0; i < node->key_count; i++)
		thief_add_key(t, &node->keys[i].name, &node->keys[i].value);
	return thief_learn(t, err);
}

static enum nos_code steal_store(struct thief *t, struct scene *s, bool sealed, struct nos_err *err)
{
	NOS_AUTO(record) r = { .registered = s->now };
	NOS_AUTO(vault) vault = { 0 };
	NOS_AUTO(vault) other = { 0 };
	NOS_AUTO(buf) file = { 0 };
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&file, 4096);
	nos_buf_init(&text, 1u << 20);
	memcpy(r.id, s->members[0].source.source, sizeof(r.id) - 1);
	nos_str_copy(nos_str_of(s->scheme->name), r.scheme, sizeof(r.scheme));
	nos_str_copy(NOS_STR("station"), r.kind, sizeof(r.kind));
	nos_str_copy(NOS_STR("plain"), r.mode, sizeof(r.mode));
	nos_str_copy(NOS_STR("t-0123456789"), r.token, sizeof(r.token));
	r.a = s->members[0].node;
	if (nos_vault_new(&vault, &file, err) || nos_vault_new(&other, &file, err) ||
	    nos_record_encode(&r, &vault, &text, err))
		return err->code;
	return read_record(t, s, &text, sealed ? &other : &vault, err);
}

enum nos_code attack_theft_store(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		size_t at;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || go_on(&s, err))
			return err->code;
		at = s.air.count;
		thief_begin(&t, &s.members[0].source);
		if (steal_store(&t, &s, a->defence, err) || scene_send(&s, 0, err) ||
		    go_on(&s, err) || thief_listen(&t, &s, at, err))
			return err->code;
		count(a, &t, &s, at);
	}
	return NOS_OK;
}
