/* SPDX-License-Identifier: MIT */
/* 20: what nonsense costs who gets it, until it is dropped. */
#include <stdio.h>
#include <string.h>

#include "key/session.h"
#include "past.h"
#include "robustness.h"
#include "scene.h"

#define SAMPLES	  200
#define SAMPLES_Q 15

struct nonsense {
	struct scene *s;
	uint8_t bytes[2048];
	size_t len;
};

/* One piece of it; what is made anew each time is no part of the time. */
typedef enum nos_code nonsense_take(struct nonsense *n, struct nos_err *err);

static enum nos_code hear(struct nonsense *n, struct nos_err *err)
{
	bool took;

	n->s->members[0].source.group.leapt = (struct nos_time){ 0 };
	return scene_hear(n->s, 0, (struct nos_span){ n->bytes, n->len }, &took, err);
}

static enum nos_code take_told(struct nonsense *n, struct nos_err *err)
{
	const struct nos_span one = { n->bytes, n->len };
	enum nos_holder_did did;

	return nos_holder_take(&n->s->members[0].source, &one, 1, n->s->now, &did, err);
}

static enum nos_code take_ack(struct nonsense *n, struct nos_err *err)
{
	struct scene_member *m = &n->s->members[0];
	bool changed;

	return nos_issuer_acked(
	    &m->node, &m->world, (struct nos_span){ n->bytes, n->len }, &changed, err);
}

static enum nos_code take_ask(struct nonsense *n, struct nos_err *err)
{
	struct scene_member *m = &n->s->members[0];
	struct nos_offer_asked asked;

	return nos_offer_read(&m->node, &m->world, (struct nos_span){ n->bytes, n->len },
	    n->s->nonce, 1, &asked, err);
}

static enum nos_code take_pack(struct nonsense *n, struct nos_err *err)
{
	return scene_take(n->s, (struct nos_span){ n->bytes, n->len }, err);
}

/* ---- made ---- */

static void draw(struct nonsense *n, size_t from, size_t len)
{
	bench_random_bytes(n->s->random, n->bytes + from, len);
	n->len = from + len;
}

static void make_order(struct nonsense *n, uint64_t ahead)
{
	struct nos_session_order o = { SCENE_GROUP, n->s->group.clock.epoch,
		{ .t = n->s->members[0].source.group.token.t + ahead } };
	NOS_AUTO(buf) b = { 0 };

	bench_random_bytes(n->s->random, o.token.h, sizeof(o.token.h));
	nos_buf_init(&b, sizeof(n->bytes));
	nos_session_order_encode(&b, &o);
	memcpy(n->bytes, b.p, b.len);
	n->len = b.len;
}

/* The head of a message to a source, and anything behind it. */
static void make_told(struct nonsense *n, uint8_t kind_version, uint64_t ctr)
{
	n->bytes[0] = kind_version;
	draw(n, 1 + nos_enc_leb128(ctr, n->bytes + 1), 18);
}

/* A true one whose last bytes are anything. */
static enum nos_code make_bent(struct nonsense *n, enum scene_kind kind, struct nos_err *err)
{
	const struct scene_air *a = &n->s->air;

	for (size_t i = a->count; i; i--) {
		const struct scene_message *m = &a->list[i - 1];

		if (m->kind != kind || m->len > sizeof(n->bytes))
			continue;
		memcpy(n->bytes, m->bytes, m->len);
		n->len = m->len;
		/* Of a pack in base64url a letter is another. */
		n->bytes[n->len - 2] = n->bytes[n->len - 2] == 'A' ? 'B' : 'A';
		return NOS_OK;
	}
	return nos_err_set(err, NOS_INTERNAL, "nothing of that kind has passed");
}

/* Both are signed, if by another: such a signature costs more than one that is none. */
static enum nos_code keep(struct nonsense *n, const struct nos_buf *b, struct nos_err *err)
{
	if (nos_buf_check(b, "message", err))
		return err->code;
	memcpy(n->bytes, b->p, b->len);
	n->len = b->len;
	return NOS_OK;
}

static enum nos_code make_eviction(struct nonsense *n, struct nos_err *err)
{
	const struct nos_secret sign = scene_draw(n->s, NOS_SIGN_PRIVATE_LEN);
	struct nos_eviction v = { .turn = { SCENE_DEPTH, SCENE_GROUP, n->s->group.clock.epoch + 1 },
		.t = n->s->group.clock.t };
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, sizeof(n->bytes));
	bench_random_bytes(n->s->random, v.wraps, sizeof(v.wraps));
	return nos_eviction_seal(&v, &sign, &b, err) ? err->code : keep(n, &b, err);
}

static enum nos_code make_invalidation(struct nonsense *n, struct nos_err *err)
{
	const struct nos_secret sign = scene_draw(n->s, NOS_SIGN_PRIVATE_LEN);
	const struct nos_invalidation v = {
		.node = SCENE_NODE, .version = 1, .names = { { 1, 1 } }, .count = 1
	};
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, sizeof(n->bytes));
	return nos_invalidation_seal(&v, &sign, &b, err) ? err->code : keep(n, &b, err);
}

