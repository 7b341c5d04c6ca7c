/* SPDX-License-Identifier: MIT */
/*
 * Ex-members and later joiners of a group who put together all that they ever had, and all that
 * anybody could hear, against the keys of sessions that none of them was in (nos-schemes(7), "The
 * interface", 4): in bytes, as an attacker would try. Each key is tried at each wrap of each
 * eviction, whatever it is called; each clock is run on, with each B put into it where that came,
 * and without. What follows of the scheme itself, whatever is tried, is key/test_lkh_closure.c's.
 */
#include "group.h"

#include <time.h>

#define LEAVES (1u << GROUP_DEPTH)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SCHEDULES 1 /* each costs a hundred thousand keys */
#else
#define SCHEDULES 6
#endif
#define EVENTS	     18
#define EPOCHS_MAX   (EVENTS + 1)
#define SESSIONS_MAX (GROUP_T + 2 * EVENTS + 1)
#define PEOPLE_MAX   (EVENTS + LEAVES)
#define SECRETS_MAX  400
#define CLOCKS_MAX   100000
#define PLACES	     (1u << 18)

static unsigned seed;

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* ---- what is held ---- */

/* Of 16 bytes: a key of the tree of this epoch, or a B of it. */
struct secret {
	uint64_t epoch;
	struct nos_secret value;
};

struct secrets {
	struct secret list[SECRETS_MAX];
	size_t count;
};

struct pool {
	struct secrets keys, bs;
	struct nos_session clocks[SESSIONS_MAX];
	size_t clock_count;
};

static void add_secret(struct secrets *to, uint64_t epoch, const struct nos_secret *value)
{
	for (size_t i = 0; i < to->count; i++)
		if (nos_secret_eq(&to->list[i].value, value))
			return;
	assert_true(to->count < SECRETS_MAX);
	to->list[to->count++] = (struct secret){ epoch, *value };
}

static void add_keyring(struct pool *p, const struct nos_keyring *k)
{
	const struct nos_keyring_group *g = &k->group;

	for (unsigned h = 0; h <= g->path.depth; h++)
		add_secret(&p->keys, g->path.epoch, &g->path.keys[h]);
	if (!g->clock.a.len)
		return;
	assert_true(p->clock_count < SESSIONS_MAX);
	p->clocks[p->clock_count++] = g->clock;
}

static void add_pool(struct pool *p, const struct pool *other)
{
	for (size_t i = 0; i < other->keys.count; i++)
		add_secret(&p->keys, other->keys.list[i].epoch, &other->keys.list[i].value);
	for (size_t i = 0; i < other->bs.count; i++)
		add_secret(&p->bs, other->bs.list[i].epoch, &other->bs.list[i].value);
	for (size_t i = 0; i < other->clock_count && p->clock_count < SESSIONS_MAX; i++)
		p->clocks[p->clock_count++] = other->clocks[i];
}

/* ---- the group ---- */

struct person {
	struct nos_keyring k;
	struct pool had; /* all that it ever had, and what that opens of what all hear */
	uint32_t leaf;
	uint64_t since, until; /* in, of sessions t: since < t <= until */
};

/* A thief's find: what one member had when session t was the present one. */
struct capture {
	uint64_t t;
	struct pool found;
};

static struct group node;
static struct person people[PEOPLE_MAX], *at[LEAVES]; /* NULL: free */
static int people_count;
static struct capture captures[EVENTS];
static int capture_count;
static struct nos_eviction said[EVENTS]; /* what all could hear */
static int said_count;
static struct nos_secret keys[SESSIONS_MAX]; /* k_t */
static uint64_t epochs[SESSIONS_MAX];	     /* and the e of its name */
static uint64_t began[EPOCHS_MAX];	     /* t at which an epoch did, which all could hear */
static struct nos_buf order, broadcast;

static void come(uint32_t leaf)
{
	struct person *p = &people[people_count++];

	*p = (struct person){ .leaf = leaf, .since = node.clock.t, .until = UINT64_MAX };
	group_source(&node, &p->k, "dipietro");
	assert_int_equal(group_path(&node, &p->k, leaf), NOS_OK);
	add_keyring(&p->had, &p->k);
	at[leaf] = p;
}

static void next_session(void)
{
	const uint64_t t = node.clock.t + 1;

	began[node.clock.epoch] = node.began;
	group_step(&node, &order);
	assert_int_equal(nos_session_key(&node.clock, node.tokens[t], &keys[t], &node.err), NOS_OK);
	epochs[t] = node.clock.epoch;
	for (uint32_t x = 0; x < LEAVES; x++) {
		if (!at[x])
			continue;
		if (at[x]->k.group.clock.a.len)
			assert_true(group_hear(&at[x]->k, &order));
		else
			assert_int_equal(group_join(&node, &at[x]->k), NOS_OK);
		assert_in_step(&node, &at[x]->k);
		add_keyring(&at[x]->had, &at[x]->k);
	}
}

