/* SPDX-License-Identifier: MIT */
/* What moves a group on, and who is put out of it. */
#include "../registry/node.h"

#include "registry/due.h"
#include "group/grove.h"
#include "group/leaving.h"
#include "registry/registry.h"

#define NOW  ((struct nos_time){ 1795600000000 })
#define NODE 5

static struct nos_turn t;
static struct nos_group g;

static void begin_at(struct nos_time now)
{
	nos_err_clear(&err);
	nos_audit_begin(&audit);
	t = (struct nos_turn){ .store = store,
		.vault = &vault,
		.audit = &audit,
		.now = now,
		.node = NODE,
		.overlap_ms = 1000,
		.sign = &self.sign,
		.reason = "test" };
}

static void make(const char *scheme, unsigned depth)
{
	node_life();
	begin_at(NOW);
	g = (struct nos_group){ .depth = depth, .name = "roof" };
	snprintf(g.scheme, sizeof(g.scheme), "%s", scheme);
	assert_int_equal(nos_groups_make(store, &vault, &g, 1, NOW, &err), NOS_OK);
}

static void read_again(void)
{
	nos_err_clear(&err);
	assert_int_equal(nos_groups_get(store, &vault, 1, &g, &err), NOS_OK);
}

static struct nos_grove tree(void)
{
	return (struct nos_grove){ store, &vault, &g };
}

/* A member that holds what its path brought it. */
static struct nos_lkh_path join(uint8_t seed)
{
	const struct nos_grove v = tree();
	const struct nos_secret own = { .len = NOS_LKH_KEY_LEN, .bytes = { seed } };
	struct nos_lkh_path p;
	uint32_t leaf;

	assert_int_equal(nos_grove_take(&v, &leaf, &err), NOS_OK);
	assert_int_equal(nos_grove_path(&v, leaf, &p, &err), NOS_OK);
	assert_int_equal(nos_grove_plant(&v, leaf, &own, &err), NOS_OK);
	p.keys[0] = own;
	return p;
}

static void assert_keeps_up(const struct nos_lkh_path *p)
{
	const struct nos_grove v = tree();
	struct nos_lkh_path now;

	assert_int_equal(nos_grove_path(&v, p->leaf, &now, &err), NOS_OK);
	assert_int_equal(p->epoch, now.epoch);
	for (unsigned h = 1; h <= p->depth; h++)
		assert_true(nos_secret_eq(&p->keys[h], &now.keys[h]));
}

/* The broadcast of the present epoch. */
static struct nos_eviction broadcast(void)
{
	struct nos_eviction v;

	assert_int_equal(nos_eviction_open((struct nos_span){ g.broadcast, g.broadcast_len },
			     self.sign_public, &v, &err),
	    NOS_OK);
	return v;
}

static void hear(struct nos_lkh_path *p)
{
	const struct nos_eviction v = broadcast();
	struct nos_secret b, own;

	assert_int_equal(nos_lkh_path_hear(p, &v, &b, &err), NOS_OK);
	assert_int_equal(nos_group_b(&g, &own, &err), NOS_OK);
	assert_true(nos_secret_eq(&b, &own));
}

/* Entries of the audit stream that have this in them. */
struct search {
	const char *text;
	size_t count;
};

static enum nos_code see(void *state, struct nos_str entry, struct nos_err *e)
{
	struct search *s = state;

	(void)e;
	s->count += memmem(entry.p, entry.len, s->text, strlen(s->text)) != NULL;
	return NOS_OK;
}

static size_t entries(const char *text)
{
	struct search s = { text, 0 };

	assert_int_equal(
	    nos_audit_scan(store, (struct nos_time){ 0 }, NULL, see, &s, &err), NOS_OK);
	return s.count;
}

/* ---- sessions and epochs ---- */

static void an_order_is_the_next_session_and_is_written_down(void **state)
{
	char keys[4][NOS_DUE_KEY_MAX];
	size_t count = 0;
	bool more;

	(void)state;
	make("dipietro", 4);
	assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	read_again();
	assert_true(g.clock.t == 2 && g.clock.epoch == 0 && g.key_count == 2 && t.destroyed);
	assert_int_equal(entries("\"what\":\"group\",\"key\":\"s.1.0.1\",\"to\":\"active\""), 1);
	assert_int_equal(entries("\"key\":\"s.1.0.2\",\"to\":\"active\",\"by\":\"test\",\"reason\":"
				 "\"test\""),
	    1);
	/* What will have to go is noted. */
	assert_int_equal(
	    nos_due_read(store, (struct nos_time){ NOW.ms + 1000 }, 4, keys, &count, &more, &err),
	    NOS_OK);
	assert_true(count == 1 && nos_due_group(nos_due_id(keys[0])) == 1);
}

