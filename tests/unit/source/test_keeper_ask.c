/* SPDX-License-Identifier: MIT */
#include "keeper.h"

/* The last ask was made then, as far as the file says. */
static void made_ask_at(int64_t ms)
{
	struct nos_keyring k = source_on_disk();

	source_die(&s);
	k.ask.since.ms = ms;
	assert_int_equal(nos_ring_write("a.key", &k, true, &s.err), NOS_OK);
	source_open(&s, &n);
}

/* ---- asks ---- */

static void chains_lost_at_the_source_are_found_by_a_list_and_made_anew(void **state)
{
	(void)state;
	memset(s.ring.k.down.key.bytes, 9, 32);
	node_replaces(&n);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 1);
	assert_int_equal(source_version(&s), 3);
	source_is_whole(&s, &n);
	node_replaces(&n);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(source_version(&s), 4);
	source_is_whole(&s, &n);
	assert_int_equal(n.asks, 1);
}

static void chains_lost_at_the_node_are_found_by_the_acknowledgement(void **state)
{
	(void)state;
	memset(n.a.base.up.key.bytes, 9, 32);
	node_replaces(&n);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.acks, 2); /* the second under the new chain */
	assert_int_equal(n.asks, 1);
	source_is_whole(&s, &n);
}

static void chains_and_keys_lost_at_both_are_made_anew(void **state)
{
	(void)state;
	memset(s.ring.k.down.key.bytes, 9, 32);
	memset(s.ring.k.up.key.bytes, 9, 32);
	memset(n.a.base.down.key.bytes, 8, 32);
	memset(n.a.base.up.key.bytes, 8, 32);
	memset(n.a.keys[0].value.bytes, 7, 32);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 1);
	assert_int_equal(n.packs, 2);
	source_is_whole(&s, &n);
	assert_int_equal(s.ring.k.ask.len, 0);
	assert_int_equal(source_on_disk().ask.len, 0);
}

static void a_pack_that_was_refused_keeps_its_number_under_the_new_key(void **state)
{
	struct nos_send_pack p = { .text = NOS_STR("{\"type\":\"t\",\"value\":1}\n"),
		.readings = 1 };
	uint64_t next = node_next(&n);

	(void)state;
	memset(n.a.keys[0].value.bytes, 7, 32);
	assert_int_equal(source_push(&s, &p), NOS_OK);
	assert_int_equal(p.seq, next);
	assert_int_equal(node_next(&n), next + 1);
	assert_true(p.sent);
}

static void a_keyring_put_back_goes_on_at_the_numbers_and_keys_of_the_node(void **state)
{
	struct nos_keyring before = source_on_disk();
	struct nos_send_pack p = { .text = NOS_STR("{\"type\":\"t\",\"value\":1}\n"),
		.readings = 1 };
	uint64_t next;

	(void)state;
	for (int i = 0; i < 3; i++) {
		n.world.overlap_ms = 0;
		node_replaces(&n);
		assert_int_equal(source_send(&s), NOS_OK);
	}
	source_is_whole(&s, &n);
	n.seen[n.seen_count++] = 99; /* over the block that a file reserves */
	next = node_next(&n);
	source_die(&s);
	assert_int_equal(nos_ring_write("a.key", &before, true, &s.err), NOS_OK);
	source_open(&s, &n);
	/* Its number is another's: it was given anew, and must not pass for a retry. */
	assert_int_equal(source_push(&s, &p), NOS_EXISTS);
	assert_int_equal(s.ring.next, next);
	assert_int_equal(source_on_disk().next, next);
	p.seq = 0;
	p.sent = false;
	assert_int_equal(source_push(&s, &p), NOS_OK);
	assert_int_equal(p.seq, next);
	source_is_whole(&s, &n);
	assert_int_equal(n.asks, 1);
}

static void a_copy_whose_key_is_good_still_asks_once_a_run(void **state)
{
	struct nos_send_pack p = { .text = NOS_STR("{\"type\":\"t\",\"value\":1}\n"),
		.readings = 1 };

	(void)state;
	for (uint64_t seq = 5; seq < 30; seq++)
		n.seen[n.seen_count++] = seq;
	assert_int_equal(source_push(&s, &p), NOS_EXISTS);
	assert_int_equal(n.asks, 1);
	assert_int_equal(s.ring.next, 30);
	s.send.keeper.attempt.earliest.us = 0; /* as if the pause were over */
	for (uint64_t seq = 30; seq < 40; seq++)
		n.seen[n.seen_count++] = seq;
	p = (struct nos_send_pack){ .text = p.text, .readings = 1 };
	assert_int_equal(source_push(&s, &p), NOS_EXISTS);
	assert_int_equal(n.asks, 1);
	source_is_whole(&s, &n);
}

