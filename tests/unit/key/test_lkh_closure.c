/* SPDX-License-Identifier: MIT */
/*
 * Who can find out what in a group's tree (nos-schemes(7), "The interface", 4): not bytes but
 * terms. A rule says that who knows one term, or two, knows another: a key its next one, the key of
 * a wrap what is wrapped. What some people hold, all that was ever broadcast, and the rules to a
 * fixed point are all that they can make of it, if the primitives are sound. A secret of an epoch
 * that none of them was in must not be among it. Trees that are made wrongly are looked at alike,
 * and must be found out.
 */
#include <stdio.h>
#include <time.h>

#include "../test.h"
#include "key/lkh.h"

#define DEPTH	   3u
#define LEAVES	   (1u << DEPTH)
#define SCHEDULES  400
#define EVENTS	   28
#define EPOCHS_MAX (EVENTS + LEAVES + 1)
#define PEOPLE_MAX (EVENTS + LEAVES)
#define TERMS_MAX  4096
#define NONE	   (-1)

static unsigned seed;

static unsigned below(unsigned n)
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

static void forget_all(void)
{
	rule_count = term_count = 0;
}

static int fresh(void)
{
	assert_true(term_count < TERMS_MAX);
	first_of[term_count] = NONE;
	return term_count++;
}

static void let(int a, int b, int gives)
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
static int made_of(int a, int b)
{
	const int t = fresh();

	let(a, b, t);
	return t;
}

/* s XOR a pad that the key gives for this wrap alone, said aloud: either gives the other. */
static void wrap(int key, int s)
{
	const int pad = made_of(key, NONE);

	let(pad, NONE, s);
	let(s, NONE, pad);
}

static bool known[TERMS_MAX];
static int to_do[TERMS_MAX], to_do_count;

static void learn(int term)
{
	if (known[term])
		return;
	known[term] = true;
	to_do[to_do_count++] = term;
}

static void close_up(void)
{
	while (to_do_count) {
		const int term = to_do[--to_do_count];

		for (int r = first_of[term]; r != NONE;
		     r = rules[r].a == term ? next_of_a[r] : next_of_b[r])
			if (rules[r].b == NONE || (known[rules[r].a] && known[rules[r].b]))
				learn(rules[r].gives);
	}
}

static void know_nothing(void)
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
	int terms[2 * DEPTH + 1], count;
};

struct person {
	uint32_t leaf;
	struct hand hand;
	int since, until; /* in, at the beginning of these epochs: since <= e < until */
};

/* Of a member in an epoch: what a thief finds, who comes before it ends. */
struct capture {
	int epoch;
	struct hand hand;
};

static enum tree kind;
static int epoch, keys[2 * LEAVES], blinded[2 * LEAVES], secrets[EPOCHS_MAX]; /* secrets: B_e */
static struct person people[PEOPLE_MAX], *at[LEAVES];			      /* NULL: free */
static int people_count;
static struct capture captures[EPOCHS_MAX * LEAVES];
static int capture_count;

static void put(struct hand *h, int term)
{
	h->terms[h->count++] = term;
}

static void learn_hand(const struct hand *h)
{
	for (int i = 0; i < h->count; i++)
		learn(h->terms[i]);
}

/* The keys from a leaf to the root, and in a one-way function tree the leaf's and what blinds its
 * way's siblings. */
static struct hand hand_of(uint32_t leaf)
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

static void step_all(void)
{
	for (uint32_t n = 1; n < 2 * LEAVES; n++)
		keys[n] = made_of(keys[n], NONE);
}

static void lkh_evict(uint32_t leaf)
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

/* A new key at the leaf, and all above it made anew; each subtree beside the way hears, under its
 * key, what blinds its sibling. Whoever comes or goes begins an epoch. */
static void oft_turn(uint32_t leaf)
{
	uint32_t n = nos_lkh_number(DEPTH, leaf, 0);

	keys[n] = fresh();
	for (; n > 1; n = nos_lkh_parent(n)) {
		blinded[n] = made_of(keys[n], NONE);
		let(keys[nos_lkh_sibling(n)], NONE, blinded[n]);
		keys[nos_lkh_parent(n)] = made_of(blinded[n], blinded[nos_lkh_sibling(n)]);
	}
	secrets[++epoch] = made_of(keys[1], NONE);
}

static void plant(enum tree as)
{
	forget_all();
	kind = as;
	epoch = people_count = capture_count = 0;
	memset(at, 0, sizeof(at));
	for (uint32_t n = 2 * LEAVES - 1; n >= 1; n--) {
		keys[n] = kind == OFT && n < LEAVES ? made_of(blinded[2 * n], blinded[2 * n + 1])
						    : fresh();
		blinded[n] = kind == OFT ? made_of(keys[n], NONE) : NONE;
	}
	secrets[0] = fresh();
}

static void come(uint32_t leaf)
{
	struct person *p = &people[people_count++];

	assert_true(people_count <= (int)PEOPLE_MAX);
	if (kind == OFT)
		oft_turn(leaf);
	else
		keys[nos_lkh_number(DEPTH, leaf, 0)] = fresh();
	*p = (struct person){ leaf, hand_of(leaf), kind == OFT ? epoch : epoch + 1, EPOCHS_MAX };
	at[leaf] = p;
}

