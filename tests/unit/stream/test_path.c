/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "stream/path.h"

static struct nos_err err;

static enum nos_code decode(const char *text, struct nos_path *ret)
{
	struct nos_scan scan = { .depth = 4 };
	struct nos_decode d;

	nos_err_clear(&err);
	if (!nos_decode_object(&scan, nos_str_of(text), "test", &d, &err))
		(void)!nos_path_decode(&d, "via", ret, &err);
	nos_scan_release(&scan);
	return err.code;
}

static void a_path_comes_back_in_its_order(void **state)
{
	struct nos_path path;
	struct nos_buf b;

	(void)state;
	assert_int_equal(decode("{\"via\":[\"s-1\",\"s-2\",\"s-3\",\"s-4\"]}", &path), NOS_OK);
	assert_int_equal(path.count, 4);
	nos_buf_init(&b, 100);
	nos_buf_add_text(&b, "[\"s-0\"");
	nos_path_encode(&b, &path);
	assert_buf(&b, "[\"s-0\",\"s-1\",\"s-2\",\"s-3\",\"s-4\"");
	nos_buf_release(&b);
}

static void one_that_is_not_there_is_empty(void **state)
{
	struct nos_path path = { .count = 3 };

	(void)state;
	assert_int_equal(decode("{}", &path), NOS_OK);
	assert_int_equal(path.count, 0);
	path.count = 3;
	assert_int_equal(decode("{\"via\":[]}", &path), NOS_OK);
	assert_int_equal(path.count, 0);
}

static void what_is_no_list_of_relays_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"via\":1}",
		"{\"via\":[1]}",
		"{\"via\":[\"\"]}",
		"{\"via\":[[\"s-1\"]]}",
		"{\"via\":[\"s-1\",\"s-2\",\"s-3\",\"s-4\",\"s-5\"]}",
		"{\"via\":[\"s-12345678901234567890123456789012\"]}",
	};
	struct nos_path path;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (decode(bad[i], &path) != NOS_DATA)
			fail_msg("%s was taken", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_comes_back_in_its_order),
		cmocka_unit_test(one_that_is_not_there_is_empty),
		cmocka_unit_test(what_is_no_list_of_relays_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
