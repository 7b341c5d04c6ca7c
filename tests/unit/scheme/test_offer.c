/* SPDX-License-Identifier: MIT */
#include "pair.h"

static struct pair p;

static int fresh(void **state)
{
	(void)state;
	pair_init(&p);
	return 0;
}

/* An ask that came late, or whose source has got an old keyring back since. */
static void an_offer_that_nobody_took_is_asked_for_again_and_keys_go_on_from_there(void **state)
{
	const struct nos_keyring before = p.source;

	(void)state;
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	p.source = before;
	assert_true(pair_pack(&p));
	pair_replace(&p, NOS_ISSUER_NOTHING);
	assert_true(nos_issuer_wants_ask(&p.node, 1));
	assert_int_equal(pair_ask(&p, 0, false), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_int_equal(pair_take_answer(&p), NOS_OK);
	pair_is_whole(&p);
	assert_false(nos_issuer_wants_ask(&p.node, 1));
	pair_replace(&p, NOS_ISSUER_ISSUED);
}

static void who_polls_may_have_the_q_of_the_base_or_of_the_offer_and_there_are_no_more(void **state)
{
	NOS_AUTO(secret) base = { 0 };
	NOS_AUTO(secret) offer = { 0 };
	NOS_AUTO(secret) more = { 0 };
	bool done;

	(void)state;
	assert_true(nos_issuer_poll_key(&p.node, 0, &base));
	for (unsigned i = 1; i < 5; i++)
		assert_false(nos_issuer_poll_key(&p.node, i, &more));
	assert_int_equal(pair_ask(&p, 0, true), NOS_OK);
	assert_int_equal(pair_answer(&p, 1), NOS_OK);
	assert_true(nos_issuer_poll_key(&p.node, 1, &offer));
	assert_false(nos_secret_eq(&base, &offer));
	for (unsigned i = NOS_ISSUER_POLL_KEYS; i < 5; i++)
		assert_false(nos_issuer_poll_key(&p.node, i, &more));
	/* And by both is told who was revoked meanwhile. */
	assert_int_equal(nos_issuer_revoke(&p.node, "stolen", &done, &p.err), NOS_OK);
	assert_true(nos_issuer_poll_key(&p.node, 0, &more) && nos_secret_eq(&more, &base));
	assert_true(nos_issuer_poll_key(&p.node, 1, &more) && nos_secret_eq(&more, &offer));
	for (unsigned i = NOS_ISSUER_POLL_KEYS; i < 5; i++)
		assert_false(nos_issuer_poll_key(&p.node, i, &more));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    an_offer_that_nobody_took_is_asked_for_again_and_keys_go_on_from_there, fresh),
		cmocka_unit_test_setup(
		    who_polls_may_have_the_q_of_the_base_or_of_the_offer_and_there_are_no_more,
		    fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
