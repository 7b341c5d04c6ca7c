/* SPDX-License-Identifier: MIT */
#include "thief.h"

#include <string.h>

#include "key/eviction.h"
#include "key/session.h"

void thief_begin(struct thief *t, const struct nos_keyring *whose)
{
	const struct nos_secret none = { .len = 32 };

	*t = (struct thief){ .ring = { .node = whose->node, .shared = whose->shared } };
	memcpy(t->ring.source, whose->source, sizeof(t->ring.source));
	memcpy(t->ring.scheme, whose->scheme, sizeof(t->ring.scheme));
	memcpy(t->ring.sign, whose->sign, sizeof(t->ring.sign));
	memcpy(t->ring.pin, whose->pin, sizeof(t->ring.pin));
	/* Who has no K_S tries without. */
	thief_add_auth(t, &none);
}

void thief_release(struct thief *t)
{
	explicit_bzero(t, sizeof(*t));
}

/* ---- what it has ---- */

bool thief_has(const struct thief *t, const struct nos_name *name, const struct nos_secret *value)
{
	for (size_t i = 0; i < t->key_count; i++)
		if (nos_name_eq(&t->keys[i].name, name) && nos_secret_eq(&t->keys[i].value, value))
			return true;
	return false;
}

void thief_add_key(struct thief *t, const struct nos_name *name, const struct nos_secret *value)
{
	if (value->len && t->key_count < THIEF_KEYS && !thief_has(t, name, value))
		t->keys[t->key_count++] = (struct nos_scheme_key){ *name, *value };
}

void thief_add_auth(struct thief *t, const struct nos_secret *k_s)
{
	for (size_t i = 0; i < t->auth_count; i++)
		if (nos_secret_eq(&t->auths[i], k_s))
			return;
	if (t->auth_count < THIEF_AUTHS)
		t->auths[t->auth_count++] = *k_s;
}

void thief_add_clock(struct thief *t, const struct nos_session *clock)
{
	for (size_t i = 0; i < t->clock_count; i++)
		if (nos_secret_eq(&t->clocks[i].a, &clock->a))
			return;
	if (clock->a.len && t->clock_count < THIEF_CLOCKS)
		t->clocks[t->clock_count++] = *clock;
}

void thief_add_path(struct thief *t, const struct nos_lkh_path *path)
{
	for (size_t i = 0; i < t->path_count; i++)
		if (t->paths[i].epoch == path->epoch && t->paths[i].leaf == path->leaf)
			return;
	if (path->depth && t->path_count < THIEF_PATHS)
		t->paths[t->path_count++] = *path;
}

/* A clock that it runs itself goes through fewer changes than a keyring that follows: only the
 * first of those is noted, and the one of each epoch. */
static void learn_clock(struct thief *t, const struct nos_session *clock)
{
	for (size_t i = 0; i < t->clock_count; i++)
		if (t->clocks[i].epoch == clock->epoch)
			return;
	thief_add_clock(t, clock);
}

enum nos_code thief_learn(struct thief *t, struct nos_err *err)
{
	const struct nos_keyring *k = &t->ring;
	NOS_AUTO(secret) auth = { 0 };

	for (size_t i = 0; i < k->key_count; i++)
		thief_add_key(t, &k->keys[i].name, &k->keys[i].value);
	learn_clock(t, &k->group.clock);
	thief_add_path(t, &k->group.path);
	if (!k->z_key.len)
		return NOS_OK;
	if (nos_derive_static(&k->z_key, NOS_DERIVE_AUTH, &auth, err))
		return err->code;
	thief_add_auth(t, &auth);
	return NOS_OK;
}

/* ---- what it makes of it ---- */

enum nos_code thief_listen(struct thief *t, const struct scene *s, size_t from, struct nos_err *err)
{
	for (size_t i = from; i < s->air.count; i++) {
		const struct scene_message *m = &s->air.list[i];
		const struct nos_span message = { m->bytes, m->len };
		enum nos_holder_did did;
		bool took;

		if (m->kind != SCENE_TOLD && m->kind != SCENE_HEARD)
			continue;
		if (m->kind == SCENE_HEARD)
			(void)!nos_holder_overhear(&t->ring, message, s->now, &took, err);
		else if (t->ring.down.key.len)
			(void)!nos_holder_take(&t->ring, &message, 1, s->now, &did, err);
		if (err->code == NOS_INTERNAL)
			return err->code;
		nos_err_clear(err);
		if (thief_learn(t, err))
			return err->code;
	}
	return NOS_OK;
}

/* Every session that was ordered since, as if its clock were of that epoch. */
static enum nos_code run_clock(
    struct thief *t, const struct scene *s, const struct nos_session *from, struct nos_err *err)
{
	NOS_AUTO(session) clock = *from;
	NOS_AUTO(secret) key = { 0 };

	for (size_t i = 0; i < s->air.count; i++) {
		const struct scene_message *m = &s->air.list[i];
		struct nos_session_order o;
		struct nos_name name;

		if (nos_session_order_decode((struct nos_span){ m->bytes, m->len }, &o, err) ||
		    o.token.t < clock.t) {
			nos_err_clear(err);
			continue;
		}
		while (clock.t < o.token.t)
			if (nos_session_tick(&clock, err))
				return err->code;
		clock.epoch = o.epoch;
		name =
		    (struct nos_name){ s->shared ? 'g' : 's', 3, { o.group, o.epoch, o.token.t } };
		if (nos_session_key(&clock, o.token.h, &key, err))
			return err->code;
		thief_add_key(t, &name, &key);
	}
	return NOS_OK;
}

