/* SPDX-License-Identifier: MIT */
/* A member of a group, by what the node says and what anybody may say. */
#include "group.h"

static struct group node;
static struct nos_keyring k;
static struct nos_buf order;

static int fresh(void **state)
{
	(void)state;
	group_init(&node, 1);
	nos_buf_init(&order, NOS_EVICTION_MAX);
	group_step(&node, NULL);
	group_enter(&node, &k, "dipietro", 5);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	nos_buf_release(&order);
	nos_keyring_release(&k);
	return 0;
}

static void a_source_that_has_its_place_sends_under_p_until_it_has_joined(void **state)
{
	struct nos_name place;
	struct nos_keyring other;
	uint64_t last;

	(void)state;
	group_source(&node, &other, "dipietro");
	assert_false(nos_membership_place(&other, &place));
	assert_int_equal(group_join(&node, &other), NOS_DATA);
	assert_int_equal(group_path(&node, &other, 9), NOS_OK);
	assert_placed(&node, &other, 9);
	assert_true(nos_membership_place(&other, &place));
	assert_true(nos_name_eq(&place, &(struct nos_name){ 'l', 3, { GROUP, 0, 9 } }));
	assert_int_equal(nos_keyring_active(&other)->name.kind, 'p');
	assert_false(nos_membership_last(&other, &last));
	/* An order is nothing to who has no clock, and no token to prove it by. */
	group_step(&node, &order);
	group_hear_nothing(&other, &order);
	assert_int_equal(group_join(&node, &other), NOS_OK);
	assert_in_step(&node, &other);
	assert_true(nos_membership_last(&other, &last));
	assert_int_equal(last, node.clock.t);
}

static void an_order_moves_all_members_to_one_key(void **state)
{
	struct nos_keyring other;

	(void)state;
	group_enter(&node, &other, "dipietro", 6);
	for (unsigned i = 0; i < 3; i++) {
		group_step(&node, &order);
		assert_true(group_hear(&k, &order) && group_hear(&other, &order));
		assert_in_step(&node, &k);
		assert_true(nos_secret_eq(
		    &nos_keyring_active(&k)->value, &nos_keyring_active(&other)->value));
	}
}

static void five_hundred_orders_that_were_missed_are_caught_up_with_by_the_next(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 501; i++)
		group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	assert_in_step(&node, &k);
}

static void an_order_that_was_heard_before_does_nothing(void **state)
{
	NOS_AUTO(buf) older = { 0 };

	(void)state;
	nos_buf_init(&older, NOS_SESSION_ORDER_MAX);
	group_order_of(&node, 0, node.clock.t, &older);
	group_hear_nothing(&k, &older);
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	group_hear_nothing(&k, &order);
	group_hear_nothing(&k, &older);
	assert_in_step(&node, &k);
}

static void an_order_of_another_chain_group_or_node_does_nothing(void **state)
{
	static struct group other;
	NOS_AUTO(buf) bent = { 0 };

	(void)state;
	group_step(&node, &order);
	nos_buf_init(&bent, NOS_SESSION_ORDER_MAX);
	for (size_t bit = 8; bit < 8 * order.len; bit++) {
		const bool is_epoch = bit / 8 == 2;

		nos_buf_truncate(&bent, 0);
		nos_buf_add(&bent, order.p, order.len);
		bent.p[bit / 8] = (char)(bent.p[bit / 8] ^ 1 << bit % 8);
		if (!is_epoch)
			group_hear_nothing(&k, &bent);
	}
	group_init(&other, 2);
	for (uint64_t t = node.clock.t; t < node.clock.t + 3; t++) {
		group_order_of(&other, 0, t, &bent);
		group_hear_nothing(&k, &bent);
	}
	assert_true(group_hear(&k, &order));
	assert_in_step(&node, &k);
}

/* The control: what the paper prints. The type of a message is in clear, and not what is under the
 * seal is looked at but that. */
struct printed {
	uint64_t s_1, s_2, k, old_k, session;
};

static uint64_t hashed(char which, uint64_t s)
{
	const struct nos_span pieces[] = { { (uint8_t *)&which, 1 }, { (uint8_t *)&s, 8 } };
	uint8_t hash[NOS_HASH_LEN];
	struct nos_err err = { 0 };
	uint64_t ret;

	assert_int_equal(nos_hash_sha256(pieces, 2, hash, &err), NOS_OK);
	memcpy(&ret, hash, sizeof(ret));
	return ret;
}

