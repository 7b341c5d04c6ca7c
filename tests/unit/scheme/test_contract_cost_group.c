/* SPDX-License-Identifier: MIT */
/*
 * What a member of a group costs a node's store, and what moves the whole group on: no more records
 * than some for each level of the tree, up to a million members (nos-schemes(7), "The interface").
 *
 * A million are not made: leaves are given in turn, so the count of those that were given is put to
 * where it would stand. Of the members before the one that is looked at, those are made in whose
 * subtrees its way up has siblings. So all stands in the store that a step of this one can touch.
 */
#include "cost.h"
#include "lifecycle/advance.h"
#include "lifecycle/charter.h"
#include "group/leaving.h"

#define DEPTH	  NOS_GROUP_DEPTH
#define PER_LEVEL 5 /* records of one step, for each level that so many members need */

static const struct {
	unsigned members, levels;
} sizes[] = { { 1000, 10 }, { 10000, 14 }, { 100000, 17 }, { 1000000, 20 } };
static struct nos_group group;

/* ---- a group of so many ---- */

/* The next leaf that is given. */
static void next_leaf(uint64_t leaf)
{
	char key[32], text[96];
	uint64_t rev;

	snprintf(key, sizeof(key), "%llu", (unsigned long long)group.number);
	snprintf(text, sizeof(text), "{\"v\":1,\"life\":1,\"next\":%llu,\"members\":%llu}",
	    (unsigned long long)leaf, (unsigned long long)leaf);
	assert_int_equal(nos_store_put(store, "leaves", nos_str_of(key), nos_str_of(text),
			     NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
}

static void found(const struct nos_scheme *scheme)
{
	group = (struct nos_group){ .depth = DEPTH };
	snprintf(group.name, sizeof(group.name), "roof");
	snprintf(group.scheme, sizeof(group.scheme), "%s", scheme->name);
	begin();
	assert_int_equal(nos_groups_make(store, &vault, &group, 1, NOW, &err), NOS_OK);
	commit();
}

/* In each subtree beside the way of the last of so many there is one. */
static void settle(const struct nos_scheme *scheme, uint64_t size)
{
	const uint64_t last = size - 1;

	for (unsigned level = 0; level < DEPTH; level++) {
		const uint64_t leaf = (last >> level ^ 1) << level;

		if (leaf >= last)
			continue;
		begin();
		next_leaf(leaf);
		add(scheme, level, group.number);
		commit();
	}
	begin();
	next_leaf(last);
	commit();
}

/* ---- the steps ---- */

static void advance(bool heal)
{
	const struct nos_advance a = { .heal = heal, .reason = "a test" };
	struct nos_advance_done done;

	assert_int_equal(
	    nos_advance_group(&life, &a, nos_str_of(group.name), NOW, &done, &err), NOS_OK);
}

static void do_register(const struct nos_scheme *scheme, unsigned i)
{
	begin();
	add(scheme, i, group.number);
	commit();
}

static void do_order(const struct nos_scheme *scheme, unsigned i)
{
	(void)scheme, (void)i;
	advance(false);
}

static void do_heal(const struct nos_scheme *scheme, unsigned i)
{
	(void)scheme, (void)i;
	advance(true);
}

static enum nos_code look(void *state, struct nos_record *r, const struct nos_issuer *w,
    bool *ret_changed, struct nos_err *e)
{
	(void)state, (void)r, (void)w, (void)e;
	*ret_changed = true;
	return NOS_OK;
}

/* At a contact: what it lacks is issued. */
static void do_pull(const struct nos_scheme *scheme, unsigned i)
{
	NOS_AUTO(record) r = { 0 };

	(void)scheme;
	begin();
	assert_int_equal(
	    nos_life_change(&life, nos_str_of(id_of(i)), NOW, look, NULL, &r, &err), NOS_OK);
	commit();
	assert_true(r.a.out_count);
}

/* Under the group's newest key, of which the second is the one before. */
static void do_send(const struct nos_scheme *scheme, unsigned i)
{
	NOS_AUTO(group) now = { 0 };

	assert_int_equal(nos_groups_get(store, &vault, group.number, &now, &err), NOS_OK);
	open_pack(i, now.key_count > 1 ? 1 : 0, scheme->letter);
}

static bool never(void *state)
{
	(void)state;
	return false;
}

/* And put out of the group. */
static void do_revoke(const struct nos_scheme *scheme, unsigned i)
{
	uint64_t halves;

	(void)scheme;
	order(NOS_ORDER_REVOKE, i, NOS_ORDER_REVOKED);
	assert_int_equal(
	    nos_advance_put_out(&life, &self.sign, "a test", never, NULL, &halves, &err), NOS_OK);
	assert_int_equal(halves, 2);
}

/* Another comes, and is where the group is. */
static void do_enter(const struct nos_scheme *scheme, unsigned i)
{
	do_register(scheme, i + 1);
	do_order(scheme, i + 1);
	do_pull(scheme, i + 1);
	do_send(scheme, i + 1);
}

/* That one is told who was put out. */
static void do_follow(const struct nos_scheme *scheme, unsigned i)
{
	NOS_AUTO(record) r = { 0 };

	do_pull(scheme, i + 1);
	assert_int_equal(
	    nos_registry_get(store, &vault, nos_str_of(id_of(i + 1)), &r, &err), NOS_OK);
	assert_int_equal(r.a.out[0].bytes[0] >> 4, NOS_MESSAGE_EVICT);
}

static const struct {
	const char *name;
	void (*run)(const struct nos_scheme *scheme, unsigned i);
} steps[] = {
	{ "register", do_register },
	{ "re-key", do_order },
	{ "be told its key", do_pull },
	{ "send under it", do_send },
	{ "heal", do_heal },
	{ "be told of that", do_pull },
	{ "send under the next", do_send },
	{ "another comes in", do_enter },
	{ "revoke", do_revoke },
	{ "tell the other of that", do_follow },
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void measure(const struct nos_scheme *scheme, uint64_t size, struct cost ret[STEPS])
{
	node_open();
	found(scheme);
	settle(scheme, size);
	for (size_t i = 0; i < STEPS; i++) {
		cost = (struct cost){ 0 };
		steps[i].run(scheme, 1000);
		ret[i] = cost;
	}
	node_close();
}

static void assert_at_most(
    const struct nos_scheme *scheme, const struct cost costs[STEPS], size_t most)
{
	for (size_t i = 0; i < STEPS; i++) {
		const struct cost *c = &costs[i];

		if (c->got + c->put + c->read + c->appended > most)
			fail_msg("%s: %s reads %zu values and %zu entries, writes %zu and %zu",
			    scheme->name, steps[i].name, c->got, c->read, c->put, c->appended);
	}
}

static void a_member_among_a_million_costs_some_records_for_each_level_of_the_tree(void **state)
{
	const struct nos_scheme *scheme;
	struct cost costs[STEPS];

	(void)state;
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++)
		for (size_t j = 0; scheme->grouped && j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			measure(scheme, sizes[j].members, costs);
			assert_at_most(scheme, costs, PER_LEVEL * sizes[j].levels);
		}
}

/* Who is the first has nobody beside its way, and all keys of that are drawn. */
static void the_first_member_of_a_tree_costs_no_more(void **state)
{
	const struct nos_scheme *scheme;
	struct cost costs[STEPS];

	(void)state;
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++) {
		if (!scheme->grouped)
			continue;
		measure(scheme, 1, costs);
		assert_at_most(scheme, costs, PER_LEVEL * sizes[0].levels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_member_among_a_million_costs_some_records_for_each_level_of_the_tree),
		cmocka_unit_test(the_first_member_of_a_tree_costs_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
