/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "node/limit.h"

static struct nos_err err;
static struct nos_limit limits;

static void each_has_its_default_within_its_range(void **state)
{
	(void)state;
	nos_limit_init(&limits);
#define X(name, text, dflt, least, most, what)                                  \
	assert_true(limits.of[NOS_LIMIT_##name] == (dflt));                     \
	assert_true((uint64_t)(dflt) >= (least) && (uint64_t)(dflt) <= (most)); \
	assert_string_equal(nos_limit_text(NOS_LIMIT_##name), text);
	NOS_LIMIT_MAP(X)
#undef X
}

static void one_is_set_by_its_name_and_the_others_stay(void **state)
{
	(void)state;
	nos_limit_init(&limits);
	assert_int_equal(nos_limit_set(&limits, "pack=64K", &err), NOS_OK);
	assert_int_equal(limits.of[NOS_LIMIT_PACK], 65536);
	assert_int_equal(nos_limit_set(&limits, "types=7", &err), NOS_OK);
	assert_int_equal(limits.of[NOS_LIMIT_TYPES], 7);
	assert_int_equal(limits.of[NOS_LIMIT_PACK], 65536);
	assert_int_equal(limits.of[NOS_LIMIT_READINGS], 10000);
}

static void what_is_no_limit_or_out_of_its_range_is_refused_and_changes_nothing(void **state)
{
	static const struct {
		const char *arg, *text;
	} bad[] = {
		{ "none=1", "no limit 'none', see nos-serve --check -v" },
		{ "", "no limit '', see nos-serve --check -v" },
		{ "=1", "no limit '', see nos-serve --check -v" },
		{ "typ=1", "no limit 'typ', see nos-serve --check -v" },
		{ "types", "limit 'types': take a number from 1 to 1000" },
		{ "types=", "limit 'types=': take a number from 1 to 1000" },
		{ "types=0", "limit 'types=0': take a number from 1 to 1000" },
		{ "types=1001", "limit 'types=1001': take a number from 1 to 1000" },
		{ "types=-1", "limit 'types=-1': take a number from 1 to 1000" },
		{ "types=1=1", "limit 'types=1=1': take a number from 1 to 1000" },
		{ "pack=99999999999999999999",
		    "limit 'pack=99999999999999999999': take a number from 1024 to 1048576" },
	};
	struct nos_limit before;

	(void)state;
	nos_limit_init(&limits);
	before = limits;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(nos_limit_set(&limits, bad[i].arg, &err), NOS_USAGE);
		assert_string_equal(err.text, bad[i].text);
	}
	assert_memory_equal(&limits, &before, sizeof(limits));
}

static void the_list_has_a_line_for_each_with_its_value(void **state)
{
	struct nos_buf b;
	struct nos_str rest, line;
	size_t lines = 0;

	(void)state;
	nos_limit_init(&limits);
	limits.of[NOS_LIMIT_TYPES] = 7;
	nos_buf_init(&b, 10000);
	nos_limit_list(&limits, &b);
	rest = nos_buf_str(&b);
	while (nos_str_cut(&rest, '\n', &line) && line.len)
		assert_true(nos_str_starts(line, nos_limit_text((enum nos_limit_name)lines++)));
	assert_int_equal(lines, NOS_LIMIT_COUNT);
	assert_non_null(
	    strstr(b.p, "types                   7  types of readings of one source\n"));
	nos_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_default_within_its_range),
		cmocka_unit_test(one_is_set_by_its_name_and_the_others_stay),
		cmocka_unit_test(
		    what_is_no_limit_or_out_of_its_range_is_refused_and_changes_nothing),
		cmocka_unit_test(the_list_has_a_line_for_each_with_its_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
