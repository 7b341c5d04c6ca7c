/* SPDX-License-Identifier: MIT */
#include "../test.h"

static struct nos_err err;

static void the_old_text_may_go_into_the_new_one(void **state)
{
	(void)state;
	nos_err_set_field(&err, NOS_DATA, "key", "key is missing");
	assert_int_equal(nos_err_set(&err, NOS_CONFIG, "no key file: %s", err.text), NOS_CONFIG);
	assert_string_equal(err.text, "no key file: key is missing");
	assert_string_equal(err.field, "");
	nos_err_within(&err, "%s", "node.key");
	assert_string_equal(err.text, "node.key: no key file: key is missing");
}

static void control_bytes_and_what_is_too_long_do_not_get_in(void **state)
{
	char text[2 * NOS_ERR_TEXT_MAX];

	(void)state;
	nos_err_set(&err, NOS_DATA, "a%sb", "\n\x1b");
	assert_string_equal(err.text, "a??b");
	memset(text, 'x', sizeof(text));
	nos_err_set(&err, NOS_DATA, "%.*s", (int)sizeof(text), text);
	assert_int_equal(strlen(err.text), NOS_ERR_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_text_may_go_into_the_new_one),
		cmocka_unit_test(control_bytes_and_what_is_too_long_do_not_get_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
