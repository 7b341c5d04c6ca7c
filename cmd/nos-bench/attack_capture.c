/* SPDX-License-Identifier: MIT */
/*
 * 12: x sources are captured with all that they hold. Of the links of others those are open, or
 * would be, whose global key is among the captured: 1 - (1 - k/P)^x of them, where a ring has k of
 * P keys.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "past.h"
#include "robustness.h"
#include "thief.h"

#define POOL	 50 /* P */
#define LINKS	 4000
#define LINKS_Q	 500
#define MEMBERS	 8
#define CAPTURED 4 /* of them */
#define STEPS	 3

static const unsigned captures[] = { 1, 2, 5, 10, 20, 50, 100 };
static const unsigned rings[] = { 1, 4 };

static enum nos_code draw_ring(struct bench *b, const struct nos_pool *pool,
    uint64_t ret[static NOS_POOL_RING_MAX], struct nos_err *err)
{
	char id[33];

	snprintf(id, sizeof(id), "s-%010" PRIx64, bench_random_next(&b->random) >> 24);
	return nos_pool_ring(pool, nos_str_of(id), ret, err);
}

/* Each time x others are captured, and one link is looked at: that of its ring's first domain. */
static enum nos_code is_known(
    struct bench *b, const struct nos_pool *pool, unsigned x, bool *ret, struct nos_err *err)
{
	uint64_t link[NOS_POOL_RING_MAX], ring[NOS_POOL_RING_MAX];

	*ret = false;
	if (draw_ring(b, pool, link, err))
		return err->code;
	for (unsigned i = 0; i < x && !*ret; i++) {
		if (draw_ring(b, pool, ring, err))
			return err->code;
		for (unsigned j = 0; j < pool->ring; j++)
			*ret |= ring[j] == link[0];
	}
	return NOS_OK;
}

/* As printed: the packet under the global key gives the local key, and that the data. */
static enum nos_code reads_printed(struct bench *b, bool known, bool *ret, struct nos_err *err)
{
	struct past p;
	struct printed_key thief;
	uint64_t read;

	if (past_of_dini(&p, &b->random, err))
		return err->code;
	thief = p.global;
	if (!known)
		bench_random_bytes(&b->random, thief.value, sizeof(thief.value));
	if (past_follow(&p, &thief, 0, &read, err))
		return err->code;
	*ret = read == PAST_KEYS;
	return NOS_OK;
}

static enum nos_code draw_curve(
    struct bench *b, enum bench_profile profile, unsigned ring, unsigned x, struct nos_err *err)
{
	const struct nos_pool pool = { .size = POOL, .drawn = POOL, .ring = ring };
	struct robustness_row r = { .experiment = 12,
		.what = "capture",
		.scheme = "dini",
		.profile = bench_profile_text(profile),
		.defence = profile == BENCH_DEFAULT,
		.m = b->o->quick ? LINKS_Q : LINKS,
		.formula = 1 - pow(1 - (double)ring / POOL, x),
		.variable = "captured",
		.value = x };
	char how[160];

	snprintf(how, sizeof(how), "rings of %u of %d keys; counted: links whose %s", ring, POOL,
	    profile == BENCH_PAPER
		? "local key and data are read"
		: "global key is known, which admits to a domain and reads nothing");
	r.how = how;
	for (uint64_t i = 0; i < r.m; i++) {
		bool open;

		if (is_known(b, &pool, x, &open, err) ||
		    (profile == BENCH_PAPER && reads_printed(b, open, &open, err)))
			return err->code;
		r.k += open;
	}
	r.verdict = r.k ? "falls" : "holds";
	return robustness_row_add(b, &r, err);
}

/* ---- what the others sent, as it is hardened ---- */

static enum nos_code capture_one(
    struct thief *t, const struct scene *s, unsigned i, struct nos_err *err)
{
	struct nos_keyring_global had[NOS_KEYRING_GLOBALS_MAX];
	const size_t count = t->ring.global_count;

	memcpy(had, t->ring.globals, sizeof(had));
	t->ring = s->members[i].source;
	/* What earlier ones had of global keys stays at hand. */
	for (size_t j = 0; j < count && t->ring.global_count < NOS_KEYRING_GLOBALS_MAX; j++)
		t->ring.globals[t->ring.global_count++] = had[j];
	return thief_learn(t, err);
}

static enum nos_code read_others(struct attack *a, struct nos_err *err)
{
	SCENE_AUTO s = { 0 };
	THIEF_AUTO t = { 0 };
	uint64_t all;
	size_t at;

	if (scene_open(&s, a->b, a->scheme, false, MEMBERS, err))
		return err->code;
	thief_begin(&t, &s.members[0].source);
	for (unsigned i = a->defence ? 1 : 0; i <= CAPTURED; i++)
		if (capture_one(&t, &s, i, err))
			return err->code;
	if (!a->defence && capture_one(&t, &s, 0, err))
		return err->code;
	at = s.air.count;
	for (unsigned i = 0; i < STEPS; i++)
		if (scene_rekey(&s, 0, err) || scene_send(&s, 0, err))
			return err->code;
	if (thief_listen(&t, &s, at, err) || thief_work(&t, &s, err))
		return err->code;
	a->k += thief_count(&t, &s, at, s.air.count, &all);
	a->m += all;
	return NOS_OK;
}

static enum nos_code say(const struct attack *a, const char *verdict, struct nos_err *err)
{
	return robustness_row_add(a->b,
	    &(struct robustness_row){ .experiment = 12,
		.what = "sources are captured: packs of another",
		.scheme = bench_scheme_text(a->scheme),
		.profile = "default",
		.defence = a->defence,
		.k = a->k,
		.m = a->m,
		.formula = -1,
		.how = "four keyrings of eight; off: the other's as well",
		.verdict = verdict,
		.variable = "captured",
		.value = CAPTURED },
	    err);
}

static enum nos_code read_by_scheme(struct bench *b, enum bench_scheme scheme, struct nos_err *err)
{
	struct attack on = { .b = b, .scheme = scheme, .profile = BENCH_DEFAULT, .defence = true };
	struct attack off = { .b = b, .scheme = scheme, .profile = BENCH_DEFAULT };

	for (uint64_t i = bench_runs(b, 25, 2); i; i--)
		if (read_others(&on, err) || read_others(&off, err))
			return err->code;
	if (say(&on, !off.k ? "void" : on.k ? "falls" : "holds", err))
		return err->code;
	return say(&off, off.k ? "falls" : "void", err);
}

enum nos_code attack_capture(struct bench *b, struct nos_err *err)
{
	for (unsigned s = 0; s < BENCH_SCHEMES && b->profiles[BENCH_DEFAULT]; s++)
		if (b->schemes[s] && !bench_is_stopped() && read_by_scheme(b, s, err))
			return err->code;
	for (unsigned p = 0; p < BENCH_PROFILES; p++)
		for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
			for (size_t j = 0; j < sizeof(captures) / sizeof(captures[0]); j++)
				if (b->schemes[BENCH_DINI] && b->profiles[p] &&
				    !bench_is_stopped() &&
				    draw_curve(b, p, rings[i], captures[j], err))
					return err->code;
	return NOS_OK;
}
