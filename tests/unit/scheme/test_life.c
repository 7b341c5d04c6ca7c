/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include "../vectors.h"

static struct pair p;

static int fresh(void **state)
{
	(void)state;
	pair_init(&p);
	return 0;
}

static uint64_t version(void)
{
	return nos_keyring_active(&p.source)->name.parts[0];
}

static void a_key_is_replaced_by_its_message_and_confirmed_by_its_first_use(void **state)
{
	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_int_equal(p.node.out[0].len, 19);
	assert_true(nos_issuer_is_pending(&p.node, 1));
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	assert_int_equal(p.source.key_count, 2);
	pair_is_whole(&p);
	assert_int_equal(version(), 2);
	assert_int_equal(p.source.key_count, 1);
	assert_int_equal(p.node.key_count, 2);
	assert_int_equal(p.node.keys[0].state, NOS_STATE_DEACTIVATED);
	assert_int_equal(p.node.keys[0].until.ms, p.world.now.ms + 3600000);
}

static void an_acknowledgement_confirms_as_well_and_again_is_good(void **state)
{
	uint8_t before[NOS_KEYRING_ACK_MAX];

	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	pair_make_ack(&p);
	assert_int_equal(pair_ack(&p), NOS_OK);
	assert_int_equal(pair_ack(&p), NOS_OK);
	assert_int_equal(p.node.out_count, 0);
	assert_false(nos_issuer_is_pending(&p.node, 1));
	memcpy(before, p.source.ack, sizeof(before));
	pair_make_ack(&p);
	assert_int_equal(pair_ack(&p), NOS_OK);
	/* An older one, and one whose bytes were changed. */
	p.source.ack[p.source.ack_len - 1] ^= 1;
	assert_int_equal(pair_ack(&p), NOS_TAG);
	memcpy(p.source.ack, before, sizeof(before));
	assert_int_equal(pair_ack(&p), NOS_TAG);
	pair_is_whole(&p);
}

static void a_second_order_before_the_confirmation_changes_nothing(void **state)
{
	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	pair_replace(&p, NOS_ISSUER_NOTHING);
	assert_int_equal(p.node.out_count, 1);
	assert_int_equal(p.node.key_count, 2);
}

static void a_message_that_comes_again_is_passed_over_and_acknowledged_again(void **state)
{
	struct nos_assoc before;

	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	before = p.node;
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_AGAIN);
	pair_make_ack(&p);
	pair_make_ack(&p); /* the first one was lost */
	assert_int_equal(pair_ack(&p), NOS_OK);
	pair_is_whole(&p);
	/* Another one later: what comes late of before is no news. */
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	pair_is_whole(&p);
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	pair_is_whole(&p);
	p.node = before;
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_BEHIND);
}

static void a_message_changed_anywhere_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	for (size_t i = 0; i < p.node.out[0].len * 8; i++) {
		const struct nos_keyring before = p.source;

		p.node.out[0].bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_not_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
		assert_memory_equal(&before, &p.source, sizeof(before));
		p.node.out[0].bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
}

static void the_overlap_ends_and_the_old_key_is_gone(void **state)
{
	struct nos_time due;

	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_true(nos_issuer_due(&p.node, &due));
	assert_int_equal(due.ms, p.world.now.ms + 3 * 604800000LL);
	pair_deliver(&p);
	pair_is_whole(&p);
	assert_true(nos_issuer_due(&p.node, &due));
	assert_int_equal(due.ms, p.world.now.ms + 3600000);
	assert_false(nos_issuer_expire(&p.node, p.world.now));
	assert_true(nos_issuer_expire(&p.node, due));
	assert_int_equal(p.node.key_count, 1);
	for (size_t i = 1; i < NOS_ASSOC_KEYS_MAX; i++)
		assert_int_equal(p.node.keys[i].value.len, 0);
	pair_is_whole(&p);
}