static void an_order_to_a_tree_is_an_epoch_by_heal(void **state)
{
	struct nos_lkh_path p;

	(void)state;
	make("tree", 4);
	p = join(1);
	assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	read_again();
	assert_true(g.clock.epoch == 1 && g.how == NOS_GROUP_HEALED && !g.turning);
	assert_int_equal(entries("\"key\":\"t.1.1\",\"to\":\"active\""), 1);
	assert_int_equal(nos_lkh_path_step(&p, 1, &err), NOS_OK);
	assert_keeps_up(&p);
}

static void a_heal_is_an_epoch_and_the_session_that_follows_at_once(void **state)
{
	struct nos_session member;
	struct nos_secret key;

	(void)state;
	make("dipietro", 4);
	assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	member = g.clock;
	assert_int_equal(nos_turn_heal(&t, &g, &err), NOS_OK);
	read_again();
	assert_true(g.clock.epoch == 1 && g.began == 1 && g.clock.t == 2 && !g.broadcast_len);
	assert_int_equal(nos_session_begin_epoch(&member, 1, &g.secret, &err), NOS_OK);
	assert_int_equal(nos_session_tick(&member, &err), NOS_OK);
	assert_int_equal(nos_session_key(&member, g.token, &key, &err), NOS_OK);
	assert_true(nos_secret_eq(&key, &nos_group_present(&g)->value));
}

static void who_comes_second_is_told_to_read_it_again(void **state)
{
	struct nos_group old;

	(void)state;
	make("dipietro", 4);
	old = g;
	assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	assert_int_equal(nos_turn_order(&t, &old, &err), NOS_EXISTS);
	begin_at(NOW);
	read_again();
	assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	assert_int_equal(g.clock.t, 2);
}

/* ---- evictions ---- */

static void an_eviction_is_two_changes_and_others_hear_of_it_after_the_first(void **state)
{
	static const char *const schemes[] = { "dipietro", "tree" };
	struct nos_lkh_path a, b, c;
	struct nos_eviction v;
	uint64_t members;

	for (size_t i = 0; i < 2; i++) {
		struct nos_grove tree_now;

		make(schemes[i], 5);
		a = join(1);
		b = join(2);
		c = join(3);
		assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
		assert_int_equal(nos_lkh_path_step(&a, g.clock.epoch, &err), NOS_OK);
		assert_int_equal(nos_lkh_path_step(&c, g.clock.epoch, &err), NOS_OK);
		assert_int_equal(nos_turn_evict(&t, &g, b.leaf, "s-1111111111", &err), NOS_OK);
		read_again();
		assert_true(g.turning && g.how == NOS_GROUP_EVICTED && g.leaf == b.leaf);
		v = broadcast();
		assert_true(v.t == g.began && v.turn.epoch == g.clock.epoch && v.leaf == b.leaf);
		hear(&a);
		hear(&c);
		assert_int_equal(nos_turn_finish(&t, &g, &err), NOS_OK);
		read_again();
		assert_false(g.turning);
		assert_keeps_up(&a);
		assert_keeps_up(&c);
		tree_now = tree();
		assert_int_equal(nos_grove_members(&tree_now, &members, &err), NOS_OK);
		assert_int_equal(members, 2);
		assert_int_equal(entries("\"source\":\"s-1111111111\""), 1);
		node_stop(state);
		assert_int_equal(node_start(state), 0);
	}
}

