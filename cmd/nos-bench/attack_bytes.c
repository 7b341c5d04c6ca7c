/* SPDX-License-Identifier: MIT */
/*
 * 21: bytes that a node sends to re-key n sources, and to put one of them out: by one message that
 * all hear (multicast), by the same to each (fan-out), or by what each fetches for itself (pull).
 * Of each message one is made; how many there are follows from n.
 */
#include <stdio.h>

#include "past.h"
#include "robustness.h"
#include "scene.h"

#define CTR 1000 /* number of a message on its chain, of two bytes */
#define T   1000 /* of a session */
#define E   10	 /* of an epoch */

static const uint64_t numbers[] = { 2, 10, 100, 1000, 10000, 100000, 1000000 };

/* ---- sizes ---- */

/* What is told one source at a re-key of its own. */
static enum nos_code size_own(
    struct bench *b, enum bench_scheme scheme, uint64_t *ret, struct nos_err *err)
{
	SCENE_AUTO s = { 0 };
	size_t at;

	*ret = 0;
	if (scene_open(&s, b, scheme, false, 1, err))
		return err->code;
	at = s.air.count;
	s.members[0].node.base.down.ctr = s.members[0].source.down.ctr = CTR;
	if (scene_rekey(&s, 0, err))
		return err->code;
	for (size_t i = at; i < s.air.count; i++)
		if (s.air.list[i].kind == SCENE_TOLD)
			*ret += s.air.list[i].len;
	return NOS_OK;
}

static uint64_t size_order(void)
{
	const struct nos_session_order o = { SCENE_GROUP, E, { .t = T } };
	NOS_AUTO(buf) b = { 0 };

	nos_buf_init(&b, NOS_SESSION_ORDER_MAX);
	nos_session_order_encode(&b, &o);
	return b.len;
}

/* A tree that is just deep enough. */
static unsigned depth_for(uint64_t n)
{
	unsigned d = 1;

	while (UINT64_C(1) << d < n)
		d++;
	return d;
}

static enum nos_code any_key(
    void *tree, uint32_t number, struct nos_secret *ret, struct nos_err *err)
{
	(void)number;
	(void)err;
	*ret = (struct nos_secret){ .len = NOS_LKH_KEY_LEN };
	bench_random_bytes(tree, ret->bytes, ret->len);
	return NOS_OK;
}

/* An eviction from it: as all hear it, and as one fetches it. */
static enum nos_code size_eviction(
    struct bench *b, unsigned depth, uint64_t *ret_all, uint64_t *ret_one, struct nos_err *err)
{
	struct nos_eviction v = {
		.turn = { depth, SCENE_GROUP, E }, .t = T, .leaf = (1u << depth) - 1
	};
	struct nos_eviction_pull pull = { SCENE_GROUP, E, T, depth - 1, { 0 } };
	const struct nos_chain chain = { CTR, { .len = 32 } };
	NOS_AUTO(secret) secret = { 0 };
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(buf) all = { 0 };
	NOS_AUTO(buf) body = { 0 };
	NOS_AUTO(buf) one = { 0 };

	nos_buf_init(&all, NOS_EVICTION_MAX);
	nos_buf_init_secret(&body, NOS_EVICTION_PULL_MAX);
	nos_buf_init(&one, NOS_ASSOC_MESSAGE_MAX);
	(void)!any_key(&b->random, 0, &secret, err);
	pull.s = secret;
	if (nos_lkh_climb(&v.turn, 0, &secret, &climb, err) ||
	    nos_lkh_wrap(&v.turn, &climb, v.leaf, any_key, &b->random, v.wraps, err))
		return err->code;
	secret.len = NOS_SIGN_PRIVATE_LEN;
	if (nos_eviction_seal(&v, &secret, &all, err))
		return err->code;
	nos_eviction_pull_encode(&body, &pull);
	if (nos_message_seal(NOS_MESSAGE_EVICT, &chain, SCENE_NODE, NOS_STR("s-0123456789"),
		nos_buf_span(&body), &one, err))
		return err->code;
	*ret_all = all.len;
	*ret_one = one.len;
	return NOS_OK;
}

static enum nos_code size_printed(struct bench *b, uint64_t *ret, struct nos_err *err)
{
	struct past p;

	*ret = past_of_dini(&p, &b->random, err) ? 0 : p.keys[1].packet_len;
	return err->code;
}

/* ---- rows ---- */