static void heal(void)
{
	group_heal(&node);
	for (uint32_t x = 0; x < LEAVES; x++) {
		if (!at[x])
			continue;
		assert_int_equal(group_tell_heal(&node, &at[x]->k), NOS_OK);
		add_secret(&at[x]->had.bs, node.clock.epoch, &node.b);
		add_keyring(&at[x]->had, &at[x]->k);
	}
	next_session();
}

static void go(uint32_t leaf)
{
	at[leaf]->until = node.clock.t;
	at[leaf] = NULL;
	group_evict(&node, leaf, &broadcast);
	assert_int_equal(nos_eviction_open(nos_buf_span(&broadcast), node.sign_public,
			     &said[said_count++], &node.err),
	    NOS_OK);
	for (uint32_t x = 0; x < LEAVES; x++) {
		if (!at[x])
			continue;
		if (below(2))
			assert_true(group_hear(&at[x]->k, &broadcast));
		else
			assert_int_equal(group_tell_evict(&node, &at[x]->k, x), NOS_OK);
		add_keyring(&at[x]->had, &at[x]->k);
	}
	next_session();
}

static void capture(const struct person *p)
{
	struct capture *c = &captures[capture_count++];

	*c = (struct capture){ .t = node.clock.t };
	add_keyring(&c->found, &p->k);
}

static void happen(uint32_t leaf)
{
	const unsigned what = below(6);

	if (what == 0)
		heal();
	else if (what == 1)
		next_session();
	else if (!at[leaf] && (!said_count || node.evicted != leaf))
		come(leaf);
	else if (at[leaf] && what == 2)
		capture(at[leaf]);
	else if (at[leaf])
		go(leaf);
}

static void play(void)
{
	group_init(&node, 1);
	people_count = capture_count = said_count = 0;
	memset(at, 0, sizeof(at));
	for (uint32_t leaf = 0; leaf < LEAVES; leaf += 3)
		come(leaf);
	next_session();
	for (int i = 0; i < EVENTS; i++)
		happen(below(LEAVES));
	next_session();
}

/* ---- what can be made of it ---- */

/* Every secret at this wrap: where it gives what the confirm says, all above it is known. */
static void try_wrap(
    struct pool *p, const struct nos_secret *key, const struct nos_eviction *v, unsigned level)
{
	const uint32_t number = nos_lkh_sibling(nos_lkh_number(v->turn.depth, v->leaf, level));
	struct nos_lkh_climb up;
	struct nos_secret s;

	assert_int_equal(
	    nos_lkh_unwrap(&v->turn, v->confirm, number, key, v->wraps[level], &s, &node.err),
	    NOS_OK);
	assert_int_equal(nos_lkh_climb(&v->turn, level, &s, &up, &node.err), NOS_OK);
	if (memcmp(up.confirm, v->confirm, NOS_LKH_CONFIRM_LEN) != 0)
		return;
	add_secret(&p->bs, v->turn.epoch, &up.b);
	for (unsigned h = level + 1; h <= v->turn.depth; h++)
		add_secret(&p->keys, v->turn.epoch, &up.keys[h]);
}

/* The list grows under this, and what is added is gone through as well. */
static void open_wraps(struct pool *p)
{
	for (size_t i = 0; i < p->keys.count; i++) {
		struct secret k = p->keys.list[i];

		for (int v = 0; v < said_count; v++)
			for (unsigned level = 0; level < GROUP_DEPTH; level++)
				try_wrap(p, &k.value, &said[v], level);
		if (k.epoch == node.clock.epoch)
			continue;
		assert_int_equal(nos_lkh_step(&k.value, k.epoch, k.epoch + 1, &node.err), NOS_OK);
		add_secret(&p->keys, k.epoch + 1, &k.value);
	}
}

static struct nos_session clocks[CLOCKS_MAX];
static size_t clock_count;
static size_t clocks_at[SESSIONS_MAX + 1]; /* where those of t begin, of this run */

static uint32_t places[PLACES]; /* of clocks, by what their A begins with */

/* Once each: schedules of some seeds come to thousands of a session. What stands in places of
 * another session is as nothing. */
static void add_clock(const struct nos_session *c, size_t since)
{
	uint32_t place;

	memcpy(&place, c->a.bytes, sizeof(place));
	for (place %= PLACES;; place = (place + 1) % PLACES) {
		const uint32_t i = places[place];

		if (i < since || i >= clock_count)
			break;
		if (clocks[i].epoch == c->epoch && nos_secret_eq(&clocks[i].a, &c->a))
			return;
	}
	assert_true(clock_count < CLOCKS_MAX);
	places[place] = (uint32_t)clock_count;
	clocks[clock_count++] = *c;
}

/* All clocks of session t: those held, those of the one before run on, and each with the B of an
 * epoch that began there. */