static void a_node_put_back_is_found_by_its_refusal(void **state)
{
	struct nos_assoc before = n.a;

	(void)state;
	for (int i = 0; i < 3; i++) {
		node_replaces(&n);
		assert_int_equal(source_send(&s), NOS_OK);
	}
	source_is_whole(&s, &n);
	n.a = before;
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 1);
	source_is_whole(&s, &n);
	assert_int_equal(source_version(&s), 5);
}

static void a_node_put_back_is_found_by_a_list_that_is_behind(void **state)
{
	struct nos_assoc before;

	(void)state;
	node_replaces(&n);
	before = n.a;
	assert_int_equal(source_send(&s), NOS_OK);
	source_is_whole(&s, &n);
	node_replaces(&n);
	assert_int_equal(source_send(&s), NOS_OK);
	source_is_whole(&s, &n);
	n.a = before;
	assert_int_equal(poll(), NOS_OK);
	assert_int_equal(n.asks, 1);
	source_is_whole(&s, &n);
}

static void a_renew_that_was_ordered_makes_z_new_and_polls_prove_the_new_q(void **state)
{
	(void)state;
	assert_true(nos_issuer_renew(&n.a));
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 1);
	assert_int_equal(s.ring.k.z, 2);
	assert_int_equal(source_on_disk().z, 2);
	source_is_whole(&s, &n);
	node_replaces(&n);
	assert_int_equal(poll(), NOS_OK);
	source_is_whole(&s, &n);
	assert_int_equal(source_version(&s), 3);
}

static void a_node_of_before_a_renew_is_asked_under_the_older_z(void **state)
{
	struct nos_assoc before = n.a;

	(void)state;
	assert_true(nos_issuer_renew(&n.a));
	assert_int_equal(source_send(&s), NOS_OK);
	source_is_whole(&s, &n);
	n.a = before;
	n.asks = n.different = 0;
	source_again(&s, &n); /* another run, whose first ask it is */
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.different, 2);
	assert_int_equal(s.ring.k.z, 3);
	source_is_whole(&s, &n);
}

static void who_is_refused_in_all_ways_learns_by_a_poll_that_it_was_revoked(void **state)
{
	bool done;

	(void)state;
	assert_int_equal(nos_issuer_revoke(&n.a, "stolen", &done, &s.err), NOS_OK);
	assert_int_equal(source_send(&s), NOS_DENIED);
	assert_non_null(strstr(s.err.text, "the source was revoked"));
	assert_int_equal(n.asks, 1);
	assert_int_equal(n.polls, 1);
	/* Also another run, at once, which may not ask anew. */
	source_again(&s, &n);
	assert_int_equal(source_send(&s), NOS_DENIED);
	assert_int_equal(n.different, 1);
	/* Without its receipt that is not believed. */
	n.strip = true;
	source_again(&s, &n);
	assert_int_equal(source_send(&s), NOS_TAG);
}

static void who_is_refused_and_not_revoked_is_told_to_wait(void **state)
{
	(void)state;
	n.refuse = "/resync";
	memset(n.a.keys[0].value.bytes, 7, 32);
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.polls, 1);
	assert_int_equal(source_version(&s), 1);
	assert_int_equal(version_on_disk(), 1);
}

static void a_refusal_without_a_nonce_gets_one(void **state)
{
	(void)state;
	n.bare = true;
	memset(n.a.keys[0].value.bytes, 7, 32);
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 0);
	assert_int_equal(source_on_disk().ask.len, 0);
}

static void an_ask_without_an_answer_is_sent_again_as_it_is_behind_a_crash(void **state)
{
	(void)state;
	memset(n.a.keys[0].value.bytes, 7, 32);
	n.lose = "/resync";
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 1);
	assert_int_not_equal(source_on_disk().ask.len, 0);
	n.lose = NULL;
	source_again(&s, &n);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 2);
	assert_int_equal(n.different, 1);
	assert_int_equal(n.packs, 2);
	source_is_whole(&s, &n);
}

static void an_ask_is_on_disk_before_it_is_sent(void **state)
{
	(void)state;
	memset(n.a.keys[0].value.bytes, 7, 32);
	assert_int_equal(nos_send_number(&s.send, &(struct nos_send_pack){ 0 }, &s.err), NOS_OK);
	s.ring.path = "gone/a.key";
	assert_int_equal(source_send(&s), NOS_ABSENT);
	assert_int_equal(n.asks, 0);
	assert_int_equal(s.ring.k.ask.len, 0);
}

static void an_answer_to_an_ask_that_is_not_the_nodes_changes_nothing(void **state)
{
	struct nos_secret own = n.own;

	(void)state;
	memset(n.a.keys[0].value.bytes, 7, 32);
	n.own.bytes[31] ^= 1; /* another shared secret than its public key promises */
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 1);
	assert_int_equal(source_version(&s), 1);
	assert_int_not_equal(s.ring.k.ask.len, 0);
	assert_int_equal(s.ring.k.older_count, 0);
	n.own = own;
	memset(&n.a.offer, 0, sizeof(n.a.offer));
	memset(n.a.asked, 0, sizeof(n.a.asked));
	n.a.asked_count = 0;
	source_again(&s, &n);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.different, 1);
	source_is_whole(&s, &n);
}