/* Algorithm 3. */
static void printed_update_key(struct printed *p)
{
	p->s_1 = hashed('H', p->s_1);
	p->s_2 = hashed('G', p->s_2);
	p->old_k = p->k;
	p->k = p->s_1 ^ p->s_2;
	p->session++;
}

/* Algorithm 2; a cipher of its own it does not name. What M is it does not ask. */
static void printed_reception(struct printed *p, uint64_t session, bool is_update, uint64_t sealed)
{
	const uint64_t m = sealed ^ (session == p->session ? p->k : p->old_k);

	(void)m;
	if (is_update)
		printed_update_key(p);
}

static void a_forged_and_a_replayed_order_move_who_goes_by_the_paper_and_not_us(void **state)
{
	const struct printed start = { .s_1 = 1, .s_2 = 2, .k = 3 };
	struct printed its_node = start, victim = start;
	uint64_t sealed = 42 ^ start.k;

	(void)state;
	/* An order of its node is followed. */
	printed_update_key(&its_node);
	printed_reception(&victim, 0, true, sealed);
	assert_true(victim.k == its_node.k);
	/* The same bytes again, and bytes of nobody's: it is ahead, and stays so. */
	printed_reception(&victim, 0, true, sealed);
	assert_true(victim.k != its_node.k && victim.session == its_node.session + 1);
	printed_reception(&victim, 99, true, 0);
	assert_int_equal(victim.session, its_node.session + 2);
	/* Ours. */
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	group_hear_nothing(&k, &order);
	group_order_of(&node, 0, node.clock.t + 1, &order);
	memset(order.p + order.len - NOS_SESSION_TOKEN_LEN, 0, NOS_SESSION_TOKEN_LEN);
	group_hear_nothing(&k, &order);
	assert_in_step(&node, &k);
}

static void an_order_whose_epoch_was_bent_does_not_stand_in_the_way_of_the_true_one(void **state)
{
	const struct nos_name before = nos_keyring_active(&k)->name;
	NOS_AUTO(buf) bent = { 0 };
	static const uint64_t epochs[] = { 7, 1, 7, 9 };

	(void)state;
	nos_buf_init(&bent, NOS_SESSION_ORDER_MAX);
	group_step(&node, &order);
	for (size_t i = 0; i < 4; i++) {
		group_order_of(&node, epochs[i], node.clock.t, &bent);
		/* The first moves the token; that it may be of the next epoch is noted once. */
		assert_int_equal(group_hear(&k, &bent), i < 2);
		assert_true(nos_name_eq(&before, &nos_keyring_active(&k)->name));
		assert_int_equal(k.group.token.t, node.clock.t);
	}
	assert_true(group_hear(&k, &order));
	assert_in_step(&node, &k);
	group_hear_nothing(&k, &order);
	group_hear_nothing(&k, &bent);
}

static void over_sixty_four_orders_are_hashed_over_once_a_minute(void **state)
{
	const int64_t now = 1547812800000;
	NOS_AUTO(buf) forged = { 0 };

	(void)state;
	nos_buf_init(&forged, NOS_SESSION_ORDER_MAX);
	group_order_of(&node, 0, node.clock.t + 900, &forged);
	forged.p[forged.len - 1] ^= 1;
	assert_false(group_hear_at(&k, &forged, now));
	for (unsigned i = 0; i < 64; i++)
		group_step(&node, &order);
	assert_true(group_hear_at(&k, &order, now + 1));
	assert_in_step(&node, &k);
	for (unsigned i = 0; i < 65; i++)
		group_step(&node, &order);
	assert_false(group_hear_at(&k, &order, now + 59999));
	assert_true(group_hear_at(&k, &order, now + 60000));
	assert_in_step(&node, &k);
	/* A clock on the wall that was set back makes nobody wait. */
	for (unsigned i = 0; i < 65; i++)
		group_step(&node, &order);
	assert_true(group_hear_at(&k, &order, now));
	assert_in_step(&node, &k);
}

static void what_the_node_itself_tells_is_hashed_over_at_any_time(void **state)
{
	const struct nos_time now = { 1547812800000 };
	struct nos_err err = { 0 };
	bool took;

	(void)state;
	k.group.leapt = now;
	for (unsigned i = 0; i < 500; i++)
		group_step(&node, &order);
	assert_false(group_hear_at(&k, &order, now.ms));
	assert_int_equal(nos_membership_told(&k, nos_buf_span(&order), now, &took, &err), NOS_OK);
	assert_true(took);
	assert_in_step(&node, &k);
}

