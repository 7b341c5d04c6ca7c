/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "stream/correct.h"

#define HEAD                                                                                 \
	"\"node\":1,\"n\":17,\"source\":\"s-7f3a09c2e1\",\"seq\":17,\"kind\":\"meter\","     \
	"\"mode\":\"push\",\"type\":\"soil \\\"temp\\\"\",\"value\":-7.90,\"unit\":\"Cel\"," \
	"\"time\":1547812800.25,\"received\":1547812801,\"key\":\"p.1\",\"via\":[\"s-2\"],"
#define HEAD_18                                                                              \
	"\"node\":1,\"n\":18,\"source\":\"s-7f3a09c2e1\",\"seq\":17,\"kind\":\"meter\","     \
	"\"mode\":\"push\",\"type\":\"soil \\\"temp\\\"\",\"value\":-7.90,\"unit\":\"Cel\"," \
	"\"time\":1547812800.25,\"received\":1547812801,\"key\":\"p.1\",\"via\":[\"s-2\"],"
#define QUALITY                                                                             \
	"\"accuracy\":0.75,\"precision\":null,\"timeliness\":0.123456,\"completeness\":1}," \
	"\"raw\":{\"bits\":128,\"tag\":128,\"holders\":2,\"key_age\":1.5,\"key_period\":604800,"
#define TAIL                                                                                  \
	"\"proof\":\"key\",\"enrolled\":\"token\",\"fresh\":true,\"identity\":\"pseudonym\"," \
	"\"age\":0.75,\"validity\":3600,\"error\":0.25,\"received\":3,\"expected\":4,"        \
	"\"value\":18.5,\"unit\":\"degF\"},\"flags\":[\"late\"],\"name\":\"x\",\"lat\":46.28,\"lon\":11.03"

static const char record[] =
    "{\"id\":\"1-42-0\"," HEAD "\"scores\":{\"confidentiality\":1,\"integrity\":1,"
    "\"privacy\":0.8,\"authentication\":1," QUALITY "\"key_state\":\"active\"," TAIL "}";
static const char correction[] =
    "{\"id\":\"1-42-0~1\"," HEAD_18 "\"scores\":{\"confidentiality\":0,\"integrity\":0,"
    "\"privacy\":0.5,\"authentication\":0," QUALITY "\"key_state\":\"compromised\"," TAIL
    ",\"corrects\":\"1-42-0\"}";

static struct nos_scan scan;
static struct nos_correct_made made;
static struct nos_err err;

static int begin(void **state)
{
	(void)state;
	nos_err_clear(&err);
	nos_correct_init(&made, 1 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	nos_correct_release(&made);
	nos_scan_release(&scan);
	return 0;
}

static enum nos_code make(const char *text, const char *filters, const struct nos_profile *p)
{
	struct nos_correct c;

	if (nos_correct_read(&scan, nos_str_of(text), &c, &err))
		return err.code;
	return nos_correct_make(&scan, &c, 18, nos_str_of(filters), p, &made, &err);
}

static void a_correction_has_nothing_left_of_its_key_and_all_else_byte_by_byte(void **state)
{
	(void)state;
	assert_int_equal(make(record, "", nos_profile_builtin()), NOS_OK);
	assert_buf(&made.record, correction);
	assert_int_equal(made.filters.len, 0);
}

static void what_is_asked_of_a_record_is_read(void **state)
{
	struct nos_correct c;

	(void)state;
	assert_int_equal(nos_correct_read(&scan, nos_str_of(record), &c, &err), NOS_OK);
	assert_str(c.id, "1-42-0");
	assert_str(c.key, "p.1");
	assert_str(c.type, "soil \\\"temp\\\"");
	assert_int_equal(c.received.ms, 1547812801000);
	assert_int_equal(c.time.ms, 1547812800250);
	assert_true(c.has_time);
	assert_false(c.corrects);
	assert_int_equal(nos_correct_read(&scan, nos_str_of(correction), &c, &err), NOS_OK);
	assert_true(c.corrects);
	assert_int_equal(
	    nos_correct_read(&scan, NOS_STR("{\"id\":\"1-1-0\",\"received\":1}"), &c, &err),
	    NOS_OK);
	assert_int_equal(c.key.len, 0);
	assert_false(c.has_time);
}

/* Measures of quality that only the node knew are those of the record. */
static void filters_are_those_of_before_and_those_that_it_passes_now_each_once(void **state)
{
	struct nos_profile *p = NULL;

	(void)state;
	assert_int_equal(nos_profile_parse(
			     NOS_STR("{\"v\":1,\"filters\":{"
				     "\"lost\":\"key_state == 'compromised' && integrity == 0\","
				     "\"as_it_was\":\"accuracy == 0.75 && precision == null && "
				     "validity == 3600 && error == 0.25 && expected == 4 && late\","
				     "\"good\":\"authentication == 1\"}}"),
			     &p, &err),
	    NOS_OK);
	assert_int_equal(make(record, "good old as_it_was", p), NOS_OK);
	assert_buf(&made.filters, "good old as_it_was lost");
	assert_int_equal(make(record, "", p), NOS_OK);
	assert_true(nos_str_is(nos_buf_str(&made.filters), "lost as_it_was") ||
		    nos_str_is(nos_buf_str(&made.filters), "as_it_was lost"));
	nos_profile_free(p);
}

static void what_is_no_record_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"id\":\"1-1-0\"}",
		"{\"received\":1}",
		"{\"id\":\"1-1-0\",\"received\":1,\"type\":\"t\",\"value\":1}",
		"{\"id\":\"1-1-0\",\"received\":1,\"value\":1,\"raw\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(make(texts[i], "", nos_profile_builtin()), NOS_DATA);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_correction_has_nothing_left_of_its_key_and_all_else_byte_by_byte, begin, end),
		cmocka_unit_test_setup_teardown(what_is_asked_of_a_record_is_read, begin, end),
		cmocka_unit_test_setup_teardown(
		    filters_are_those_of_before_and_those_that_it_passes_now_each_once, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_record_is_refused, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