static void an_ask_that_no_refusal_brought_about_gets_a_nonce_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(poll(), NOS_OK);
	memset(n.nonce, 6, sizeof(n.nonce)); /* the one that the poll had is over */
	n.a.resync = true;
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 1);
	source_is_whole(&s, &n);
}

/* ---- how often ---- */

static void a_refusal_that_others_make_up_costs_one_ask_a_minute(void **state)
{
	(void)state;
	n.refuse = "/v1/data";
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 1);
	assert_in_range(
	    s.send.keeper.attempt.earliest.us - nos_mono_now().us, 50 * 1000000, 60 * 1000000);
	/* A receipt between them takes nothing off the pause. */
	n.refuse = NULL;
	source_is_whole(&s, &n);
	n.refuse = "/v1/data";
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 1);
	/* Once it is over the next one is twice as long, without such a receipt. */
	s.send.keeper.attempt.earliest.us = 0;
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 2);
	s.send.keeper.attempt.earliest.us = 0;
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 3);
	assert_in_range(
	    s.send.keeper.attempt.earliest.us - nos_mono_now().us, 110 * 1000000, 120 * 1000000);
}

static void a_new_ask_is_not_made_within_a_minute_of_another_run(void **state)
{
	int64_t now_ms = nos_time_now().ms;

	(void)state;
	n.refuse = "/resync";
	memset(n.a.keys[0].value.bytes, 7, 32);
	assert_int_equal(source_send(&s), NOS_TAG);
	n.refuse = NULL;
	memset(n.nonce, 6, sizeof(n.nonce));
	source_again(&s, &n);
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.different, 1);
	/* A minute later. */
	made_ask_at(now_ms - 61000);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.different, 2);
	source_is_whole(&s, &n);
}

static void a_clock_that_went_back_hinders_no_ask(void **state)
{
	(void)state;
	n.refuse = "/resync";
	memset(n.a.keys[0].value.bytes, 7, 32);
	assert_int_equal(source_send(&s), NOS_TAG);
	n.refuse = NULL;
	memset(n.nonce, 6, sizeof(n.nonce));
	made_ask_at(nos_time_now().ms + 3600000);
	assert_int_equal(source_send(&s), NOS_OK);
	source_is_whole(&s, &n);
}

static void a_node_that_wants_to_be_asked_is_asked_at_once_and_once(void **state)
{
	(void)state;
	n.refuse = "/v1/data";
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 1);
	n.refuse = NULL;
	source_is_whole(&s, &n);
	n.a.resync = true;
	n.lose = "/resync";
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 2);
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 2);
}

static void what_a_node_wished_to_be_asked_holds_no_ask_back_that_it_needs(void **state)
{
	(void)state;
	n.a.resync = true;
	assert_int_equal(source_send(&s), NOS_OK);
	assert_int_equal(n.asks, 1);
	/* It goes back right after. */
	n.a.resync = false;
	n.refuse = "/v1/data";
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 2);
	/* The control: what a refusal brought about holds the next back. */
	assert_int_equal(source_send(&s), NOS_TAG);
	assert_int_equal(n.asks, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
		T(chains_lost_at_the_source_are_found_by_a_list_and_made_anew),
		T(chains_lost_at_the_node_are_found_by_the_acknowledgement),
		T(chains_and_keys_lost_at_both_are_made_anew),
		T(a_pack_that_was_refused_keeps_its_number_under_the_new_key),
		T(a_keyring_put_back_goes_on_at_the_numbers_and_keys_of_the_node),
		T(a_copy_whose_key_is_good_still_asks_once_a_run),
		T(a_node_put_back_is_found_by_its_refusal),
		T(a_node_put_back_is_found_by_a_list_that_is_behind),
		T(a_renew_that_was_ordered_makes_z_new_and_polls_prove_the_new_q),
		T(a_node_of_before_a_renew_is_asked_under_the_older_z),
		T(who_is_refused_in_all_ways_learns_by_a_poll_that_it_was_revoked),
		T(who_is_refused_and_not_revoked_is_told_to_wait),
		T(a_refusal_without_a_nonce_gets_one),
		T(an_ask_without_an_answer_is_sent_again_as_it_is_behind_a_crash),
		T(an_ask_is_on_disk_before_it_is_sent),
		T(an_answer_to_an_ask_that_is_not_the_nodes_changes_nothing),
		T(an_ask_that_no_refusal_brought_about_gets_a_nonce_of_its_own),
		T(a_refusal_that_others_make_up_costs_one_ask_a_minute),
		T(a_new_ask_is_not_made_within_a_minute_of_another_run),
		T(a_clock_that_went_back_hinders_no_ask),
		T(a_node_that_wants_to_be_asked_is_asked_at_once_and_once),
		T(what_a_node_wished_to_be_asked_holds_no_ask_back_that_it_needs),
#undef T
	};

	nos_jose_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