static void a_join_leads_back_where_its_node_went_back_and_the_order_leads_on(void **state)
{
	NOS_AUTO(session) clock = node.clock;
	NOS_AUTO(buf) body = { 0 };

	(void)state;
	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_session_join_encode(&body, &clock, node.tokens[clock.t]);
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	assert_int_equal(
	    group_tell(&k, NOS_MESSAGE_JOIN, nos_buf_span(&body), NULL, &node.err), NOS_OK);
	assert_true(nos_secret_eq(&k.group.clock.a, &clock.a) && k.group.token.t == clock.t);
	assert_true(group_hear(&k, &order));
	assert_in_step(&node, &k);
}

static void a_new_chain_comes_by_a_join(void **state)
{
	static struct group other;

	(void)state;
	group_step(&node, &order);
	assert_true(group_hear(&k, &order));
	group_init(&other, 1);
	memset(other.tokens[GROUP_CHAIN], 0x77, NOS_SESSION_TOKEN_LEN);
	for (uint64_t t = GROUP_CHAIN; t; t--)
		assert_int_equal(nos_session_token_before(
				     1, GROUP, t, other.tokens[t], other.tokens[t - 1], &other.err),
		    NOS_OK);
	for (unsigned i = 0; i < 4; i++)
		group_step(&other, NULL);
	assert_int_equal(group_join(&other, &k), NOS_OK);
	assert_in_step(&other, &k);
	group_step(&node, &order);
	group_step(&node, &order);
	group_step(&node, &order);
	group_hear_nothing(&k, &order);
	group_step(&other, &order);
	assert_true(group_hear(&k, &order));
	assert_in_step(&other, &k);
}

static void in_a_shared_group_the_key_is_called_so(void **state)
{
	struct nos_keyring other;

	(void)state;
	group_source(&node, &other, "dipietro");
	other.shared = true;
	assert_int_equal(group_path(&node, &other, 2), NOS_OK);
	assert_int_equal(group_join(&node, &other), NOS_OK);
	assert_in_step(&node, &other);
	group_step(&node, &order);
	assert_true(group_hear(&other, &order));
	assert_int_equal(nos_keyring_active(&other)->name.kind, 'g');
	assert_in_step(&node, &other);
}

static void a_message_that_is_cut_off_or_of_another_group_is_refused(void **state)
{
	static const enum nos_message_kind kinds[] = { NOS_MESSAGE_EVICT, NOS_MESSAGE_HEAL,
		NOS_MESSAGE_JOIN, NOS_MESSAGE_PATH };
	const struct nos_keyring before = k;
	const struct nos_secret made = { .len = 32 };
	const struct nos_session elsewhere = { GROUP + 1, 0, 9, node.clock.a };
	const struct nos_session_heal heal = { GROUP + 1, 1, 9, { .len = 16 } };
	NOS_AUTO(buf) body = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(group_tell(&k, kinds[i], (struct nos_span){ (uint8_t *)"\3\1", 2 },
				     &made, &node.err),
		    NOS_DATA);
	nos_buf_init_secret(&body, NOS_MESSAGE_BODY_MAX);
	nos_session_join_encode(&body, &elsewhere, node.tokens[9]);
	assert_int_equal(
	    group_tell(&k, NOS_MESSAGE_JOIN, nos_buf_span(&body), NULL, &node.err), NOS_DATA);
	nos_buf_truncate(&body, 0);
	nos_session_heal_encode(&body, &heal);
	assert_int_equal(
	    group_tell(&k, NOS_MESSAGE_HEAL, nos_buf_span(&body), NULL, &node.err), NOS_DATA);
	assert_memory_equal(&before, &k, sizeof(k));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)
	const struct CMUnitTest tests[] = {
		TEST(a_source_that_has_its_place_sends_under_p_until_it_has_joined),
		TEST(an_order_moves_all_members_to_one_key),
		TEST(five_hundred_orders_that_were_missed_are_caught_up_with_by_the_next),
		TEST(an_order_that_was_heard_before_does_nothing),
		TEST(an_order_of_another_chain_group_or_node_does_nothing),
		TEST(a_forged_and_a_replayed_order_move_who_goes_by_the_paper_and_not_us),
		TEST(an_order_whose_epoch_was_bent_does_not_stand_in_the_way_of_the_true_one),
		TEST(over_sixty_four_orders_are_hashed_over_once_a_minute),
		TEST(what_the_node_itself_tells_is_hashed_over_at_any_time),
		TEST(a_join_leads_back_where_its_node_went_back_and_the_order_leads_on),
		TEST(a_new_chain_comes_by_a_join),
		TEST(in_a_shared_group_the_key_is_called_so),
		TEST(a_message_that_is_cut_off_or_of_another_group_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
