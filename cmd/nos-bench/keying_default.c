/* SPDX-License-Identifier: MIT */
/* What nos-serve and nos-send do, on copies of what they keep: each run begins where the last did.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/random.h"
#include "keying.h"
#include "group/groups_text.h"
#include "scheme/holder.h"

struct own {
	struct nos_record records[KEYING_SOURCES];
	struct nos_issuer worlds[KEYING_SOURCES];
	struct nos_keyring keyrings[KEYING_SOURCES];
	struct nos_group_chain chain;
	uint8_t order[NOS_SESSION_ORDER_MAX];
};

static struct party_source *source_of(const struct keying_run *r, unsigned i)
{
	return &r->p->sources[r->what->scheme][i];
}

static enum nos_code ready(struct keying_run *r, struct nos_err *err)
{
	struct own *o = r->own;

	r->p->party.life.numbers.block = r->p->numbers;
	for (unsigned i = 0; i < r->what->sources; i++) {
		nos_record_release(&o->records[i]);
		o->keyrings[i] = source_of(r, i)->keyring;
		if (party_read(&r->p->party, source_of(r, i), &o->records[i], &o->worlds[i], err))
			return err->code;
	}
	return NOS_OK;
}

static void drop(struct keying_run *r)
{
	struct own *o = r->own;

	for (unsigned i = 0; i < KEYING_SOURCES; i++)
		nos_record_release(&o->records[i]);
}

/* ---- a message to each ---- */

static enum nos_code missing(struct nos_err *err)
{
	return nos_err_set(err, NOS_INTERNAL, "no key message came of it");
}

/* The last message of those that wait is the one that was made now. */
static enum nos_code note_down(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct own *o = r->own;
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	const size_t count = party_list(&r->p->party, &o->records[i], list);

	if (!count)
		return missing(err);
	r->down[i] = list[count - 1];
	return NOS_OK;
}

static enum nos_code replace(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct own *o = r->own;
	enum nos_issuer_did did;

	if (nos_issuer_replace(&o->records[i].a, &o->worlds[i], &did, err))
		return err->code;
	return note_down(r, i, err);
}

static enum nos_code take(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct own *o = r->own;
	struct nos_keyring *k = &o->keyrings[i];
	struct nos_span list[NOS_ASSOC_OUT_MAX];
	const size_t count = party_list(&r->p->party, &o->records[i], list);
	enum nos_holder_did did;

	if (nos_holder_take(k, list, count, o->worlds[i].now, &did, err) || nos_holder_ack(k, err))
		return err->code;
	r->up[i] = (struct nos_span){ k->ack, k->ack_len };
	return NOS_OK;
}

static enum nos_code hear(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct own *o = r->own;
	bool changed;

	return nos_issuer_acked(&o->records[i].a, &o->worlds[i], r->up[i], &changed, err);
}

const struct keying_hand keying_default_single = { .size = sizeof(struct own),
	.ready = ready,
	.make = replace,
	.take = take,
	.hear = hear,
	.drop = drop };

/* ---- an epoch of a tree, which each member pulls ---- */

static struct nos_group_step step_of(const struct keying_run *r)
{
	const struct own *o = r->own;

	return (struct nos_group_step){ o->worlds[0].now, o->worlds[0].overlap_ms };
}

static enum nos_code heal(struct keying_run *r, struct nos_err *err)
{
	const struct nos_group_step step = step_of(r);
	struct nos_group *g = &r->p->party.life.group;
	NOS_AUTO(secret) b = { 0 };

	return nos_random_secret(&b, NOS_SESSION_B_LEN, err)
		   ? err->code
		   : nos_group_turn(g, g->clock.epoch + 1, NOS_GROUP_HEALED, 0, &b, &step, err);
}

static enum nos_code fill(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct own *o = r->own;
	bool changed;

	if (nos_issuer_fill(&o->records[i].a, &o->worlds[i], &changed, err))
		return err->code;
	return note_down(r, i, err);
}

const struct keying_hand keying_default_heal = { .size = sizeof(struct own),
	.ready = ready,
	.turn = heal,
	.make = fill,
	.take = take,
	.hear = hear,
	.drop = drop };

/* ---- an order, the same for all ---- */

static enum nos_code read_chain(struct keying_run *r, struct nos_err *err)
{
	const struct party *p = &r->p->party;
	struct own *o = r->own;
	NOS_AUTO(buf) text = { 0 };
	char key[24];
	uint64_t rev;

	nos_buf_init(&text, NOS_GROUPS_TEXT_MAX);
	snprintf(key, sizeof(key), "%llu", (unsigned long long)p->life.group.number);
	return nos_store_get(p->store, NOS_GROUPS_CHAINS_NS, nos_str_of(key), &text, &rev, err)
		   ? err->code
		   : nos_groups_text_chain_decode(
			 p->life.group.number, nos_buf_str(&text), &p->vault, &o->chain, err);
}

static enum nos_code order_ready(struct keying_run *r, struct nos_err *err)
{
	return ready(r, err) ? err->code : read_chain(r, err);
}

/* The token out of its chain, the session's key, and the order that releases the token. */
static enum nos_code order(struct keying_run *r, struct nos_err *err)
{
	const struct nos_group_step step = step_of(r);
	struct nos_group *g = &r->p->party.life.group;
	uint8_t token[NOS_SESSION_TOKEN_LEN];
	struct own *o = r->own;
	NOS_AUTO(buf) bytes = { 0 };

	nos_buf_init(&bytes, sizeof(o->order));
	if (nos_group_chain_token(
		&o->chain, r->p->party.life.node, g->number, g->clock.t + 1, token, err) ||
	    nos_group_tick(g, token, &step, err))
		return err->code;
	if (!nos_group_order(g, &bytes) || nos_buf_check(&bytes, "order", err))
		return err->code ? err->code : missing(err);
	memcpy(o->order, bytes.p, bytes.len);
	for (unsigned i = 0; i < r->what->sources; i++)
		r->down[i] = (struct nos_span){ o->order, bytes.len };
	return NOS_OK;
}

static enum nos_code overhear(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct own *o = r->own;
	bool took;

	if (nos_holder_overhear(&o->keyrings[i], r->down[i], o->worlds[i].now, &took, err))
		return err->code;
	return took ? NOS_OK : nos_err_set(err, NOS_INTERNAL, "an order was not taken");
}

const struct keying_hand keying_default_order = { .size = sizeof(struct own),
	.ready = order_ready,
	.broadcast = true,
	.turn = order,
	.take = overhear,
	.drop = drop };
