/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "audit/follower.h"

static struct nos_follower follower;
static char seen[200];

static void each(void *state, struct nos_str source)
{
	size_t len = strlen(seen);

	(void)state;
	snprintf(seen + len, sizeof(seen) - len, "%.*s ", NOS_STR_ARG(source));
}

static void note(const char *source)
{
	const struct nos_audit_event event = {
		.what = source ? NOS_AUDIT_KEY : NOS_AUDIT_TOKEN, .source = source, .to = "active"
	};

	nos_audit_begin(&audit);
	assert_int_equal(nos_audit_append(&audit, nos_time_now(), &event, &err), NOS_OK);
}

static const char *follow(size_t most)
{
	*seen = '\0';
	assert_int_equal(nos_follower_run(&follower, store, most, each, NULL, &err), NOS_OK);
	return seen;
}

static void what_was_there_before_is_no_news(void **state)
{
	(void)state;
	node_life();
	note("s-1");
	assert_int_equal(nos_follower_init(&follower, store, &err), NOS_OK);
	assert_string_equal(follow(10), "");
	note("s-2");
	assert_string_equal(follow(10), "s-2 ");
	assert_string_equal(follow(10), "");
}

static void an_entry_of_no_source_or_without_a_meaning_is_passed_over(void **state)
{
	uint64_t position;

	(void)state;
	node_life();
	assert_int_equal(nos_follower_init(&follower, store, &err), NOS_OK);
	note("s-1");
	note(NULL);
	assert_int_equal(nos_store_append(store, NOS_AUDIT_STREAM, nos_time_now(),
			     nos_str_bytes(NOS_STR("not JSON")), &position, &err),
	    NOS_OK);
	assert_int_equal(nos_store_append(store, NOS_AUDIT_STREAM, nos_time_now(),
			     nos_str_bytes(NOS_STR("{\"source\":\"s-2\"}")), &position, &err),
	    NOS_OK);
	assert_string_equal(follow(10), "s-1 s-2 ");
}

static void what_is_over_the_limit_comes_at_the_next_look(void **state)
{
	(void)state;
	node_life();
	assert_int_equal(nos_follower_init(&follower, store, &err), NOS_OK);
	note("s-1");
	note("s-2");
	note("s-3");
	assert_string_equal(follow(2), "s-1 s-2 ");
	assert_true(follower.more);
	assert_string_equal(follow(2), "s-3 ");
	assert_false(follower.more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(what_was_there_before_is_no_news),
		NODE_TEST(an_entry_of_no_source_or_without_a_meaning_is_passed_over),
		NODE_TEST(what_is_over_the_limit_comes_at_the_next_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
