/* SPDX-License-Identifier: MIT */
/*
 * Who can find out what, in terms and not in bytes. A rule says that who knows one term, or two,
 * knows another: a key its next one, the key of a wrap what is wrapped. What some people hold, all
 * that was ever broadcast, and the rules to a fixed point are all that they can make of it, if the
 * primitives are sound. And a group's tree in such terms, as it is and as it must not be.
 */
#ifndef NOS_TEST_CLOSURE_H
#define NOS_TEST_CLOSURE_H

#include <stdio.h>
#include <time.h>

#include "../test.h"
#include "key/lkh.h"

#define DEPTH	   3u
#define LEAVES	   (1u << DEPTH)
#define TERMS_MAX  6000
#define HAND_MAX   64
#define EPOCHS_MAX 64
#define NONE	   (-1)

static unsigned seed;

static inline unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* ---- terms and rules ---- */

struct rule {
	int a, b; /* who knows both; b NONE: a alone */
	int gives;
};

static struct rule rules[2 * TERMS_MAX];
static int rule_count, term_count;
static int first_of[TERMS_MAX]; /* the rules that have this term as a or b: */
static int next_of_a[2 * TERMS_MAX], next_of_b[2 * TERMS_MAX]; /* a list through both */

static inline void forget_all(void)
{
	rule_count = term_count = 0;
}

static inline int fresh(void)
{
	assert_true(term_count < TERMS_MAX);
	first_of[term_count] = NONE;
	return term_count++;
}

static inline void let(int a, int b, int gives)
{
	const int r = rule_count++;

	assert_true(r < 2 * TERMS_MAX);
	rules[r] = (struct rule){ a, b, gives };
	next_of_a[r] = first_of[a];
	first_of[a] = r;
	if (b == NONE)
		return;
	next_of_b[r] = first_of[b];
	first_of[b] = r;
}

/* What a one-way function makes of one term or two. */
static inline int made_of(int a, int b)
{
	const int t = fresh();

	let(a, b, t);
	return t;
}

/* s XOR a pad that the key gives for this wrap alone, said aloud: either gives the other. */
static inline void wrap(int key, int s)
{
	const int pad = made_of(key, NONE);

	let(pad, NONE, s);
	let(s, NONE, pad);
}

static bool known[TERMS_MAX];
static int to_do[TERMS_MAX], to_do_count;

static inline void learn(int term)
{
	if (known[term])
		return;
	known[term] = true;
	to_do[to_do_count++] = term;
}

static inline void close_up(void)
{
	while (to_do_count) {
		const int term = to_do[--to_do_count];

		for (int r = first_of[term]; r != NONE;
		     r = rules[r].a == term ? next_of_a[r] : next_of_b[r])
			if (rules[r].b == NONE || (known[rules[r].a] && known[rules[r].b]))
				learn(rules[r].gives);
	}
}

static inline void know_nothing(void)
{
	memset(known, 0, sizeof(known));
	to_do_count = 0;
}

/* ---- the group ---- */

enum tree {
	LKH,	    /* wraps, then the step: as it is */
	NO_STEP,    /* keys that are not replaced stay */
	STEP_FIRST, /* wraps under keys of the new epoch */
	OFT,	    /* a one-way function tree: a key is made of its children's, blinded */
};

/* What came to somebody by unicast; the rest they hear. */
struct hand {
	int terms[HAND_MAX], count;
};

static enum tree kind;
static int epoch, keys[2 * LEAVES], blinded[2 * LEAVES], secrets[EPOCHS_MAX]; /* secrets: B_e */

static inline void put(struct hand *h, int term)
{
	assert_true(h->count < HAND_MAX);
	h->terms[h->count++] = term;
}

static inline void learn_hand(const struct hand *h)
{
	for (int i = 0; i < h->count; i++)
		learn(h->terms[i]);
}

/* The keys from a leaf to the root, and in a one-way function tree the leaf's and what blinds its
 * way's siblings. */
static inline struct hand hand_of(uint32_t leaf)
{
	struct hand h = { .count = 0 };

	for (unsigned j = 0; j <= DEPTH; j++) {
		const uint32_t n = nos_lkh_number(DEPTH, leaf, j);

		if (kind != OFT || j == 0)
			put(&h, keys[n]);
		if (kind == OFT && j < DEPTH)
			put(&h, blinded[nos_lkh_sibling(n)]);
	}
	return h;
}

static inline void step_all(void)
{
	for (uint32_t n = 1; n < 2 * LEAVES; n++)
		keys[n] = made_of(keys[n], NONE);
}

static inline void lkh_evict(uint32_t leaf)
{
	int s[DEPTH];

	if (kind == STEP_FIRST)
		step_all();
	for (unsigned j = 0; j < DEPTH; j++) {
		s[j] = j ? made_of(s[j - 1], NONE) : fresh();
		wrap(keys[nos_lkh_sibling(nos_lkh_number(DEPTH, leaf, j))], s[j]);
	}
	if (kind == LKH)
		step_all();
	for (unsigned j = 0; j < DEPTH; j++)
		keys[nos_lkh_number(DEPTH, leaf, j + 1)] = made_of(s[j], NONE);
	keys[nos_lkh_number(DEPTH, leaf, 0)] = fresh();
	secrets[++epoch] = made_of(s[DEPTH - 1], NONE);
}

/* All keys of a tree in which nobody is yet. */
static inline void plant(enum tree as)
{
	forget_all();
	kind = as;
	epoch = 0;
	for (uint32_t n = 2 * LEAVES - 1; n >= 1; n--) {
		keys[n] = kind == OFT && n < LEAVES ? made_of(blinded[2 * n], blinded[2 * n + 1])
						    : fresh();
		blinded[n] = kind == OFT ? made_of(keys[n], NONE) : NONE;
	}
	secrets[0] = fresh();
}

#endif