/* The secret of an epoch found: the key of a tree group, and the clocks with it. */
static enum nos_code use_b(
    struct thief *t, const struct nos_eviction *v, const struct nos_secret *b, struct nos_err *err)
{
	const struct nos_name name = { 't', 2, { v->turn.group, v->turn.epoch } };
	const size_t before = t->clock_count;

	thief_add_key(t, &name, b);
	for (size_t i = 0; i < before; i++) {
		NOS_AUTO(session) clock = t->clocks[i];

		if (clock.t > v->t || clock.epoch + 1 != v->turn.epoch)
			continue;
		while (clock.t < v->t)
			if (nos_session_tick(&clock, err))
				return err->code;
		if (nos_session_begin_epoch(&clock, v->turn.epoch, b, err))
			return err->code;
		thief_add_clock(t, &clock);
	}
	return NOS_OK;
}

/* The wrap of a level, by a key that may be its sibling's; its confirm tells. */
static enum nos_code try_wrap(struct thief *t, const struct nos_eviction *v, unsigned level,
    const struct nos_secret *key, struct nos_err *err)
{
	const uint32_t number = nos_lkh_sibling(nos_lkh_number(v->turn.depth, v->leaf, level));
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(secret) s = { 0 };

	if (nos_lkh_unwrap(&v->turn, v->confirm, number, key, v->wraps[level], &s, err) ||
	    nos_lkh_climb(&v->turn, level, &s, &climb, err))
		return err->code;
	return nos_secret_same(climb.confirm, v->confirm, NOS_LKH_CONFIRM_LEN)
		   ? use_b(t, v, &climb.b, err)
		   : NOS_OK;
}

/* A path that is older than the epoch before goes on to it, as every member's does. */
static enum nos_code try_path(struct thief *t, const struct nos_eviction *v,
    const struct nos_lkh_path *from, struct nos_err *err)
{
	NOS_AUTO(lkh_path) p = *from;

	if (p.depth != v->turn.depth || p.group != v->turn.group)
		return NOS_OK;
	if (p.epoch + 1 < v->turn.epoch && nos_lkh_path_step(&p, v->turn.epoch - 1, err))
		return err->code;
	for (unsigned h = 0; h < p.depth; h++) {
		const uint32_t on_way = nos_lkh_number(v->turn.depth, v->leaf, h);

		if (nos_lkh_number(p.depth, p.leaf, h) == nos_lkh_sibling(on_way) &&
		    try_wrap(t, v, h, &p.keys[h], err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code thief_work(struct thief *t, const struct scene *s, struct nos_err *err)
{
	for (size_t i = 0; i < s->air.count; i++) {
		const struct scene_message *m = &s->air.list[i];
		struct nos_eviction v;

		if (m->kind != SCENE_HEARD ||
		    nos_eviction_open(
			(struct nos_span){ m->bytes, m->len }, t->ring.sign, &v, err)) {
			nos_err_clear(err);
			continue;
		}
		for (size_t p = 0; p < t->path_count; p++)
			if (try_path(t, &v, &t->paths[p], err))
				return err->code;
	}
	for (size_t c = 0; c < t->clock_count; c++)
		if (run_clock(t, s, &t->clocks[c], err))
			return err->code;
	return NOS_OK;
}

/* ---- what it is good for ---- */

bool thief_opens(const struct thief *t, const struct scene_message *pack)
{
	const struct nos_str jwe = { (const char *)pack->bytes, pack->len };
	NOS_AUTO(scan) scan = { 0 };
	struct nos_err err = { 0 };
	struct nos_header head;

	if (nos_header_read(jwe, NOS_HEADER_PACK, NOS_PACK_MAX, &scan, &head, &err))
		return false;
	for (size_t i = 0; i < t->key_count * t->auth_count; i++) {
		const struct nos_scheme_key *key = &t->keys[i / t->auth_count];
		const struct scene_seal seal = { key->name, key->value, t->auths[i % t->auth_count],
			nos_str_of(head.source), head.seq };
		NOS_AUTO(pack_keys) keys = { 0 };
		NOS_AUTO(buf) text = { 0 };

		if (!nos_name_eq(&key->name, &head.name))
			continue;
		nos_buf_init_secret(&text, NOS_PACK_MAX);
		nos_err_clear(&err);
		if (!scene_keys(&seal, &keys, &err) && !nos_pack_open(&keys, jwe, &text, &err))
			return nos_str_is(nos_buf_str(&text), SCENE_TEXT);
	}
	return false;
}

uint64_t thief_count(
    const struct thief *t, const struct scene *s, size_t from, size_t to, uint64_t *ret_all)
{
	uint64_t opened = 0;

	*ret_all = 0;
	for (size_t i = from; i < to && i < s->air.count; i++) {
		if (s->air.list[i].kind != SCENE_PACK)
			continue;
		opened += thief_opens(t, &s->air.list[i]);
		(*ret_all)++;
	}
	return opened;
}