static void whoever_comes_upon_the_half_of_one_finishes_it_with_the_same_keys(void **state)
{
	struct nos_lkh_path a;
	enum { ORDER, HEAL, FINISH, STEP, LAST };

	for (int who = 0; who < LAST; who++) {
		bool did = false;

		make("dipietro", 5);
		a = join(1);
		for (uint8_t i = 2; i < 20; i++)
			join(i);
		assert_int_equal(nos_leaving_note(store,
				     &(struct nos_assoc_place){ .group = 1, .life = 1, .leaf = 7 },
				     "s-1111111111", &err),
		    NOS_OK);
		assert_int_equal(nos_turn_evict(&t, &g, 7, "s-1111111111", &err), NOS_OK);
		hear(&a);
		begin_at(NOW);
		read_again();
		if (who == ORDER)
			assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
		else if (who == HEAL)
			assert_int_equal(nos_turn_heal(&t, &g, &err), NOS_OK);
		else if (who == FINISH)
			assert_int_equal(nos_turn_finish(&t, &g, &err), NOS_OK);
		else
			assert_int_equal(nos_leaving_step(&t, &did, &err), NOS_OK);
		assert_int_equal(did, who == STEP);
		read_again();
		assert_true(!g.turning && g.clock.epoch == (who == HEAL ? 2u : 1u));
		assert_int_equal(nos_lkh_path_step(&a, g.clock.epoch, &err), NOS_OK);
		assert_keeps_up(&a);
		assert_int_equal(nos_leaving_step(&t, &did, &err), NOS_OK);
		assert_false(did);
		node_stop(state);
		assert_int_equal(node_start(state), 0);
	}
}

static void what_is_finished_already_is_not_touched(void **state)
{
	uint64_t rev;

	(void)state;
	make("dipietro", 4);
	assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	rev = g.rev;
	t.destroyed = false;
	assert_int_equal(nos_turn_finish(&t, &g, &err), NOS_OK);
	read_again();
	assert_true(g.rev == rev && !t.destroyed);
}

static void the_secret_of_an_eviction_goes_with_its_epoch(void **state)
{
	struct nos_secret s;

	(void)state;
	make("tree", 4);
	join(1);
	assert_int_equal(nos_turn_evict(&t, &g, 0, "s-1111111111", &err), NOS_OK);
	s = g.secret;
	assert_int_equal(nos_turn_heal(&t, &g, &err), NOS_OK);
	read_again();
	assert_int_equal(g.secret.len, NOS_LKH_KEY_LEN);
	assert_false(nos_secret_eq(&g.secret, &s));
	assert_true(!g.broadcast_len && g.how == NOS_GROUP_HEALED);
}

/* ---- who leaves ---- */

/* A source, with a leaf or without one. */
static void put_source(const char *id, const uint32_t *leaf, bool revoked)
{
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(record) r = { .kind = "sensor", .token = "t-0000000000", .group = 1 };
	struct nos_issuer w;

	snprintf(r.id, sizeof(r.id), "%s", id);
	snprintf(r.scheme, sizeof(r.scheme), "%s", "dipietro");
	memset(base.down.bytes, 1, base.down.len = 32);
	memset(base.up.bytes, 2, base.up.len = 32);
	memset(base.pair.bytes, 3, base.pair.len = 32);
	memset(base.z.bytes, 4, base.z.len = 32);
	w = nos_life_world(&changes, &r, NOW);
	nos_issuer_enrol(&r.a, &w, &base);
	if (leaf)
		r.a.place = (struct nos_assoc_place){ .group = 1, .life = 1, .leaf = *leaf };
	r.a.revoked = revoked;
	assert_int_equal(nos_registry_put(store, &vault, &r, &err), NOS_OK);
}

static void leave(uint64_t group, uint64_t life, uint32_t leaf, const char *source)
{
	const struct nos_assoc_place place = { .group = group, .life = life, .leaf = leaf };

	assert_int_equal(nos_leaving_note(store, &place, source, &err), NOS_OK);
}

/* Steps until there is nobody. */
static unsigned steps(void)
{
	unsigned count = 0;

	for (bool did = true; did; count += did) {
		assert_true(count < 50);
		begin_at(NOW);
		assert_int_equal(nos_leaving_step(&t, &did, &err), NOS_OK);
	}
	read_again();
	return count;
}

static void each_of_those_that_left_is_put_out_in_an_epoch_of_its_own(void **state)
{
	static const char *const ids[] = { "s-1111111111", "s-2222222222", "s-3333333333" };
	const struct nos_grove v = tree();
	uint64_t members;
	uint32_t elsewhere = 9;

	(void)state;
	make("dipietro", 5);
	for (uint8_t i = 1; i < 10; i++)
		join(i);
	put_source(ids[1], NULL, true);
	put_source(ids[2], &elsewhere, false); /* it was given another leaf */
	for (uint32_t i = 0; i < 3; i++)
		leave(1, 1, i + 2, ids[i]);
	assert_int_equal(steps(), 6);
	assert_true(g.clock.epoch == 3 && g.clock.t == 3 && !g.turning);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(entries(ids[i]), 1);
	assert_int_equal(nos_grove_members(&v, &members, &err), NOS_OK);
	assert_int_equal(members, 6);
}

