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

/* What fits is said in no word. */
static const char *fitted(uint64_t files)
{
	static char text[1000];
	struct nos_buf b;

	nos_buf_init(&b, sizeof(text) - 1);
	nos_limit_fit(&limits, files, &b);
	snprintf(text, sizeof(text), "%.*s", (int)b.len, b.len ? b.p : "");
	nos_buf_release(&b);
	return text;
}

static void connections_are_what_open_files_leave_for_them(void **state)
{
	static const struct {
		uint64_t files, connections;
	} rows[] = { { 1 << 20, 4000 }, { 4420, 4000 }, { 4419, 3999 }, { 841, 421 }, { 840, 420 },
		{ 300, 150 }, { 1, 1 }, { 0, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text;

		nos_limit_init(&limits);
		text = fitted(rows[i].files);
		assert_int_equal(limits.of[NOS_LIMIT_CONNECTIONS], rows[i].connections);
		assert_int_equal(*text != '\0', rows[i].connections < 4000);
	}
	nos_limit_init(&limits);
	assert_string_equal(fitted(1024),
	    "connections: 604 at once, not 4000, since 1024 files may be open: raise ulimit -n, or "
	    "LimitNOFILE=\n");
	assert_int_equal(limits.of[NOS_LIMIT_POLLS], 302);
}

static void polls_that_are_more_than_half_of_what_they_take_are_said(void **state)
{
	(void)state;
	nos_limit_init(&limits);
	assert_int_equal(nos_limit_set(&limits, "polls=50000", &err), NOS_OK);
	assert_string_equal(fitted(1 << 20),
	    "polls: 1000 at once, not 50000: half of requests and of connections at most, raise those\n");
	assert_int_equal(limits.of[NOS_LIMIT_POLLS], 1000);
	/* Who said nothing of polls has as many as fit. */
	nos_limit_init(&limits);
	assert_int_equal(nos_limit_set(&limits, "requests=100", &err), NOS_OK);
	assert_string_equal(fitted(1 << 20), "");
	assert_int_equal(limits.of[NOS_LIMIT_POLLS], 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_default_within_its_range),
		cmocka_unit_test(one_is_set_by_its_name_and_the_others_stay),
		cmocka_unit_test(
		    what_is_no_limit_or_out_of_its_range_is_refused_and_changes_nothing),
		cmocka_unit_test(the_list_has_a_line_for_each_with_its_value),
		cmocka_unit_test(connections_are_what_open_files_leave_for_them),
		cmocka_unit_test(polls_that_are_more_than_half_of_what_they_take_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
