/* SPDX-License-Identifier: MIT */
/* A source in a group before its node, which may be sessions ahead. */
#include "../scheme/group.h"
#include "node.h"

static struct node n;
static struct source s;
static struct group group;
static struct nos_buf order;

/* The node takes packs under the group's present key, and under no other of it. */
static void node_follows(void)
{
	struct nos_assoc_key *k = &n.a.keys[1];

	*k =
	    (struct nos_assoc_key){ .name = { 's', 3, { GROUP, group.clock.epoch, group.clock.t } },
		    .state = NOS_STATE_ACTIVE };
	n.a.key_count = 2;
	assert_int_equal(
	    nos_session_key(&group.clock, group.tokens[group.clock.t], &k->value, &group.err),
	    NOS_OK);
}

static int begin(void **state)
{
	struct nos_keyring k = test_keyring();

	if (test_folder(state))
		return -1;
	node_stop = 0;
	node_init(&n, &k);
	group_init(&group, 1);
	group_step(&group, NULL);
	snprintf(k.scheme, sizeof(k.scheme), "dipietro");
	snprintf(k.group_name, sizeof(k.group_name), "roof");
	assert_int_equal(group_path(&group, &k, 5), NOS_OK);
	assert_int_equal(group_join(&group, &k), NOS_OK);
	node_follows();
	assert_int_equal(nos_ring_write("a.key", &k, true, &s.err), NOS_OK);
	source_open(&s, &n);
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	return 0;
}

static int end(void **state)
{
	source_die(&s);
	nos_buf_release(&order);
	return test_folder_gone(state);
}

static void assert_follows(void)
{
	struct nos_keyring k = source_on_disk();

	assert_in_step(&group, &s.ring.k);
	assert_in_step(&group, &k);
	nos_keyring_release(&k);
}

static void a_source_that_is_behind_follows_the_order_of_a_401_and_asks_nothing(void **state)
{
	(void)state;
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.packs, 1);
	for (unsigned i = 0; i < 3; i++)
		group_step(&group, &order);
	node_follows();
	n.order = &order;
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.packs, 3);
	assert_string_equal(s.send.kid, "s.3.0.9");
	assert_int_equal(n.asks, 0);
	assert_int_equal(n.acks, 0);
	assert_follows();
}

static void an_order_that_is_forged_changes_nothing_and_costs_no_ask(void **state)
{
	struct nos_keyring before = s.ring.k;

	(void)state;
	group_step(&group, &order);
	order.p[order.len - 1] ^= 1;
	n.order = &order;
	n.refuse = "/v1/data";
	/* Under p. it is refused as well, and there the node is asked. */
	n.away = "/v1/node";
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 0);
	assert_memory_equal(&before.group, &s.ring.k.group, sizeof(before.group));
	assert_true(
	    nos_name_eq(&nos_keyring_active(&before)->name, &nos_keyring_active(&s.ring.k)->name));
	/* Under p. the true one is told. */
	order.p[order.len - 1] ^= 1;
	n.refuse = n.away = NULL;
	n.list_order = &order;
	node_follows();
	assert_int_equal(source_send(&s), NOS_OK);
	assert_string_equal(s.send.kid, "p.1");
	assert_int_equal(n.asks, 0);
	assert_follows();
	assert_int_equal(source_send(&s), NOS_OK);
	assert_string_equal(s.send.kid, "s.3.0.7");
}

static void an_order_of_another_epoch_makes_the_source_go_under_p(void **state)
{
	(void)state;
	group_heal(&group);
	group_step(&group, &order);
	node_follows();
	n.order = &order;
	n.away = "/resync";
	assert_int_equal(source_send(&s), NOS_OK);
	assert_string_equal(s.send.kid, "p.1");
	assert_int_equal(source_on_disk().group.token.t, group.clock.t);
	assert_int_equal(source_on_disk().group.token_epoch, 1);
}

static void where_the_keyring_cannot_be_written_the_order_was_not_heard(void **state)
{
	struct nos_keyring before = s.ring.k;

	(void)state;
	assert_int_equal(source_send(&s), NOS_OK); /* so that a block is reserved */
	group_step(&group, &order);
	node_follows();
	n.order = &order;
	assert_int_equal(system("mv a.key b.key && mkdir a.key"), 0);
	assert_int_not_equal(source_send(&s), NOS_OK);
	assert_memory_equal(&before.group, &s.ring.k.group, sizeof(before.group));
	assert_int_equal(system("rmdir a.key && mv b.key a.key"), 0);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_follows();
}

static void an_order_in_a_list_is_kept_and_posts_no_acknowledgement(void **state)
{
	(void)state;
	group_step(&group, &order);
	n.list_order = &order;
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.acks, 0);
	assert_follows();
	node_follows();
	assert_int_equal(source_send(&s), NOS_OK);
	assert_string_equal(s.send.kid, "s.3.0.7");
	assert_int_equal(n.packs, 2);
	assert_int_equal(n.acks, 0);
	assert_int_equal(n.asks, 0);
}

static void a_poll_says_which_order_was_verified_last(void **state)
{
	(void)state;
	group_step(&group, &order);
	n.list_order = &order;
	nos_err_clear(&s.err);
	assert_int_equal(nos_keeper_poll(&s.send.keeper, 9, &s.err), NOS_OK);
	assert_string_equal(n.path, "/v1/sources/" TEST_SOURCE "/keys?wait=9&after=6");
	assert_int_equal(nos_keeper_poll(&s.send.keeper, 0, &s.err), NOS_OK);
	assert_string_equal(n.path, "/v1/sources/" TEST_SOURCE "/keys?wait=0&after=7");
	assert_int_equal(n.acks, 0);
	assert_follows();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_source_that_is_behind_follows_the_order_of_a_401_and_asks_nothing),
		T(an_order_that_is_forged_changes_nothing_and_costs_no_ask),
		T(an_order_of_another_epoch_makes_the_source_go_under_p),
		T(where_the_keyring_cannot_be_written_the_order_was_not_heard),
		T(an_order_in_a_list_is_kept_and_posts_no_acknowledgement),
		T(a_poll_says_which_order_was_verified_last),
	};

	nos_jose_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