static void go(uint32_t leaf)
{
	if (kind == OFT)
		oft_turn(leaf);
	else
		lkh_evict(leaf);
	at[leaf]->until = epoch;
	at[leaf] = NULL;
	for (uint32_t x = 0; x < LEAVES; x++)
		if (at[x])
			captures[capture_count++] = (struct capture){ epoch, hand_of(x) };
}

/* A leaf is not given again in the epoch in which it was evicted. */
static void play(enum tree as)
{
	uint32_t evicted = LEAVES;

	plant(as);
	for (uint32_t leaf = 0; leaf < LEAVES; leaf++)
		if (below(2))
			come(leaf);
	for (int i = 0; i < EVENTS; i++) {
		const uint32_t leaf = below(LEAVES);

		if (at[leaf])
			go(evicted = leaf);
		else if (leaf != evicted)
			come(leaf);
	}
}

static bool was_in(const struct person *p, int e)
{
	return p->since <= e && e < p->until;
}

/* ---- what leaks ---- */

struct leaks {
	int one;      /* person has a secret of an epoch that it was not in */
	int two;      /* have one together that neither has alone */
	int two_gone; /* of these, both evicted in the end */
	int pool;     /* secrets that all who were not in have, together */
	int captured; /* secrets from before that a captured member's keys open */
	int all;      /* that the pool and all captured since have, together */
};

static bool alone[PEOPLE_MAX][EPOCHS_MAX];

static void count_one(struct leaks *l)
{
	for (int i = 0; i < people_count; i++) {
		know_nothing();
		learn_hand(&people[i].hand);
		close_up();
		for (int e = 1; e <= epoch; e++) {
			alone[i][e] = known[secrets[e]];
			if (was_in(&people[i], e))
				assert_true(alone[i][e]); /* else it would show nothing */
			else
				l->one += alone[i][e];
		}
	}
}

static void count_two(struct leaks *l)
{
	for (int i = 0; i < people_count; i++)
		for (int j = 0; j < i; j++) {
			const bool gone = people[i].until <= epoch && people[j].until <= epoch;

			know_nothing();
			learn_hand(&people[i].hand);
			learn_hand(&people[j].hand);
			close_up();
			for (int e = 1; e <= epoch; e++)
				if (known[secrets[e]] && !alone[i][e] && !alone[j][e]) {
					l->two++;
					l->two_gone += gone;
				}
		}
}

static void count_captured(struct leaks *l)
{
	for (int i = 0; i < capture_count; i++) {
		know_nothing();
		learn_hand(&captures[i].hand);
		close_up();
		for (int e = 1; e <= captures[i].epoch; e++)
			l->captured += known[secrets[e]];
	}
}

static void count_pool(struct leaks *l)
{
	for (int e = 1; e <= epoch; e++) {
		know_nothing();
		for (int i = 0; i < people_count; i++)
			if (!was_in(&people[i], e))
				learn_hand(&people[i].hand);
		close_up();
		l->pool += known[secrets[e]];
		for (int i = 0; i < capture_count; i++)
			if (captures[i].epoch >= e)
				learn_hand(&captures[i].hand);
		close_up();
		l->all += known[secrets[e]];
	}
}

static struct leaks leaks_of(enum tree as)
{
	struct leaks l = { 0 };

	for (int i = 0; i < SCHEDULES; i++) {
		play(as);
		count_one(&l);
		count_two(&l);
		count_captured(&l);
		count_pool(&l);
	}
	return l;
}

static void nobody_has_a_secret_of_an_epoch_that_it_was_not_in(void **state)
{
	const struct leaks l = leaks_of(LKH);

	(void)state;
	assert_int_equal(l.one, 0);
	assert_int_equal(l.two, 0);
	assert_int_equal(l.pool, 0);
}

static void a_captured_member_opens_nothing_of_the_past(void **state)
{
	const struct leaks l = leaks_of(LKH);

	(void)state;
	assert_int_equal(l.captured, 0);
	assert_int_equal(l.all, 0);
}

static void without_the_step_who_comes_later_or_is_captured_opens_the_past(void **state)
{
	const struct leaks l = leaks_of(NO_STEP);

	(void)state;
	assert_int_not_equal(l.one, 0);
	assert_int_not_equal(l.captured, 0);
}

static void with_the_step_before_the_wraps_who_comes_in_an_epoch_opens_its_broadcast(void **state)
{
	const struct leaks l = leaks_of(STEP_FIRST);

	(void)state;
	assert_int_not_equal(l.one, 0);
	assert_int_not_equal(l.captured, 0);
}

static void of_a_one_way_function_tree_two_who_are_gone_make_a_secret_of_neither(void **state)
{
	const struct leaks l = leaks_of(OFT);

	(void)state;
	assert_int_equal(l.one, 0); /* each alone cannot: it is the two together */
	assert_int_not_equal(l.two_gone, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_has_a_secret_of_an_epoch_that_it_was_not_in),
		cmocka_unit_test(a_captured_member_opens_nothing_of_the_past),
		cmocka_unit_test(without_the_step_who_comes_later_or_is_captured_opens_the_past),
		cmocka_unit_test(
		    with_the_step_before_the_wraps_who_comes_in_an_epoch_opens_its_broadcast),
		cmocka_unit_test(
		    of_a_one_way_function_tree_two_who_are_gone_make_a_secret_of_neither),
	};

	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	printf("# seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