static void with_no_overlap_the_old_key_goes_at_once(void **state)
{
	(void)state;
	p.world.overlap_ms = 0;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	pair_deliver(&p);
	pair_is_whole(&p);
	assert_int_equal(p.node.key_count, 1);
}

static void a_key_never_replaced_dies_three_periods_later_and_an_ask_heals(void **state)
{
	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	p.world.now.ms += 3 * 604800000LL;
	assert_true(nos_issuer_expire(&p.node, p.world.now));
	assert_false(pair_pack(&p));
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 18), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_int_equal(p.source.next, 18);
	assert_int_equal(p.source.z, 1);
	pair_is_whole(&p);
	assert_int_equal(version(), 3);
}

static void an_ask_gives_all_that_was_lost(void **state)
{
	(void)state;
	p.node.resync = true;
	assert_true(nos_issuer_wants_ask(&p.node, 1));
	memset(p.source.down.key.bytes, 9, 32);
	memset(p.source.up.key.bytes, 9, 32);
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 5), NOS_OK);
	/* Until it is taken the old key holds. */
	assert_true(pair_pack(&p));
	assert_int_equal(pair_answer(&p, 5), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	pair_is_whole(&p);
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
	pair_make_ack(&p);
	assert_int_equal(pair_ack(&p), NOS_OK);
	pair_is_whole(&p);
	/* The ask that is done with gets nothing any more. */
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
}

static void an_older_ask_is_refused(void **state)
{
	struct nos_keyring_ask first;

	(void)state;
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	first = p.source.ask;
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	p.source.ask = first;
	assert_int_equal(pair_answer(&p, 1), NOS_TAG);
}

static void six_asks_while_a_nonce_lives_and_no_more(void **state)
{
	(void)state;
	for (int i = 0; i < NOS_ASSOC_ASKS_MAX; i++) {
		assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
		assert_int_equal(pair_answer(&p, 1), NOS_OK);
	}
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_BUSY);
	p.world.now.ms += 6 * 60000;
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
}

static void a_renew_makes_z_new_and_the_old_p_keeps_its_own_k_s_for_the_overlap(void **state)
{
	struct nos_keyring before;

	(void)state;
	assert_true(nos_issuer_renew(&p.node));
	assert_false(nos_issuer_renew(&p.node));
	before = p.source;
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_int_equal(p.source.z, 2);
	assert_int_equal(p.source.older_count, 1);
	assert_false(nos_secret_eq(&p.source.z_key, &before.z_key));
	pair_is_whole(&p);
	/* A pack of before, under way: */
	before = p.source;
	p.source = before;
	assert_int_equal(p.node.key_count, 2);
	assert_int_equal(p.node.keys[0].auth.len, 32);
}

static void a_keyring_of_before_a_renew_is_refused_for_ever(void **state)
{
	struct nos_keyring before = p.source;

	(void)state;
	assert_int_equal(pair_ask(&p, 0, true), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	pair_is_whole(&p);
	p.source = before;
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_TAG);
}

