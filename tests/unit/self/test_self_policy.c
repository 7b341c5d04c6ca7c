/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "self/self_policy.h"

static void without_one_an_hour_and_seven_days_hold(void **state)
{
	struct nos_self_policy p = { 0 };

	(void)state;
	assert_int_equal(nos_self_policy_get(store, &p, &err), NOS_OK);
	assert_int_equal(p.overlap_ms, 3600000);
	assert_int_equal(p.key_period_ms, 604800000);
}

static void what_was_put_is_got_in_seconds_to_the_millisecond(void **state)
{
	static const struct {
		struct nos_self_policy p;
		const char *text;
	} all[] = {
		{ { 3600000, 604800000 }, "{\"v\":1,\"overlap\":3600,\"key_period\":604800}" },
		{ { 0, 1 }, "{\"v\":1,\"overlap\":0,\"key_period\":0.001}" },
		{ { 1500, 31536000000 }, "{\"v\":1,\"overlap\":1.5,\"key_period\":31536000}" },
	};
	struct nos_self_policy p;
	struct nos_buf text;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(nos_self_policy_put(store, &all[i].p, &err), NOS_OK);
		node_get(NOS_SELF_NS, "policy", &text);
		assert_buf(&text, all[i].text);
		nos_buf_release(&text);
		assert_int_equal(nos_self_policy_get(store, &p, &err), NOS_OK);
		assert_true(p.overlap_ms == all[i].p.overlap_ms &&
			    p.key_period_ms == all[i].p.key_period_ms);
	}
}

static void one_that_stands_there_already_is_not_put_again(void **state)
{
	const struct nos_self_policy p = { 1000, 2000 }, q = { 1000, 3000 }, r = { 2000, 3000 };
	uint64_t before = cluster.rev;

	(void)state;
	assert_int_equal(nos_self_policy_put(store, &p, &err), NOS_OK);
	assert_int_equal(cluster.rev, before + 1);
	assert_int_equal(nos_self_policy_put(store, &p, &err), NOS_OK);
	assert_int_equal(cluster.rev, before + 1);
	assert_int_equal(nos_self_policy_put(store, &q, &err), NOS_OK);
	assert_int_equal(cluster.rev, before + 2);
	assert_int_equal(nos_self_policy_put(store, &r, &err), NOS_OK);
	assert_int_equal(cluster.rev, before + 3);
}

static void one_that_cannot_be_read_is_told_and_left(void **state)
{
	static const struct {
		const char *text;
		enum nos_code code;
	} bad[] = {
		{ "{\"v\":2,\"overlap\":1,\"key_period\":1}", NOS_CONFIG },
		{ "{\"v\":1,\"overlap\":1}", NOS_IO },
		{ "{\"v\":1,\"overlap\":-1,\"key_period\":1}", NOS_IO },
		{ "{\"v\":1,\"overlap\":\"1h\",\"key_period\":1}", NOS_IO },
		{ "{", NOS_IO },
	};
	struct nos_self_policy p = { 1, 2 };
	struct nos_buf text;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		nos_err_clear(&err);
		node_put(NOS_SELF_NS, "policy", bad[i].text);
		assert_int_equal(nos_self_policy_get(store, &p, &err), bad[i].code);
		nos_err_clear(&err);
		assert_int_equal(nos_self_policy_put(store, &p, &err), bad[i].code);
		assert_true(p.overlap_ms == 1 && p.key_period_ms == 2);
		node_get(NOS_SELF_NS, "policy", &text);
		assert_buf(&text, bad[i].text);
		nos_buf_release(&text);
		nos_err_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(without_one_an_hour_and_seven_days_hold),
		NODE_TEST(what_was_put_is_got_in_seconds_to_the_millisecond),
		NODE_TEST(one_that_stands_there_already_is_not_put_again),
		NODE_TEST(one_that_cannot_be_read_is_told_and_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