static void who_is_there_still_stays_and_its_note_goes(void **state)
{
	const uint32_t leaf = 2;

	(void)state;
	make("dipietro", 4);
	put_source("s-1111111111", &leaf, false);
	leave(1, 1, leaf, "s-1111111111");
	assert_int_equal(steps(), 1);
	assert_true(g.clock.epoch == 0 && !g.turning);
	assert_int_equal(steps(), 0);
}

static void a_leaf_of_another_life_or_of_no_group_is_left_alone(void **state)
{
	(void)state;
	make("dipietro", 4);
	leave(1, 2, 1, "s-1111111111");
	leave(8, 1, 1, "s-1111111111");
	assert_int_equal(steps(), 2);
	assert_true(g.clock.epoch == 0 && g.clock.t == 0);
}

static void a_note_that_is_damaged_is_told_and_a_newer_one_too(void **state)
{
	bool did;

	(void)state;
	make("dipietro", 4);
	node_put("leaving", "1/2", "{\"v\":1,\"life\":1}");
	assert_int_equal(nos_leaving_step(&t, &did, &err), NOS_IO);
	begin_at(NOW);
	node_put("leaving", "1/2", "{\"v\":2,\"life\":1,\"source\":\"s-1111111111\"}");
	assert_int_equal(nos_leaving_step(&t, &did, &err), NOS_CONFIG);
	begin_at(NOW);
	assert_int_equal(nos_leaving_done(store, 1, 2, &err), NOS_OK);
	assert_int_equal(nos_leaving_done(store, 1, 2, &err), NOS_OK);
	node_put("leaving", "1", "{\"v\":1,\"life\":1,\"source\":\"s-1111111111\"}");
	assert_int_equal(nos_leaving_step(&t, &did, &err), NOS_IO);
}

/* ---- time ---- */

static void keys_that_have_had_their_time_go_and_nothing_is_put_for_none(void **state)
{
	uint64_t rev;

	(void)state;
	make("dipietro", 4);
	for (int i = 0; i < 3; i++)
		assert_int_equal(nos_turn_order(&t, &g, &err), NOS_OK);
	rev = g.rev;
	begin_at((struct nos_time){ NOW.ms + 999 });
	assert_int_equal(nos_turn_expire(&t, 1, &err), NOS_OK);
	read_again();
	assert_true(g.rev == rev && g.key_count == 3 && !t.destroyed);
	begin_at((struct nos_time){ NOW.ms + 1000 });
	assert_int_equal(nos_turn_expire(&t, 1, &err), NOS_OK);
	read_again();
	assert_true(g.rev != rev && g.key_count == 1 && t.destroyed);
	begin_at(NOW);
	assert_int_equal(nos_turn_expire(&t, 77, &err), NOS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(an_order_is_the_next_session_and_is_written_down),
		NODE_TEST(an_order_to_a_tree_is_an_epoch_by_heal),
		NODE_TEST(a_heal_is_an_epoch_and_the_session_that_follows_at_once),
		NODE_TEST(who_comes_second_is_told_to_read_it_again),
		NODE_TEST(an_eviction_is_two_changes_and_others_hear_of_it_after_the_first),
		NODE_TEST(whoever_comes_upon_the_half_of_one_finishes_it_with_the_same_keys),
		NODE_TEST(what_is_finished_already_is_not_touched),
		NODE_TEST(the_secret_of_an_eviction_goes_with_its_epoch),
		NODE_TEST(each_of_those_that_left_is_put_out_in_an_epoch_of_its_own),
		NODE_TEST(who_is_there_still_stays_and_its_note_goes),
		NODE_TEST(a_leaf_of_another_life_or_of_no_group_is_left_alone),
		NODE_TEST(a_note_that_is_damaged_is_told_and_a_newer_one_too),
		NODE_TEST(keys_that_have_had_their_time_go_and_nothing_is_put_for_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
