/* SPDX-License-Identifier: MIT */
/* What is said again, bent, by another, or at another node. Member 0 is the victim. */
#include <string.h>

#include "robustness.h"
#include "thief.h"

#define MEMBERS 3
#define RENAMES 260 /* more than the paper's names are */
#define EVERY	10  /* of them a pack */

static struct nos_span bytes_of(const struct scene_message *m)
{
	return (struct nos_span){ m->bytes, m->len };
}

/* Re-keys, and now and then a pack. */
static enum nos_code go_on(struct attack *a, struct scene *s, struct nos_err *err)
{
	const unsigned renames = a->b->o->quick ? RENAMES / 4 : RENAMES;

	for (unsigned i = 0; i < renames; i++)
		if (scene_rekey(s, 0, err) || (i % EVERY == 0 && scene_send(s, 0, err)))
			return err->code;
	return scene_send(s, 0, err);
}

/* ---- 9: replays ---- */

enum nos_code attack_again_pack(struct attack *a, struct nos_err *err)
{
	SCENE_AUTO s = { 0 };
	size_t end;

	if (scene_open(&s, a->b, a->scheme, false, 1, err) || go_on(a, &s, err))
		return err->code;
	end = s.air.count;
	if (!a->defence)
		s.members[0].window = (struct nos_window){ 0 };
	for (size_t i = 0; i < end; i++) {
		if (s.air.list[i].kind != SCENE_PACK)
			continue;
		if (scene_take(&s, bytes_of(&s.air.list[i]), err) == NOS_INTERNAL)
			return err->code;
		a->k += !err->code;
		a->m++;
		nos_err_clear(err);
	}
	return NOS_OK;
}

/* All that was told and heard, one after another, to the keyring of now, or of then. */
static enum nos_code replay(struct attack *a, const struct scene *s, struct nos_keyring *k,
    enum scene_kind kind, size_t from, struct nos_err *err)
{
	for (size_t i = from; i < s->air.count; i++) {
		const struct nos_span message = bytes_of(&s->air.list[i]);
		enum nos_holder_did did = NOS_HOLDER_NOTHING;
		bool took = false;

		if (s->air.list[i].kind != kind)
			continue;
		if (kind == SCENE_HEARD)
			(void)!nos_holder_overhear(k, message, s->now, &took, err);
		else
			(void)!nos_holder_take(k, &message, 1, s->now, &did, err);
		if (err->code == NOS_INTERNAL)
			return err->code;
		nos_err_clear(err);
		a->k += took || did == NOS_HOLDER_TOOK;
		a->m++;
	}
	return NOS_OK;
}

static enum nos_code again(struct attack *a, enum scene_kind kind, struct nos_err *err)
{
	SCENE_AUTO s = { 0 };
	NOS_AUTO(keyring) then = { 0 };
	size_t from;

	if (scene_open(&s, a->b, a->scheme, false, 1, err))
		return err->code;
	then = s.members[0].source;
	from = s.air.count;
	if (go_on(a, &s, err))
		return err->code;
	return replay(
	    a, &s, a->defence ? &s.members[0].source : &then, kind, a->defence ? 0 : from, err);
}

enum nos_code attack_again_message(struct attack *a, struct nos_err *err)
{
	return again(a, SCENE_TOLD, err);
}

enum nos_code attack_again_order(struct attack *a, struct nos_err *err)
{
	return again(a, SCENE_HEARD, err);
}

/* An ask that was answered, while its nonce is good; without: at a node that forgets. */
enum nos_code attack_again_ask(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		NOS_AUTO(assoc) before = { 0 };
		struct nos_offer_asked asked = { 0 };
		struct scene_member *m;

		if (scene_open(&s, a->b, a->scheme, false, 1, err))
			return err->code;
		m = &s.members[0];
		before = m->node;
		if (scene_ask(&s, 0, false, err) || scene_send(&s, 0, err))
			return err->code;
		for (size_t j = 0; j < s.air.count; j++) {
			if (s.air.list[j].kind != SCENE_ASK)
				continue;
			if (nos_offer_read(a->defence ? &m->node : &before, &m->world,
				bytes_of(&s.air.list[j]), s.nonce, 1, &asked, err) == NOS_INTERNAL)
				return err->code;
			a->k += !err->code && !asked.again;
			a->m++;
			nos_err_clear(err);
		}
	}
	return NOS_OK;
}

/* ---- 10: an insider as another ---- */