static void a_node_of_before_a_renew_is_asked_under_the_z_that_it_has(void **state)
{
	struct nos_assoc before = p.node;

	(void)state;
	assert_int_equal(pair_ask(&p, 0, true), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	pair_is_whole(&p);
	p.node = before;
	assert_false(pair_pack(&p));
	assert_int_equal(nos_holder_ways(&p.source), 2);
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_TAG);
	assert_int_equal(pair_ask(&p, 1, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_int_equal(p.source.z, 3);
	assert_int_equal(version(), 3);
	pair_is_whole(&p);
}

static void an_answer_lost_is_given_again_and_one_taken_and_lost_is_asked_anew(void **state)
{
	uint8_t answer[NOS_ASK_ANSWER_MAX];
	struct nos_keyring before;

	(void)state;
	assert_int_equal(pair_ask(&p, 0, true), NOS_OK);
	before = p.source;
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	memcpy(answer, p.node.offer.answer, sizeof(answer));
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_memory_equal(answer, p.node.offer.answer, sizeof(answer));
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	/* Taken, and asked again under the new Z before anything went up. */
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(p.node.base.z, 2);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_int_equal(p.source.z, 2);
	pair_is_whole(&p);
	(void)before;
}

static void a_node_that_went_back_without_a_word_is_found_out_by_an_acknowledgement(void **state)
{
	struct nos_assoc before = p.node;

	(void)state;
	for (int i = 0; i < 3; i++) {
		pair_replace(&p, NOS_ISSUER_ISSUED);
		assert_int_equal(pair_deliver(&p), NOS_HOLDER_TOOK);
		pair_is_whole(&p);
	}
	pair_make_ack(&p);
	p.node = before;
	assert_int_equal(pair_ack(&p), NOS_OK);
	assert_true(nos_issuer_wants_ask(&p.node, 1));
	assert_int_equal(p.node.version, 4);
	assert_int_equal(nos_issuer_outstanding(&p.node, 1), 0);
}

/* The answer brings all anew; what waits may be of a time before it. */
static void a_source_that_is_to_renew_is_sent_nothing_that_waits(void **state)
{
	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_int_equal(nos_issuer_outstanding(&p.node, 1), 1);
	assert_true(nos_issuer_renew(&p.node));
	assert_int_equal(nos_issuer_outstanding(&p.node, 1), 0);
}

static void another_life_of_the_node_uses_no_chain_of_before_and_names_above_it(void **state)
{
	(void)state;
	p.world.life = 2;
	pair_replace(&p, NOS_ISSUER_NOTHING);
	assert_true(nos_issuer_wants_ask(&p.node, 2));
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	assert_true(version() == (UINT64_C(1) << 32) + 1);
	pair_is_whole(&p);
}

static void what_was_revoked_leaves_a_poll_key_and_no_more(void **state)
{
	NOS_AUTO(secret) before = { 0 };
	NOS_AUTO(secret) after = { 0 };
	bool done;

	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	assert_true(nos_issuer_poll_key(&p.node, 0, &before));
	assert_int_equal(nos_issuer_revoke(&p.node, "stolen", &done, &p.err), NOS_OK);
	assert_true(done);
	assert_true(nos_issuer_poll_key(&p.node, 0, &after));
	assert_true(nos_secret_eq(&before, &after));
	assert_false(nos_issuer_poll_key(&p.node, 1, &after));
	assert_int_equal(p.node.key_count + p.node.out_count + p.node.base.z_key.len +
			     p.node.base.down.key.len + p.node.base.up.key.len,
	    0);
	assert_false(pair_pack(&p));
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_TAG);
	nos_err_clear(&p.err);
	pair_make_ack(&p);
	assert_int_equal(pair_ack(&p), NOS_TAG);
	nos_err_clear(&p.err);
	assert_int_equal(nos_issuer_revoke(&p.node, "again", &done, &p.err), NOS_OK);
	assert_false(done);
}

static void who_registers_anew_has_another_key_name_and_z(void **state)
{
	NOS_AUTO(derive_base) base = { 0 };
	NOS_AUTO(buf) grant = { 0 };
	struct nos_span one;

	(void)state;
	pair_replace(&p, NOS_ISSUER_ISSUED);
	memset(base.down.bytes, 6, base.down.len = 32);
	memset(base.up.bytes, 7, base.up.len = 32);
	memset(base.z.bytes, 8, base.z.len = 32);
	memset(base.pair.bytes, 9, base.pair.len = 32);
	nos_buf_init(&grant, 256);
	assert_int_equal(
	    nos_issuer_enrol_again(&p.node, &p.world, &base, 77, &grant, &p.err), NOS_OK);
	p.source.down = (struct nos_chain){ 0, base.down };
	p.source.up = (struct nos_chain){ 0, base.up };
	p.source.z_key = base.z;
	p.source.keys[0].value = base.pair;
	one = nos_buf_span(&grant);
	assert_int_equal(nos_holder_grants(&p.source, &one, 1, p.world.now, &p.err), NOS_OK);
	assert_int_equal(p.source.z, 2);
	assert_int_equal(p.source.next, 77);
	assert_int_equal(version(), 3);
	pair_is_whole(&p);
}

static void every_edge_has_both_its_ends_and_none_leads_back(void **state)
{
	(void)state;
	assert_true(nos_state_may(NOS_STATE_PRE_ACTIVE, NOS_STATE_ACTIVE));
	for (int a = 0; a < NOS_STATE_COUNT; a++)
		for (int b = 0; b <= a; b++)
			assert_false(nos_state_may((enum nos_state)a, (enum nos_state)b));
}

static void the_answer_of_the_vectors_is_made_and_taken(void **state)
{
	const struct nos_secret own = vector_secret("inputs/node private");
	const struct nos_secret once = vector_secret("resync/E_N private");
	const struct nos_secret nonce = vector_secret("resync/nonce");
	NOS_AUTO(offer_shared) shared = { 0 };
	NOS_AUTO(buf) ask = { 0 };
	struct nos_offer_asked asked;

	(void)state;
	p.node.base.z_key = p.source.z_key = vector_secret("registration/Z");
	p.own = own;
	assert_int_equal(nos_ecdh_public(&own, &p.own_public, &p.err), NOS_OK);
	memcpy(p.nonce, nonce.bytes, nonce.len);
	vector_bytes("resync/ask", &ask);
	assert_int_equal(
	    nos_offer_read(&p.node, &p.world, nos_buf_span(&ask), p.nonce, 1, &asked, &p.err),
	    NOS_OK);
	assert_int_equal(nos_ecdh_public(&once, &shared.once, &p.err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&once, &asked.once, &shared.once_once, &p.err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&own, &asked.once, &shared.node_once, &p.err), NOS_OK);
	assert_int_equal(nos_offer_make(&p.node, &p.world, &asked, &shared, 18, &p.err), NOS_OK);
	assert_vector(p.node.offer.answer, p.node.offer.len, "resync/answer");
	assert_vector_secret(&p.node.offer.key.value, "resync/P_2");
	p.source.ask = (struct nos_keyring_ask){
		.z = 1, .len = ask.len, .once = vector_secret("resync/E_S private")
	};
	memcpy(p.source.ask.bytes, ask.p, ask.len);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	pair_is_whole(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, fresh)
		T(a_key_is_replaced_by_its_message_and_confirmed_by_its_first_use),
		T(an_acknowledgement_confirms_as_well_and_again_is_good),
		T(a_second_order_before_the_confirmation_changes_nothing),
		T(a_message_that_comes_again_is_passed_over_and_acknowledged_again),
		T(a_message_changed_anywhere_is_refused_and_changes_nothing),
		T(the_overlap_ends_and_the_old_key_is_gone),
		T(with_no_overlap_the_old_key_goes_at_once),
		T(a_key_never_replaced_dies_three_periods_later_and_an_ask_heals),
		T(an_ask_gives_all_that_was_lost),
		T(an_older_ask_is_refused),
		T(six_asks_while_a_nonce_lives_and_no_more),
		T(a_renew_makes_z_new_and_the_old_p_keeps_its_own_k_s_for_the_overlap),
		T(a_keyring_of_before_a_renew_is_refused_for_ever),
		T(a_node_of_before_a_renew_is_asked_under_the_z_that_it_has),
		T(an_answer_lost_is_given_again_and_one_taken_and_lost_is_asked_anew),
		T(a_node_that_went_back_without_a_word_is_found_out_by_an_acknowledgement),
		T(a_source_that_is_to_renew_is_sent_nothing_that_waits),
		T(another_life_of_the_node_uses_no_chain_of_before_and_names_above_it),
		T(what_was_revoked_leaves_a_poll_key_and_no_more),
		T(who_registers_anew_has_another_key_name_and_z),
		T(every_edge_has_both_its_ends_and_none_leads_back),
		T(the_answer_of_the_vectors_is_made_and_taken),
#undef T
	};

	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
