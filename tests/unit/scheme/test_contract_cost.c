/* SPDX-License-Identifier: MIT */
/*
 * What one source costs a node's store, whatever its scheme: no more records are touched among a
 * thousand sources than among ten (nos-schemes(7), "The interface"). A million are the end-to-end
 * tests'; what a member of a group costs is test_contract_cost_group.c's.
 */
#include "cost.h"
#include "lifecycle/recall.h"

#define FEW   10
#define MANY  1000
#define MOST  20 /* records of one step */
#define STEPS 6

/* ---- the steps, each of one source ---- */

static void do_register(const struct nos_scheme *scheme, unsigned i)
{
	begin();
	add(scheme, i, 0);
	commit();
}

/* A pack under what waits for its first use, or under p.1: it is opened, and its key noted. */
static void do_send(const struct nos_scheme *scheme, unsigned i)
{
	open_pack(i, 0, scheme->letter);
}

static void do_rekey(const struct nos_scheme *scheme, unsigned i)
{
	(void)scheme;
	order(NOS_ORDER_REPLACE, i, NOS_ORDER_PENDING);
}

/* The global key that the source's local keys are of, and then the source. */
static void do_invalidate(const struct nos_scheme *scheme, unsigned i)
{
	uint64_t ring[NOS_POOL_RING_MAX];
	struct nos_recall_done done;
	char word[32];

	if (!scheme->invalidate)
		return;
	assert_int_equal(nos_pool_ring(&life.pool, nos_str_of(id_of(i)), ring, &err), NOS_OK);
	snprintf(word, sizeof(word), "w.%llu", (unsigned long long)ring[0]);
	assert_int_equal(
	    nos_recall_one(&life, &self, nos_str_of(word), "stolen", NOW, &done, &err), NOS_OK);
	assert_true(done.changed);
	assert_int_equal(nos_life_open(&life, store, &vault, &audit, &self, &err), NOS_OK);
	order(NOS_ORDER_INVALIDATE, i, NOS_ORDER_PENDING);
}

static void do_revoke(const struct nos_scheme *scheme, unsigned i)
{
	(void)scheme;
	order(NOS_ORDER_REVOKE, i, NOS_ORDER_REVOKED);
}

static const struct {
	const char *name;
	void (*run)(const struct nos_scheme *scheme, unsigned i);
} steps[STEPS] = {
	{ "register", do_register },
	{ "send under a new key", do_send },
	{ "re-key", do_rekey },
	{ "send under the next", do_send },
	{ "invalidate", do_invalidate },
	{ "revoke", do_revoke },
};

static void measure(const struct nos_scheme *scheme, unsigned sources, struct cost ret[STEPS])
{
	node_open();
	begin();
	for (unsigned i = 0; i < sources; i++)
		add(scheme, i, 0);
	commit();
	/* Wherever in its block of numbers the node stood. */
	memset(&life.numbers, 0, sizeof(life.numbers));
	begin();
	assert_int_equal(
	    nos_numbers_reserve(&life.numbers, store, 1, audit.groups, 1, &err), NOS_OK);
	commit();
	for (size_t i = 0; i < STEPS; i++) {
		cost = (struct cost){ 0 };
		steps[i].run(scheme, sources);
		ret[i] = cost;
	}
	node_close();
}

static void one_source_among_a_thousand_costs_what_it_costs_among_ten(void **state)
{
	const struct nos_scheme *scheme;
	struct cost few[STEPS], many[STEPS];

	(void)state;
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++) {
		if (scheme->grouped)
			continue;
		measure(scheme, FEW, few);
		measure(scheme, MANY, many);
		for (size_t j = 0; j < STEPS; j++) {
			const struct cost *c = &many[j];

			if (memcmp(&few[j], c, sizeof(*c)) != 0 ||
			    c->got + c->put + c->read + c->appended > MOST)
				fail_msg(
				    "%s: %s reads %zu values and %zu entries, writes %zu and %zu",
				    scheme->name, steps[j].name, c->got, c->read, c->put,
				    c->appended);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_source_among_a_thousand_costs_what_it_costs_among_ten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
