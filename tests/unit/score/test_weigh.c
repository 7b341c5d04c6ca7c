/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "json/scan.h"
#include "score/profile.h"
#include "score/weigh.h"

static struct nos_scan scan = { .not_finite = true };
static struct nos_buf space, out;

/* The object that a reading, given as text, becomes. */
static const char *weigh(const char *text, bool record, uint64_t line)
{
	struct nos_err err = { 0 };
	struct nos_reading reading;
	struct nos_rule_security security;
	struct nos_weigh w = { .scan = &scan, .record = record, .line = line };

	nos_buf_truncate(&out, 0);
	assert_int_equal(nos_scan_parse(&scan, nos_str_of(text), &err), NOS_OK);
	assert_int_equal(nos_reading_decode(&scan, scan.values, &space, &reading, &err), NOS_OK);
	security = nos_weigh_anonymous(&reading);
	w.type = nos_profile_find(nos_profile_builtin(), NOS_STR(""), reading.type);
	w.object = scan.values;
	w.security = &security;
	w.received.ms = 1547812800000;
	nos_weigh_encode(&out, &w, &reading, NULL);
	return out.p;
}

static void start_is(const char *text, const char *start)
{
	if (strncmp(text, start, strlen(start)) != 0)
		fail_msg("'%s' does not begin with '%s'", text, start);
}

static void members_of_a_reading_stay_as_they_came_and_ours_are_written_anew(void **state)
{
	(void)state;
	start_is(weigh("{\"type\":\"t\",\"value\":2.50,\"x\":{\"a\": [1]},\"line\":9,\"scores\":1,"
		       "\"received\":3,\"raw\":{},\"flags\":[]}",
		     false, 0),
	    "{\"type\":\"t\",\"value\":2.50,\"x\":{\"a\": [1]},\"scores\":{");
	start_is(weigh("{\"type\":\"t\",\"value\":1,\"received\":3}", true, 7),
	    "{\"type\":\"t\",\"value\":1,\"received\":3,\"line\":7,\"scores\":{");
}

static void a_value_that_is_none_becomes_null(void **state)
{
	(void)state;
	start_is(weigh("{\"type\":\"t\",\"value\":NaN,\"y\":-inf}", false, 0),
	    "{\"type\":\"t\",\"value\":null,\"y\":null,\"scores\":{");
	assert_non_null(strstr(out.p, "\"flags\":[\"missing\""));
}

static void a_text_that_names_a_device_costs_privacy(void **state)
{
	const char *named = "{\"type\":\"t\",\"value\":\"00:11:22:33:44:55\"}";
	struct nos_err err = { 0 };
	struct nos_reading r;

	(void)state;
	assert_int_equal(nos_scan_parse(&scan, nos_str_of(named), &err), NOS_OK);
	assert_int_equal(nos_reading_decode(&scan, scan.values, &space, &r, &err), NOS_OK);
	assert_int_equal(nos_weigh_anonymous(&r).identity, NOS_RULE_IDENTITY_HARDWARE);
	r.text = NOS_STR("open");
	assert_int_equal(nos_weigh_anonymous(&r).identity, NOS_RULE_IDENTITY_NONE);
}

static int begin(void **state)
{
	(void)state;
	nos_buf_init(&space, 4096);
	nos_buf_init(&out, 4096);
	return nos_buf_reserve(&space, 4096) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	nos_buf_release(&space);
	nos_buf_release(&out);
	nos_scan_release(&scan);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_a_reading_stay_as_they_came_and_ours_are_written_anew),
		cmocka_unit_test(a_value_that_is_none_becomes_null),
		cmocka_unit_test(a_text_that_names_a_device_costs_privacy),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
