/* SPDX-License-Identifier: MIT */
/*
 * Who can find out a session key of a group, in terms (closure.h; nos-schemes(7), "dipietro" and
 * "The interface", 4): the clock A, the B of each epoch in it, which the tree or a heal brings, and
 * the tokens h, which all hear as they are released. Of ex-members, later joiners and current
 * members that are captured, the key of a session in which none of them was in, or of one before
 * the capture, must not be among what they can make. Clocks that are made wrongly must be found
 * out.
 */
#include "closure.h"

#define SCHEDULES    400
#define EVENTS	     26
#define PEOPLE_MAX   (EVENTS + LEAVES)
#define SESSIONS_MAX (2 * EVENTS + 2)

enum clock {
	INSIDE,	 /* B goes into A: as it is */
	BESIDE,	 /* B stays beside it: a key is made of both */
	NO_TOKEN /* a key is made of A alone */
};

struct person {
	uint32_t leaf;
	struct hand hand;
	int since, until; /* in, of sessions t: since < t <= until */
	bool joined;
};

/* What a member has when session t is the present one. */
struct capture {
	int t;
	struct hand hand;
};

static enum clock as;
static int a, b, t;				      /* A_t, B of the present epoch, t */
static int tokens[SESSIONS_MAX + 1];		      /* h_t */
static int sessions[SESSIONS_MAX + 1];		      /* k_t */
static struct person people[PEOPLE_MAX], *at[LEAVES]; /* NULL: free */
static int people_count;
static struct capture captures[SESSIONS_MAX];
static int capture_count;

/* ---- the group ---- */

/* Each token gives the one before it. */
static void draw_tokens(void)
{
	tokens[SESSIONS_MAX] = fresh();
	for (int i = SESSIONS_MAX; i; i--)
		tokens[i - 1] = made_of(tokens[i], NONE);
}

static int key_now(void)
{
	const int base = as == BESIDE ? made_of(a, b) : made_of(a, NONE);

	return as == NO_TOKEN ? base : made_of(base, tokens[t]);
}

/* The clock, and where B is not in it B as well. */
static void put_clock(struct hand *h)
{
	put(h, a);
	if (as == BESIDE)
		put(h, b);
}

/* An order, and the joins that follow it. */
static void next_session(void)
{
	t++;
	assert_true(t < SESSIONS_MAX);
	a = made_of(a, NONE);
	sessions[t] = key_now();
	for (uint32_t x = 0; x < LEAVES; x++) {
		if (!at[x] || at[x]->joined)
			continue;
		put_clock(&at[x]->hand);
		at[x]->joined = true;
	}
}

static void begin_epoch(int new_b)
{
	b = new_b;
	if (as != BESIDE)
		a = made_of(a, b);
	next_session();
}

/* B to each by unicast. */
static void heal(void)
{
	const int new_b = fresh();

	for (uint32_t x = 0; x < LEAVES; x++)
		if (at[x])
			put(&at[x]->hand, new_b);
	if (kind == LKH || kind == STEP_FIRST)
		step_all();
	begin_epoch(new_b);
}

static void come(uint32_t leaf)
{
	struct person *p = &people[people_count++];

	assert_true(people_count <= (int)PEOPLE_MAX);
	keys[nos_lkh_number(DEPTH, leaf, 0)] = fresh();
	*p = (struct person){ leaf, hand_of(leaf), t, SESSIONS_MAX, false };
	at[leaf] = p;
}

static void go(uint32_t leaf)
{
	at[leaf]->until = t;
	at[leaf] = NULL;
	lkh_evict(leaf);
	begin_epoch(secrets[epoch]);
}

static void capture(uint32_t leaf)
{
	struct capture *c = &captures[capture_count++];

	*c = (struct capture){ t, hand_of(leaf) };
	put_clock(&c->hand);
	put(&c->hand, sessions[t]);
}

static void begin(enum tree tree, enum clock clock)
{
	plant(tree);
	as = clock;
	people_count = capture_count = t = 0;
	memset(at, 0, sizeof(at));
	draw_tokens();
	a = fresh();
	b = fresh();
}

static void happen(uint32_t leaf, uint32_t *evicted)
{
	const unsigned what = below(8);

	if (what == 0)
		heal();
	else if (what < 3)
		next_session();
	else if (!at[leaf] && leaf != *evicted)
		come(leaf);
	else if (at[leaf] && at[leaf]->joined && what == 3)
		capture(leaf);
	else if (at[leaf])
		go(*evicted = leaf);
}

static void play(enum tree tree, enum clock clock)
{
	uint32_t evicted = LEAVES;

	begin(tree, clock);
	for (uint32_t leaf = 0; leaf < LEAVES; leaf++)
		if (below(2))
			come(leaf);
	next_session();
	for (int i = 0; i < EVENTS; i++)
		happen(below(LEAVES), &evicted);
	/* What would follow, and was not said yet. */
	t++;
	a = made_of(a, NONE);
	sessions[t] = key_now();
	t--;
}

static bool was_in(const struct person *p, int session)
{
	return p->since < session && session <= p->until;
}

/* ---- what leaks ---- */

