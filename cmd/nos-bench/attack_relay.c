/* SPDX-License-Identifier: MIT */
/* A neighbour that carries packs: member 0 sends through member 1. */
#include "key/hop.h"
#include "robustness.h"
#include "thief.h"

#define MEMBERS 2
#define FLIPS	32 /* bits of a pack */

/* A pack in its frame, as the relay gets it. */
struct carried {
	struct nos_secret link; /* K_SM, which both have */
	struct scene_seal seal;
	struct nos_buf pack, frame;
};

static void carried_release(struct carried *c)
{
	nos_buf_release(&c->pack);
	nos_buf_release(&c->frame);
	explicit_bzero(c, sizeof(*c));
}

#define CARRIED_AUTO __attribute__((cleanup(carried_release))) struct carried

static enum nos_code carry(struct scene *s, struct carried *c, struct nos_err *err)
{
	const struct nos_str source = s->members[0].world.source;
	NOS_AUTO(secret) relay = { 0 };

	nos_buf_init(&c->frame, NOS_PACK_MAX + NOS_HOP_OVERHEAD);
	if (nos_hop_relay_key(&s->members[1].source.z_key, &relay, err) ||
	    nos_hop_link(&relay, source, &c->link, err) ||
	    scene_seal_of(&s->members[0].source, &c->seal, err) ||
	    scene_pack(&c->seal, &c->pack, err) ||
	    nos_hop_seal(&c->link, 0, source, nos_buf_span(&c->pack), &c->frame, err))
		return err->code;
	s->members[0].source.next++;
	return NOS_OK;
}

/* At the node: the frame's tag, then its pack. */
static enum nos_code arrive(struct scene *s, const struct carried *c, struct nos_span pack,
    bool *ret_taken, struct nos_err *err)
{
	NOS_AUTO(buf) frame = { 0 };
	struct nos_hop hop;

	*ret_taken = false;
	nos_buf_init(&frame, NOS_PACK_MAX + NOS_HOP_OVERHEAD);
	if (nos_hop_seal(&c->link, 0, c->seal.source, pack, &frame, err) ||
	    nos_hop_read(nos_buf_span(&frame), &hop, err))
		return err->code;
	*ret_taken = nos_hop_is_good(&hop, &c->link) && !scene_take(s, hop.pack, err);
	if (err->code != NOS_INTERNAL)
		nos_err_clear(err);
	return err->code;
}

enum nos_code attack_relay_reads(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		THIEF_AUTO t = { 0 };
		CARRIED_AUTO c = { 0 };
		struct nos_hop hop;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || carry(&s, &c, err))
			return err->code;
		t.ring = s.members[a->defence ? 1 : 0].source;
		if (thief_learn(&t, err) || nos_hop_read(nos_buf_span(&c.frame), &hop, err))
			return err->code;
		a->k += thief_opens(
		    &t, &(struct scene_message){ .len = hop.pack.len,
			    .bytes = (uint8_t *)c.frame.p + (hop.pack.p - (uint8_t *)c.frame.p) });
		a->m++;
	}
	return NOS_OK;
}

/* With the source's keys it seals what it likes under the same number. */
static enum nos_code alter(
    struct attack *a, struct scene *s, struct carried *c, struct nos_err *err)
{
	NOS_AUTO(buf) other = { 0 };
	bool taken;

	for (unsigned i = 0; i < FLIPS; i++) {
		const size_t bit = (size_t)bench_random_below(s->random, c->pack.len * 8);
		char *byte = &c->pack.p[bit / 8];

		s->members[0].window = (struct nos_window){ 0 };
		if (!a->defence)
			break;
		*byte = (char)(*byte ^ (1 << bit % 8));
		if (arrive(s, c, nos_buf_span(&c->pack), &taken, err))
			return err->code;
		*byte = (char)(*byte ^ (1 << bit % 8));
		a->k += taken;
		a->m++;
	}
	if (a->defence)
		return NOS_OK;
	if (scene_pack(&c->seal, &other, err) || arrive(s, c, nos_buf_span(&other), &taken, err))
		return err->code;
	a->k += taken;
	a->m++;
	return NOS_OK;
}

enum nos_code attack_relay_flips(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		CARRIED_AUTO c = { 0 };

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || carry(&s, &c, err) ||
		    alter(a, &s, &c, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code attack_relay_again(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		CARRIED_AUTO c = { 0 };
		bool taken;

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || carry(&s, &c, err) ||
		    arrive(&s, &c, nos_buf_span(&c.pack), &taken, err))
			return err->code;
		if (!taken)
			return nos_err_set(err, NOS_INTERNAL, "what is carried is not taken");
		if (!a->defence)
			s.members[0].window = (struct nos_window){ 0 };
		if (arrive(&s, &c, nos_buf_span(&c.pack), &taken, err))
			return err->code;
		a->k += taken;
		a->m++;
	}
	return NOS_OK;
}

enum nos_code attack_relay_drops(struct attack *a, struct nos_err *err)
{
	const struct nos_span answer = nos_str_bytes(NOS_STR("{\"accepted\":1}"));

	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		CARRIED_AUTO c = { 0 };
		NOS_AUTO(pack_keys) own = { 0 };
		NOS_AUTO(pack_keys) theirs = { 0 };
		struct scene_seal forger;
		char receipt[NOS_PACK_RECEIPT_LEN];

		if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err) || carry(&s, &c, err) ||
		    scene_seal_of(&s.members[a->defence ? 1 : 0].source, &forger, err) ||
		    scene_keys(&c.seal, &own, err) || scene_keys(&forger, &theirs, err) ||
		    nos_pack_receipt(&theirs, nos_buf_span(&c.pack), answer, receipt, err))
			return err->code;
		a->k += nos_pack_receipt_is_good(
		    &own, nos_buf_span(&c.pack), answer, nos_str_of(receipt));
		a->m++;
	}
	return NOS_OK;
}