enum nos_code attack_again_insider(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		struct scene_seal victim, insider;
		NOS_AUTO(buf) pack = { 0 };

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) ||
		    scene_seal_of(&s.members[0].source, &victim, err) ||
		    scene_seal_of(&s.members[1].source, &insider, err))
			return err->code;
		insider.source = victim.source;
		insider.name = victim.name;
		insider.seq = victim.seq;
		if (!a->defence) {
			insider.auth = victim.auth;
			insider.value = victim.value;
		}
		if (scene_pack(&insider, &pack, err))
			return err->code;
		if (scene_take(&s, nos_buf_span(&pack), err) == NOS_INTERNAL)
			return err->code;
		a->k += !err->code;
		a->m++;
		nos_err_clear(err);
	}
	return NOS_OK;
}

/* ---- 16: bent ---- */

static enum nos_code try_bent(struct attack *a, struct scene *s, const struct scene_message *m,
    const struct nos_keyring *then, size_t bit, struct nos_err *err)
{
	const struct nos_span message = bytes_of(m);
	NOS_AUTO(keyring) k = *then;
	enum nos_holder_did did = NOS_HOLDER_NOTHING;
	bool took = false;

	if (a->defence)
		m->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	if (m->kind == SCENE_PACK) {
		s->members[0].window = (struct nos_window){ 0 };
		took = !scene_take(s, message, err);
	} else if (m->kind == SCENE_HEARD) {
		(void)!nos_holder_overhear(&k, message, s->now, &took, err);
	} else {
		(void)!nos_holder_take(&k, &message, 1, s->now, &did, err);
	}
	if (a->defence)
		m->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	a->k += took || did == NOS_HOLDER_TOOK;
	a->m++;
	if (err->code == NOS_INTERNAL)
		return err->code;
	nos_err_clear(err);
	return NOS_OK;
}

/* Bits of a message: each of them, or some of a long one. */
static enum nos_code bend(struct attack *a, struct scene *s, size_t i,
    const struct nos_keyring *then, struct nos_err *err)
{
	const struct scene_message *m = &s->air.list[i];
	const size_t bits = m->len * 8, most = a->b->o->quick ? 64 : 512;

	for (size_t j = 0; j < bits && j < most; j++) {
		const size_t bit = bits <= most ? j : (size_t)bench_random_below(s->random, bits);

		if (try_bent(a, s, m, then, bit, err))
			return err->code;
	}
	return NOS_OK;
}

/* An order says its epoch without proof, which is mended by the next: it is not bent here. */
static bool is_proved(const struct scene_message *m)
{
	return m->kind == SCENE_TOLD || m->kind == SCENE_PACK ||
	       (m->kind == SCENE_HEARD && nos_eviction_is(bytes_of(m)));
}

enum nos_code attack_again_flip(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		NOS_AUTO(keyring) then = { 0 };
		NOS_AUTO(keyring) before = { 0 }; /* the eviction */
		size_t from, end;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err))
			return err->code;
		then = s.members[0].source;
		from = s.air.count;
		if (scene_rekey(&s, 0, err) || scene_send(&s, 0, err))
			return err->code;
		before = s.members[0].source;
		if (scene_is_grouped(&s) && scene_group_evict(&s, s.members[2].leaf, err))
			return err->code;
		end = s.air.count;
		for (size_t j = from; j < end; j++)
			if (s.air.list[j].member == 0 && is_proved(&s.air.list[j]) &&
			    bend(
				a, &s, j, s.air.list[j].kind == SCENE_HEARD ? &before : &then, err))
				return err->code;
	}
	return NOS_OK;
}

/* ---- 17: at another node ---- */

/* A source that both know under the same id; without: both have the same keys of it. */
enum nos_code attack_again_node(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO here = { 0 };
		SCENE_AUTO there = { 0 };
		struct scene_member *m;

		if (scene_open(&here, a->b, a->scheme, false, 1, err) ||
		    scene_open(&there, a->b, a->scheme, false, 1, err) || scene_send(&here, 0, err))
			return err->code;
		m = &there.members[0];
		memcpy(m->source.source, here.members[0].source.source, sizeof(m->source.source));
		if (!a->defence) {
			m->node = here.members[0].node;
			there.group = here.group;
		}
		if (scene_take(&there, bytes_of(&here.air.list[here.air.count - 1]), err) ==
		    NOS_INTERNAL)
			return err->code;
		a->k += !err->code;
		a->m++;
		nos_err_clear(err);
	}
	return NOS_OK;
}
