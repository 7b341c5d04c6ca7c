/* SPDX-License-Identifier: MIT */
/* What a member of a group takes of a list, and what it says that it holds. */
#include "group.h"
#include "pair.h"

#define LEAF 5

static struct pair p;
static struct group node;
static struct nos_chain down; /* the node's */

/* A list of messages, as the node makes them up. */
static struct nos_buf bytes;
static struct nos_span list[8];
static size_t count;

static void add_order(void)
{
	NOS_AUTO(buf) order = { 0 };

	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	group_order_of(&node, node.clock.epoch, node.clock.t, &order);
	list[count++] = (struct nos_span){ (const uint8_t *)bytes.p + bytes.len, order.len };
	nos_buf_add(&bytes, order.p, order.len);
}

static void add(enum nos_message_kind kind, struct nos_span body)
{
	const size_t before = bytes.len;

	assert_int_equal(
	    nos_message_seal(kind, &down, 1, NOS_STR(SOURCE), body, &bytes, &p.err), NOS_OK);
	assert_int_equal(nos_chain_advance(&down, down.ctr + 1, &p.err), NOS_OK);
	list[count++] = (struct nos_span){ (const uint8_t *)bytes.p + before, bytes.len - before };
}

static void add_path(void)
{
	struct nos_lkh_path path = { GROUP_DEPTH, GROUP, node.clock.epoch, LEAF };
	NOS_AUTO(chain_step) step = { 0 };
	NOS_AUTO(buf) body = { 0 };

	assert_int_equal(nos_chain_look(&down, &step, &p.err), NOS_OK);
	assert_int_equal(nos_lkh_leaf_key(&step.key, GROUP,
			     &node.keys[nos_lkh_number(GROUP_DEPTH, LEAF, 0)], &p.err),
	    NOS_OK);
	for (unsigned h = 1; h <= GROUP_DEPTH; h++)
		path.keys[h] = node.keys[nos_lkh_number(GROUP_DEPTH, LEAF, h)];
	nos_buf_init_secret(&body, NOS_LKH_PATH_MAX);
	nos_lkh_path_encode(&body, &path);
	add(NOS_MESSAGE_PATH, nos_buf_span(&body));
}

static void add_join(void)
{
	NOS_AUTO(buf) body = { 0 };

	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_session_join_encode(&body, &node.clock, node.tokens[node.clock.t]);
	add(NOS_MESSAGE_JOIN, nos_buf_span(&body));
}

static void clear(void)
{
	count = 0;
	nos_buf_truncate(&bytes, 0);
}

static enum nos_holder_did take(void)
{
	enum nos_holder_did did = NOS_HOLDER_NOTHING;

	nos_err_clear(&p.err);
	assert_int_equal(
	    nos_holder_take(&p.source, list, count, p.world.now, &did, &p.err), NOS_OK);
	return did;
}

static int fresh(void **state)
{
	(void)state;
	pair_init(&p);
	group_init(&node, 1);
	down = p.source.down;
	snprintf(p.source.scheme, sizeof(p.source.scheme), "dipietro");
	/* So that no message moves while others are added. */
	nos_buf_init_secret(&bytes, 8192);
	assert_true(nos_buf_reserve(&bytes, 8192));
	clear();
	group_step(&node, NULL);
	add_path();
	add_join();
	assert_int_equal(take(), NOS_HOLDER_TOOK);
	assert_in_step(&node, &p.source);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	nos_buf_release(&bytes);
	nos_keyring_release(&p.source);
	return 0;
}

static void an_order_is_kept_and_not_acknowledged(void **state)
{
	(void)state;
	clear();
	group_step(&node, NULL);
	add_order();
	assert_int_equal(take(), NOS_HOLDER_HEARD);
	assert_in_step(&node, &p.source);
	assert_int_equal(take(), NOS_HOLDER_NOTHING);
}

static void an_order_that_nobody_gave_is_nothing_in_a_list(void **state)
{
	const struct nos_keyring before = p.source;

	(void)state;
	clear();
	group_step(&node, NULL);
	add_order();
	bytes.p[bytes.len - 1] ^= 1;
	assert_int_equal(take(), NOS_HOLDER_NOTHING);
	assert_memory_equal(&before, &p.source, sizeof(before));
}

static void an_order_beside_messages_that_were_taken_is_kept_and_they_acknowledged_again(
    void **state)
{
	(void)state;
	assert_int_equal(take(), NOS_HOLDER_AGAIN);
	group_step(&node, NULL);
	add_order();
	assert_int_equal(take(), NOS_HOLDER_TOOK);
	assert_in_step(&node, &p.source);
	assert_int_equal(take(), NOS_HOLDER_AGAIN);
}

static void an_order_stands_before_the_join_that_it_needs_and_is_followed_all_the_same(void **state)
{
	NOS_AUTO(buf) join = { 0 };

	(void)state;
	p.source.group.clock.a.len = 0;
	clear();
	group_step(&node, NULL);
	/* The join was made first. */
	nos_buf_init_secret(&join, NOS_MESSAGE_BODY_MAX);
	nos_session_join_encode(&join, &node.clock, node.tokens[node.clock.t]);
	group_step(&node, NULL);
	add_order();
	add(NOS_MESSAGE_JOIN, nos_buf_span(&join));
	assert_int_equal(take(), NOS_HOLDER_TOOK);
	assert_in_step(&node, &p.source);
}