static enum nos_code say(struct bench *b, const char *what, const char *how,
    enum bench_scheme scheme, enum bench_profile profile, uint64_t n, uint64_t bytes,
    struct nos_err *err)
{
	const struct bench_row row = { .what = what,
		.scheme = bench_scheme_text(scheme),
		.profile = bench_profile_text(profile),
		.unit = "bytes",
		.sources = n,
		.how = how };

	return bench_row_count(b, &row, (double)bytes, err);
}

/* Each source has a key of its own: there is nothing that all could hear. */
static enum nos_code of_own(
    struct bench *b, enum bench_scheme scheme, uint64_t n, struct nos_err *err)
{
	uint64_t size;

	if (size_own(b, scheme, &size, err) ||
	    say(b, "21: re-key, fan-out", "a message of its own to each", scheme, BENCH_DEFAULT, n,
		n * size, err) ||
	    say(b, "21: re-key, pull", "in the answer to its next pack", scheme, BENCH_DEFAULT, n,
		n * size, err))
		return err->code;
	return say(b, "21: revocation", "nobody else has a key to its data", scheme, BENCH_DEFAULT,
	    n, 0, err);
}

/* A revocation is an eviction, and of a clock the order that follows at once. */
static enum nos_code of_group(
    struct bench *b, enum bench_scheme scheme, uint64_t n, struct nos_err *err)
{
	const uint64_t order = scheme == BENCH_DIPIETRO ? size_order() : 0;
	uint64_t all, one, own;

	if (size_eviction(b, depth_for(n), &all, &one, err) || size_own(b, scheme, &own, err))
		return err->code;
	if (order) {
		if (say(b, "21: re-key, multicast", NULL, scheme, BENCH_DEFAULT, n, order, err) ||
		    say(b, "21: re-key, fan-out", NULL, scheme, BENCH_DEFAULT, n, n * order, err) ||
		    say(b, "21: re-key, pull", NULL, scheme, BENCH_DEFAULT, n, n * order, err))
			return err->code;
	} else if (say(b, "21: re-key, pull", "a new epoch in which nobody is put out", scheme,
		       BENCH_DEFAULT, n, n * own, err)) {
		return err->code;
	}
	if (say(b, "21: revocation, multicast", "a tree just deep enough", scheme, BENCH_DEFAULT, n,
		all + order, err) ||
	    say(b, "21: revocation, fan-out", "a tree just deep enough", scheme, BENCH_DEFAULT, n,
		(n - 1) * (all + order), err))
		return err->code;
	return say(b, "21: revocation, pull", "one epoch behind", scheme, BENCH_DEFAULT, n,
	    (n - 1) * (one + order), err);
}

static enum nos_code of_paper(
    struct bench *b, enum bench_scheme scheme, uint64_t n, struct nos_err *err)
{
	uint64_t size;

	if (scheme == BENCH_DIPIETRO) {
		if (say(b, "21: re-key, multicast", NULL, scheme, BENCH_PAPER, n, PRINTED_MSG_LEN,
			err))
			return err->code;
		return say(b, "21: re-key, fan-out", NULL, scheme, BENCH_PAPER, n,
		    n * PRINTED_MSG_LEN, err);
	}
	if (scheme != BENCH_DINI)
		return NOS_OK;
	return size_printed(b, &size, err)
		   ? err->code
		   : say(b, "21: re-key, fan-out", NULL, scheme, BENCH_PAPER, n, n * size, err);
}

enum nos_code attack_bytes(struct bench *b, struct nos_err *err)
{
	const uint64_t *list = b->source_count ? b->sources : numbers;
	const size_t count =
	    b->source_count ? b->source_count : sizeof(numbers) / sizeof(numbers[0]);

	for (unsigned s = 0; s < BENCH_SCHEMES; s++)
		for (size_t i = 0; i < count; i++) {
			if (!b->schemes[s] || bench_is_stopped() ||
			    list[i] > UINT64_C(1) << NOS_LKH_DEPTH_MAX)
				continue;
			if (b->profiles[BENCH_PAPER] && of_paper(b, s, list[i], err))
				return err->code;
			if (!b->profiles[BENCH_DEFAULT])
				continue;
			if (s == BENCH_PAIRWISE || s == BENCH_DINI ? of_own(b, s, list[i], err)
								   : of_group(b, s, list[i], err))
				return err->code;
		}
	return NOS_OK;
}
