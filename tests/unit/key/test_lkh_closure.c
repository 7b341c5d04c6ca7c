/* SPDX-License-Identifier: MIT */
/*
 * Who can find out what in a group's tree (nos-schemes(7), "The interface", 4): not bytes but
 * terms. A secret of an epoch that none of some people was in must not be among what they can make
 * together. Trees that are made wrongly are looked at alike, and must be found out. What becomes of
 * it in the group's clock is test_clock_closure.c's.
 */
#include "closure.h"

#define SCHEDULES  400
#define EVENTS	   28
#define PEOPLE_MAX (EVENTS + LEAVES)

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

static struct person people[PEOPLE_MAX], *at[LEAVES]; /* NULL: free */
static int people_count;
static struct capture captures[EPOCHS_MAX * LEAVES];
static int capture_count;

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

static void begin(enum tree as)
{
	plant(as);
	people_count = capture_count = 0;
	memset(at, 0, sizeof(at));
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

	begin(as);
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