static void run_clocks(const struct pool *p, uint64_t t)
{
	const size_t before = clocks_at[t - 1], since = clock_count;
	size_t all;

	clocks_at[t] = since;
	for (size_t i = 0; i < p->clock_count; i++)
		if (p->clocks[i].t == t)
			add_clock(&p->clocks[i], since);
	for (size_t i = before; i < since; i++) {
		struct nos_session c = clocks[i];

		assert_int_equal(nos_session_tick(&c, &node.err), NOS_OK);
		add_clock(&c, since);
	}
	all = clock_count;
	for (size_t i = since; i < all; i++)
		for (size_t b = 0; b < p->bs.count; b++) {
			const struct secret *s = &p->bs.list[b];
			struct nos_session c = clocks[i];

			if (began[s->epoch] != t)
				continue;
			assert_int_equal(
			    nos_session_begin_epoch(&c, s->epoch, &s->value, &node.err), NOS_OK);
			add_clock(&c, since);
		}
}

/* Which sessions' keys come of them, by the tokens that all could hear. */
static void sessions_of(const struct pool *p, bool ret[SESSIONS_MAX])
{
	clock_count = 0;
	memset(places, 0xff, sizeof(places));
	memset(ret, 0, SESSIONS_MAX * sizeof(*ret));
	clocks_at[GROUP_T - 1] = 0;
	for (uint64_t t = GROUP_T; t <= node.clock.t; t++) {
		run_clocks(p, t);
		for (size_t i = clocks_at[t]; t > GROUP_T && !ret[t] && i < clock_count; i++) {
			struct nos_session c = clocks[i];
			struct nos_secret key;

			c.epoch = epochs[t];
			assert_int_equal(
			    nos_session_key(&c, node.tokens[t], &key, &node.err), NOS_OK);
			ret[t] = nos_secret_eq(&key, &keys[t]);
		}
	}
}

static bool was_in(const struct person *p, uint64_t t)
{
	return p->since < t && t <= p->until;
}

/* ---- the tests ---- */

static bool known[SESSIONS_MAX];

/* All that each has, alone, is what it was in: neither less, else the rest would show nothing. */
static void look_at_each(void)
{
	for (int i = 0; i < people_count; i++) {
		open_wraps(&people[i].had);
		sessions_of(&people[i].had, known);
		for (uint64_t t = GROUP_T + 1; t <= node.clock.t; t++)
			assert_int_equal(known[t], was_in(&people[i], t));
	}
}

static void look_at_pairs(void)
{
	static struct pool two;

	for (int i = 0; i < people_count; i++)
		for (int j = 0; j < i; j++) {
			two = people[i].had;
			add_pool(&two, &people[j].had);
			sessions_of(&two, known);
			for (uint64_t t = GROUP_T + 1; t <= node.clock.t; t++)
				assert_int_equal(
				    known[t], was_in(&people[i], t) || was_in(&people[j], t));
		}
}

/* One that is captured, with one that was put out before. */
static void look_at_captured(void)
{
	static struct pool two;

	for (int i = 0; i < capture_count; i++) {
		open_wraps(&captures[i].found);
		for (int j = 0; j < people_count; j++) {
			if (people[j].until > captures[i].t)
				continue;
			two = captures[i].found;
			add_pool(&two, &people[j].had);
			sessions_of(&two, known);
			for (uint64_t t = GROUP_T + 1; t < captures[i].t; t++)
				assert_int_equal(known[t], was_in(&people[j], t));
			if (captures[i].found.clock_count)
				assert_true(known[captures[i].t]);
		}
	}
}

static void who_was_put_out_and_who_came_later_have_no_key_of_between(void **state)
{
	(void)state;
	for (int i = 0; i < SCHEDULES; i++) {
		play();
		look_at_each();
		look_at_pairs();
		look_at_captured();
	}
}

/* The control: with one B that somebody let slip the clock of who was put out runs on. */
static void with_the_b_of_its_eviction_who_was_put_out_has_the_keys_of_after_it(void **state)
{
	struct person *gone;
	uint64_t t;

	(void)state;
	group_init(&node, 1);
	people_count = capture_count = said_count = 0;
	memset(at, 0, sizeof(at));
	come(1);
	come(2);
	next_session();
	gone = at[1];
	go(1);
	t = node.clock.t;
	next_session();
	open_wraps(&gone->had);
	sessions_of(&gone->had, known);
	assert_false(known[t] || known[t + 1]);
	add_secret(&gone->had.bs, node.clock.epoch, &node.b);
	sessions_of(&gone->had, known);
	assert_true(known[t] && known[t + 1]);
}

static int start(void **state)
{
	(void)state;
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	nos_buf_init(&broadcast, NOS_EVICTION_MAX);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nos_buf_release(&order);
	nos_buf_release(&broadcast);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_put_out_and_who_came_later_have_no_key_of_between),
		cmocka_unit_test(
		    with_the_b_of_its_eviction_who_was_put_out_has_the_keys_of_after_it),
	};

	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	printf("# seed %u\n", seed);
	return cmocka_run_group_tests(tests, start, stop);
}
