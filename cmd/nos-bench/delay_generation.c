/* SPDX-License-Identifier: MIT */
/* Fig. 1: how long it takes to make a key, whatever becomes of it then. */
#include <string.h>

#include "crypto/random.h"
#include "delay.h"
#include "key/chain.h"
#include "key/lkh.h"
#include "scheme/dini.h"
#include "scheme/group.h"
#include "scheme/pairwise.h"

#define POOL   100 /* global keys */
#define NODE   1
#define GROUP  1
#define EPOCH  1
#define TOKENS 256 /* of the chain that sessions go along, again and again */

/* What the keys are made from. Holds secrets that open nothing. */
struct maker {
	enum bench_scheme scheme;
	enum bench_profile profile;
	uint64_t number;
	struct nos_chain chain;
	struct nos_secret global;
	struct nos_session session;
	struct nos_session_token token;
	uint8_t tokens[TOKENS + 1][NOS_SESSION_TOKEN_LEN]; /* h_0 … */
	struct printed_session printed;
	struct printed_count count;
};

static void draw(struct bench *b, struct nos_secret *ret, size_t len)
{
	uint8_t bytes[32];

	bench_random_bytes(&b->random, bytes, len);
	(void)nos_secret_put(ret, bytes, len);
}

/* The chain of tokens, from its end. */
static enum nos_code prepare_session(struct bench *b, struct maker *m, struct nos_err *err)
{
	m->session = (struct nos_session){ .group = GROUP, .epoch = EPOCH };
	draw(b, &m->session.a, 32);
	bench_random_bytes(&b->random, m->tokens[TOKENS], NOS_SESSION_TOKEN_LEN);
	for (uint64_t t = TOKENS; t > 0 && !err->code; t--)
		(void)!nos_session_token_before(
		    NODE, GROUP, t, m->tokens[t], m->tokens[t - 1], err);
	return err->code;
}

static enum nos_code prepare(struct bench *b, struct maker *m, struct nos_err *err)
{
	uint8_t seeds[2][PRINTED_KEY];

	draw(b, &m->chain.key, 32);
	draw(b, &m->global, 16);
	bench_random_bytes(&b->random, seeds, sizeof(seeds));
	return prepare_session(b, m, err) ? err->code
					  : printed_session_begin(&m->printed, PRINTED_EVOLVING,
						seeds[0], seeds[1], &m->count, err);
}

/* ---- the default profile ---- */

static enum nos_code make_of_chain(struct maker *m, struct nos_err *err)
{
	const struct nos_dini_local local = { NODE, ++m->number, { 1, 1 } };
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(scheme_key) key = { 0 };

	if (nos_chain_look(&m->chain, &step, err) ||
	    (m->scheme == BENCH_DINI ? nos_dini_make(&m->global, &step.key, &local, &key, err)
				     : nos_pairwise_make(&step.key, m->number, &key, err)))
		return err->code;
	return nos_chain_advance(&m->chain, (m->chain.ctr + 1) % NOS_CHAIN_CTR_MAX, err);
}

static enum nos_code make_session(struct maker *m, struct nos_err *err)
{
	struct nos_session_token next = { .t = m->token.t + 1 };
	NOS_AUTO(secret) key = { 0 };

	memcpy(next.h, m->tokens[next.t], sizeof(next.h));
	if (nos_session_verify(NODE, GROUP, &m->token, &next, NOS_SESSION_CHAIN_MAX, err) ||
	    nos_session_tick(&m->session, err) || nos_session_key(&m->session, next.h, &key, err))
		return err->code;
	m->token = next;
	return NOS_OK;
}

static enum nos_code make_epoch(struct maker *m, struct nos_err *err)
{
	const struct nos_lkh_turn turn = { NOS_GROUP_DEPTH, GROUP, ++m->number };
	NOS_AUTO(lkh_climb) climb = { 0 };
	NOS_AUTO(secret) s = { 0 };

	return nos_random_secret(&s, NOS_LKH_KEY_LEN, err) ||
		       nos_lkh_climb(&turn, 0, &s, &climb, err)
		   ? err->code
		   : NOS_OK;
}

/* ---- the paper's ---- */

static enum nos_code make_printed(struct maker *m, struct nos_err *err)
{
	struct printed_key key;

	if (m->scheme == BENCH_DIPIETRO)
		return printed_session_update(&m->printed, &m->count, err);
	printed_dini_name(NODE, (uint8_t)++m->number, 1, &key.name, &m->count);
	return nos_random_bytes(key.value, sizeof(key.value), err);
}

static enum nos_code make(struct maker *m, struct nos_err *err)
{
	if (m->profile == BENCH_PAPER)
		return make_printed(m, err);
	if (m->scheme == BENCH_DIPIETRO)
		return make_session(m, err);
	return m->scheme == BENCH_TREE ? make_epoch(m, err) : make_of_chain(m, err);
}

/* Back to the chain's begin, outside of what is measured. */
static void wind_back(struct maker *m)
{
	if (m->token.t < TOKENS)
		return;
	m->token = (struct nos_session_token){ 0 };
	memcpy(m->token.h, m->tokens[0], sizeof(m->token.h));
	m->session.t = 0;
}

enum nos_code delay_generation(struct bench *b, enum bench_scheme scheme,
    enum bench_profile profile, uint64_t runs, struct bench_sample *sample, struct nos_err *err)
{
	struct maker m = { .scheme = scheme, .profile = profile, .token.t = TOKENS };

	if (prepare(b, &m, err))
		return err->code;
	/* One more, which finds no memory warm, and counts for nothing. */
	for (uint64_t i = 0; i <= runs && !err->code; i++) {
		double since;

		wind_back(&m);
		since = delay_clock();
		if (!make(&m, err) && i)
			(void)!bench_sample_add(sample, delay_clock() - since, err);
	}
	explicit_bzero(&m, sizeof(m));
	return err->code;
}

/* ---- global keys ---- */

static enum nos_code make_pool(
    enum bench_profile profile, const struct nos_secret *seed, struct nos_err *err)
{
	uint8_t pool[POOL][NOS_POOL_KEY_LEN];

	for (uint8_t j = 0; j < POOL && !err->code; j++) {
		NOS_AUTO(secret) key = { 0 };

		if (profile == BENCH_DEFAULT)
			(void)!nos_random_bytes(pool[j], sizeof(pool[j]), err);
		else
			(void)!nos_derive_extract(
			    nos_secret_span(seed), (struct nos_span){ &j, 1 }, &key, err);
	}
	explicit_bzero(pool, sizeof(pool));
	return err->code;
}

enum nos_code delay_globals(struct bench *b, enum bench_profile profile, uint64_t runs,
    struct bench_sample *sample, struct nos_err *err)
{
	NOS_AUTO(secret) seed = { 0 };

	draw(b, &seed, PRINTED_KEY);
	for (uint64_t i = 0; i <= runs && !err->code; i++) {
		const double since = delay_clock();

		if (!make_pool(profile, &seed, err) && i)
			(void)!bench_sample_add(sample, delay_clock() - since, err);
	}
	return err->code;
}
