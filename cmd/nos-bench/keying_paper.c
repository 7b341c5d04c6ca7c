/* SPDX-License-Identifier: MIT */
/* The paper's two schemes, as printed.h has them. */
#include "crypto/random.h"
#include "keying.h"

/* ---- Dini et al. ---- */

struct dini {
	struct printed_key global, before[KEYING_SOURCES], made[KEYING_SOURCES];
	struct printed_key taken[KEYING_SOURCES];
	uint8_t packets[KEYING_SOURCES][PRINTED_PACKET_MAX];
	size_t len[KEYING_SOURCES];
	uint8_t incr;
	bool begun;
};

static const uint8_t reply = PRINTED_REPLY;

/* A key's name says which node made it: one byte of that in the first scenario, two in the second.
 */
static size_t node_len(const struct keying_run *r)
{
	return r->what->sources < KEYING_SOURCES ? 1 : 2;
}

static enum nos_code draw(struct printed_key *k, struct printed_count *c, struct nos_err *err)
{
	c->keys++;
	return nos_random_bytes(k->value, sizeof(k->value), err);
}

static enum nos_code dini_ready(struct keying_run *r, struct nos_err *err)
{
	struct printed_count unused = { 0 };
	struct dini *d = r->own;

	if (!d->begun) {
		printed_dini_name(0, 1, 1, &d->global.name, &unused);
		if (draw(&d->global, &unused, err))
			return err->code;
		for (unsigned i = 0; i < r->what->sources; i++)
			if (draw(&d->before[i], &unused, err))
				return err->code;
	}
	d->begun = true;
	d->incr++;
	return NOS_OK;
}

static enum nos_code dini_make(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct dini *d = r->own;
	const bool first = r->what->first;

	printed_dini_name(1, d->incr, node_len(r), &d->made[i].name, &r->count);
	if (draw(&d->made[i], &r->count, err))
		return err->code;
	if (first ? printed_dini_install(
			&d->global, &d->made[i], d->packets[i], &d->len[i], &r->count, err)
		  : printed_dini_replace(
			&d->before[i], &d->made[i], d->packets[i], &d->len[i], &r->count, err))
		return err->code;
	r->down[i] = (struct nos_span){ d->packets[i], d->len[i] };
	return NOS_OK;
}

static enum nos_code dini_take(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct dini *d = r->own;

	if (printed_dini_take(r->what->first ? &d->global : &d->before[i], d->packets[i], d->len[i],
		node_len(r) + 1, &d->taken[i], &r->count, err))
		return err->code;
	d->before[i] = d->taken[i];
	r->up[i] = (struct nos_span){ &reply, sizeof(reply) };
	return nos_secret_same(d->taken[i].value, d->made[i].value, PRINTED_KEY)
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "the paper's dini gave two keys");
}

const struct keying_hand keying_paper_dini = {
	.size = sizeof(struct dini), .ready = dini_ready, .make = dini_make, .take = dini_take
};

/* ---- Di Pietro et al. ---- */

struct dipietro {
	struct printed_session node, members[KEYING_SOURCES];
	struct printed_msg order;
	uint8_t bytes[PRINTED_MSG_LEN];
	bool begun;
};

static enum nos_code dipietro_ready(struct keying_run *r, struct nos_err *err)
{
	uint8_t seeds[2][PRINTED_KEY];
	struct printed_count unused = { 0 };
	struct dipietro *d = r->own;

	if (d->begun)
		return NOS_OK;
	d->begun = true;
	if (nos_random_bytes(seeds, sizeof(seeds), err) ||
	    printed_session_begin(&d->node, PRINTED_EVOLVING, seeds[0], seeds[1], &unused, err))
		return err->code;
	for (unsigned i = 0; i < r->what->sources; i++)
		d->members[i] = d->node;
	return NOS_OK;
}

/* The order is under the last key that all have made, so it goes before the node's own step. */
static enum nos_code dipietro_turn(struct keying_run *r, struct nos_err *err)
{
	static const uint8_t text[PRINTED_KEY] = "rekey";
	struct dipietro *d = r->own;

	if (printed_session_say(&d->node, PRINTED_MSG_UPDATE, text, &d->order, &r->count, err) ||
	    printed_session_update(&d->node, &r->count, err))
		return err->code;
	d->bytes[0] = d->order.type;
	d->bytes[1] = d->order.session;
	for (size_t i = 0; i < PRINTED_KEY; i++)
		d->bytes[2 + i] = d->order.block[i];
	for (unsigned i = 0; i < r->what->sources; i++)
		r->down[i] = (struct nos_span){ d->bytes, sizeof(d->bytes) };
	return NOS_OK;
}

static enum nos_code dipietro_take(struct keying_run *r, unsigned i, struct nos_err *err)
{
	struct dipietro *d = r->own;
	uint8_t text[PRINTED_KEY];

	if (printed_session_hear(&d->members[i], &d->order, text, &r->count, err))
		return err->code;
	return nos_secret_same(d->members[i].k, d->node.k, PRINTED_KEY)
		   ? NOS_OK
		   : nos_err_set(err, NOS_INTERNAL, "the paper's dipietro gave two keys");
}

const struct keying_hand keying_paper_dipietro = { .size = sizeof(struct dipietro),
	.ready = dipietro_ready,
	.turn = dipietro_turn,
	.broadcast = true,
	.take = dipietro_take };