static void an_order_and_a_message_that_does_not_verify_leave_the_keyring_as_it_was(void **state)
{
	const struct nos_keyring before = p.source;
	enum nos_holder_did did;

	(void)state;
	clear();
	group_step(&node, NULL);
	add_order();
	add_join();
	bytes.p[bytes.len - 1] ^= 1;
	assert_int_equal(
	    nos_holder_take(&p.source, list, count, p.world.now, &did, &p.err), NOS_TAG);
	assert_memory_equal(&before, &p.source, sizeof(before));
}

static void five_hundred_orders_behind_a_member_believes_the_node_s_list(void **state)
{
	(void)state;
	p.source.group.leapt = p.world.now;
	clear();
	for (unsigned i = 0; i < 500; i++)
		group_step(&node, NULL);
	add_order();
	assert_int_equal(take(), NOS_HOLDER_HEARD);
	assert_in_step(&node, &p.source);
}

/* ---- a list from before what all heard ---- */

static void hear_it(const struct nos_buf *message)
{
	bool took;

	assert_int_equal(
	    nos_membership_hear(&p.source, nos_buf_span(message), p.world.now, &took, &p.err),
	    NOS_OK);
	assert_true(took);
}

static void a_place_and_a_join_from_before_an_order_leave_the_clock_where_it_led(void **state)
{
	NOS_AUTO(buf) order = { 0 };

	(void)state;
	clear();
	add_path();
	add_join();
	group_step(&node, NULL);
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	group_order_of(&node, node.clock.epoch, node.clock.t, &order);
	hear_it(&order);
	assert_int_equal(take(), NOS_HOLDER_TOOK);
	assert_in_step(&node, &p.source);
	assert_int_equal(p.source.down.ctr, down.ctr);
}

/* Its tokens are the same, its clock is not: of an epoch that it began another time. */
static void a_join_of_a_node_that_went_back_is_taken_though_it_stands_before(void **state)
{
	(void)state;
	clear();
	add_order();
	group_step(&node, NULL);
	add_order();
	assert_int_equal(take(), NOS_HOLDER_HEARD);
	clear();
	node.clock.t--;
	node.clock.a.bytes[0] ^= 1;
	add_join();
	assert_int_equal(take(), NOS_HOLDER_TOOK);
	assert_in_step(&node, &p.source);
}

static void a_place_from_before_an_eviction_that_was_heard_is_a_reason_to_ask(void **state)
{
	struct nos_keyring before;
	enum nos_holder_did did;
	NOS_AUTO(buf) broadcast = { 0 };

	(void)state;
	memcpy(p.source.sign, node.sign_public, sizeof(p.source.sign));
	clear();
	add_path();
	add_join();
	nos_buf_init(&broadcast, NOS_EVICTION_MAX);
	group_evict(&node, LEAF + 1, &broadcast);
	hear_it(&broadcast);
	before = p.source;
	assert_int_equal(
	    nos_holder_take(&p.source, list, count, p.world.now, &did, &p.err), NOS_TAG);
	assert_memory_equal(&before, &p.source, sizeof(before));
}

static void an_acknowledgement_names_the_key_of_the_group_and_the_place(void **state)
{
	const struct nos_chain up = p.source.up;
	struct nos_message_head head;
	NOS_AUTO(buf) body = { 0 };
	struct nos_span ack;

	(void)state;
	pair_make_ack(&p);
	ack = (struct nos_span){ p.source.ack, p.source.ack_len };
	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	assert_int_equal(nos_message_head_read(ack, &head, &p.err), NOS_OK);
	assert_int_equal(
	    nos_message_open(ack, &head, &up, 1, NOS_STR(SOURCE), &body, &p.err), NOS_OK);
	assert_buf(&body, "\2\7s.3.0.6\3p.1\7l.3.0.5");
}

static void all_that_a_keyring_can_hold_is_named_in_an_ask(void **state)
{
	(void)state;
	while (p.source.key_count < NOS_KEYRING_KEYS_MAX)
		nos_keyring_add(&p.source)->name =
		    (struct nos_name){ 's', 3, { 1u << 31, 1u << 31, 1u << 31 } };
	while (p.source.global_count < NOS_KEYRING_GLOBALS_MAX)
		p.source.globals[p.source.global_count++] =
		    (struct nos_keyring_global){ .domain = UINT64_MAX, .version = UINT64_MAX };
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
}

static void a_pack_under_the_key_of_the_group_destroys_no_key(void **state)
{
	const struct nos_keyring before = p.source;

	(void)state;
	assert_false(nos_holder_confirmed(&p.source, &nos_keyring_active(&p.source)->name));
	assert_memory_equal(&before, &p.source, sizeof(before));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)
	const struct CMUnitTest tests[] = {
		TEST(an_order_is_kept_and_not_acknowledged),
		TEST(an_order_that_nobody_gave_is_nothing_in_a_list),
		TEST(an_order_beside_messages_that_were_taken_is_kept_and_they_acknowledged_again),
		TEST(an_order_stands_before_the_join_that_it_needs_and_is_followed_all_the_same),
		TEST(an_order_and_a_message_that_does_not_verify_leave_the_keyring_as_it_was),
		TEST(five_hundred_orders_behind_a_member_believes_the_node_s_list),
		TEST(a_place_and_a_join_from_before_an_order_leave_the_clock_where_it_led),
		TEST(a_join_of_a_node_that_went_back_is_taken_though_it_stands_before),
		TEST(a_place_from_before_an_eviction_that_was_heard_is_a_reason_to_ask),
		TEST(an_acknowledgement_names_the_key_of_the_group_and_the_place),
		TEST(all_that_a_keyring_can_hold_is_named_in_an_ask),
		TEST(a_pack_under_the_key_of_the_group_destroys_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
