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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    an_offer_that_nobody_took_is_asked_for_again_and_keys_go_on_from_there, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