/* ---- measured ---- */

static enum nos_code measure(struct bench *b, struct nonsense *n, const char *what,
    const char *profile, nonsense_take *take, struct nos_err *err)
{
	const struct bench_row row = { .what = what,
		.scheme = n->s ? n->s->scheme->name : "dipietro",
		.profile = profile,
		.unit = "us",
		.how = "until it is dropped; no network" };
	struct bench_sample sample = { 0 };

	for (uint64_t i = bench_runs(b, SAMPLES, SAMPLES_Q); i; i--) {
		const uint64_t from = nos_mono_now().us;
		unsigned times = 0;

		/* As often as makes the clock's step small. */
		do {
			if (take(n, err) == NOS_INTERNAL)
				break;
			nos_err_clear(err);
			times++;
		} while (nos_mono_now().us - from < 200);
		if (err->code ||
		    bench_sample_add(&sample, (double)(nos_mono_now().us - from) / times, err))
			break;
	}
	if (!err->code)
		(void)!bench_row_sample(b, &row, &sample, err);
	bench_sample_release(&sample);
	return err->code;
}

static enum nos_code of_all(struct bench *b, struct nonsense *n, struct nos_err *err)
{
	struct scene *s = n->s;

	make_told(n, NOS_MESSAGE_PAIR << 4 | 1, s->members[0].source.down.ctr);
	if (measure(b, n, "20: a key message, next in the chain", "default", take_told, err))
		return err->code;
	make_told(n, NOS_MESSAGE_PAIR << 4 | 1, s->members[0].source.down.ctr + NOS_CHAIN_SKIP_MAX);
	if (measure(b, n, "20: a key message, 1024 ahead", "default", take_told, err))
		return err->code;
	make_told(n, NOS_MESSAGE_ACK << 4 | 1, s->members[0].node.base.up.ctr + NOS_CHAIN_SKIP_MAX);
	if (measure(b, n, "20: an acknowledgement, 1024 ahead", "default", take_ack, err) ||
	    make_bent(n, SCENE_ASK, err) || measure(b, n, "20: an ask", "default", take_ask, err) ||
	    make_bent(n, SCENE_PACK, err))
		return err->code;
	return measure(b, n, "20: a pack", "default", take_pack, err);
}

static enum nos_code of_group(struct bench *b, struct nonsense *n, struct nos_err *err)
{
	if (nos_group_has_clock(&n->s->group)) {
		make_order(n, 1);
		if (measure(b, n, "20: an order, next", "default", hear, err))
			return err->code;
		make_order(n, 64);
		if (measure(b, n, "20: an order, 64 ahead", "default", hear, err))
			return err->code;
		make_order(n, NOS_SESSION_CHAIN_MAX);
		if (measure(b, n, "20: an order, 65535 ahead, once a minute", "default", hear, err))
			return err->code;
	}
	return make_eviction(n, err) ? err->code
				     : measure(b, n, "20: an eviction", "default", hear, err);
}

static enum nos_code of_scheme(struct bench *b, enum bench_scheme scheme, struct nos_err *err)
{
	SCENE_AUTO s = { 0 };
	struct nonsense n = { .s = &s };

	if (scene_open(&s, b, scheme, false, 2, err) || scene_ask(&s, 0, false, err) ||
	    scene_send(&s, 0, err) || scene_settle(&s, 0, err) || of_all(b, &n, err))
		return err->code;
	if (scheme == BENCH_DINI) {
		return make_invalidation(&n, err)
			   ? err->code
			   : measure(b, &n, "20: an invalidation", "default", hear, err);
	}
	return scene_is_grouped(&s) ? of_group(b, &n, err) : NOS_OK;
}

/* ---- as printed ---- */

static enum nos_code take_msg(struct nonsense *n, struct nos_err *err)
{
	static struct printed_session s;
	struct printed_count c = { 0 };
	uint8_t text[PRINTED_KEY];
	struct printed_msg m = { .type = PRINTED_MSG_UPDATE };

	memcpy(m.block, n->bytes, sizeof(m.block));
	return printed_session_hear(&s, &m, text, &c, err);
}

enum nos_code attack_cost(struct bench *b, struct nos_err *err)
{
	struct nonsense n = { 0 };

	nos_progress_init(&b->progress, "schemes, under nonsense", BENCH_SCHEMES);
	for (unsigned s = 0; s < BENCH_SCHEMES && b->profiles[BENCH_DEFAULT]; s++) {
		if (!b->schemes[s] || bench_is_stopped())
			continue;
		nos_progress_set(&b->progress, s);
		if (of_scheme(b, s, err))
			return err->code;
	}
	nos_progress_done(&b->progress);
	if (!b->schemes[BENCH_DIPIETRO] || !b->profiles[BENCH_PAPER] || bench_is_stopped())
		return NOS_OK;
	return measure(b, &n, "20: an order, which is followed", "paper", take_msg, err);
}