struct leaks {
	int one;      /* person has the key of a session that it was not in */
	int two;      /* have one together that neither has alone */
	int pool;     /* that all who were not in have, together */
	int captured; /* of before, that a captured member has */
	int ex;	      /* of before, that one has with who was put out before, and neither alone */
	int all;      /* that the pool and all captured since have, together */
	int ahead;    /* of the session to come, that a member has */
};

static bool alone[PEOPLE_MAX][SESSIONS_MAX + 1];

/* What all hear: of tokens the last, which gives those before it. */
static void hear_all(void)
{
	know_nothing();
	learn(tokens[t]);
}

static void count_one(struct leaks *l)
{
	for (int i = 0; i < people_count; i++) {
		hear_all();
		learn_hand(&people[i].hand);
		close_up();
		for (int s = 1; s <= t; s++) {
			alone[i][s] = known[sessions[s]];
			if (was_in(&people[i], s))
				assert_true(alone[i][s]); /* else it would show nothing */
			else
				l->one += alone[i][s];
		}
		l->ahead += known[sessions[t + 1]];
	}
}

static void count_two(struct leaks *l)
{
	for (int i = 0; i < people_count; i++)
		for (int j = 0; j < i; j++) {
			hear_all();
			learn_hand(&people[i].hand);
			learn_hand(&people[j].hand);
			close_up();
			for (int s = 1; s <= t; s++)
				l->two += known[sessions[s]] && !alone[i][s] && !alone[j][s];
		}
}

static void count_captured(struct leaks *l)
{
	for (int i = 0; i < capture_count; i++) {
		hear_all();
		learn_hand(&captures[i].hand);
		close_up();
		for (int s = 1; s < captures[i].t; s++)
			l->captured += known[sessions[s]];
		for (int j = 0; j < people_count; j++) {
			if (people[j].until >= captures[i].t)
				continue;
			hear_all();
			learn_hand(&captures[i].hand);
			learn_hand(&people[j].hand);
			close_up();
			for (int s = 1; s < captures[i].t; s++)
				l->ex += known[sessions[s]] && !alone[j][s];
		}
	}
}

static void count_pool(struct leaks *l)
{
	for (int s = 1; s <= t; s++) {
		hear_all();
		for (int i = 0; i < people_count; i++)
			if (!was_in(&people[i], s))
				learn_hand(&people[i].hand);
		close_up();
		l->pool += known[sessions[s]];
		for (int i = 0; i < capture_count; i++)
			if (captures[i].t > s)
				learn_hand(&captures[i].hand);
		close_up();
		l->all += known[sessions[s]];
	}
}

static struct leaks leaks_of(enum tree tree, enum clock clock)
{
	struct leaks l = { 0 };

	for (int i = 0; i < SCHEDULES; i++) {
		play(tree, clock);
		count_one(&l);
		count_two(&l);
		count_captured(&l);
		count_pool(&l);
	}
	return l;
}

static void nobody_alone_or_with_others_has_a_key_of_a_session_that_none_was_in(void **state)
{
	const struct leaks l = leaks_of(LKH, INSIDE);

	(void)state;
	assert_int_equal(l.one, 0);
	assert_int_equal(l.two, 0);
	assert_int_equal(l.pool, 0);
	assert_int_equal(l.captured, 0);
	assert_int_equal(l.ex, 0);
	assert_int_equal(l.all, 0);
}

static void a_member_has_no_key_whose_token_was_not_released_and_without_tokens_it_has(void **state)
{
	(void)state;
	assert_int_equal(leaks_of(LKH, INSIDE).ahead, 0);
	assert_int_not_equal(leaks_of(LKH, NO_TOKEN).ahead, 0);
}

static void with_b_beside_the_clock_an_old_a_and_a_later_b_give_keys_of_between(void **state)
{
	const struct leaks l = leaks_of(LKH, BESIDE);

	(void)state;
	assert_int_equal(l.one, 0); /* each alone cannot: it is the two together */
	assert_int_not_equal(l.two, 0);
	assert_int_not_equal(l.ex, 0);
}

static void without_the_step_who_comes_later_gives_the_time_between_to_who_was_put_out(void **state)
{
	const struct leaks l = leaks_of(NO_STEP, INSIDE);

	(void)state;
	assert_int_not_equal(l.two, 0);
	assert_int_not_equal(l.ex, 0);
}

static void with_the_step_before_the_wraps_who_comes_in_the_epoch_does(void **state)
{
	const struct leaks l = leaks_of(STEP_FIRST, INSIDE);

	(void)state;
	assert_int_not_equal(l.two, 0);
	assert_int_not_equal(l.ex, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    nobody_alone_or_with_others_has_a_key_of_a_session_that_none_was_in),
		cmocka_unit_test(
		    a_member_has_no_key_whose_token_was_not_released_and_without_tokens_it_has),
		cmocka_unit_test(
		    with_b_beside_the_clock_an_old_a_and_a_later_b_give_keys_of_between),
		cmocka_unit_test(
		    without_the_step_who_comes_later_gives_the_time_between_to_who_was_put_out),
		cmocka_unit_test(with_the_step_before_the_wraps_who_comes_in_the_epoch_does),
	};

	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	printf("# seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
