/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "base/err.h"

static void an_error_may_be_told_in_the_words_of_the_one_before(void **state)
{
	struct nos_err err = { 0 };

	(void)state;
	nos_err_set_field(&err, NOS_LARGE, "key", "over %d bytes", 7);
	assert_int_equal(nos_err_set(&err, NOS_CONFIG, "rules: %s", err.text), NOS_CONFIG);
	assert_string_equal(err.text, "rules: over 7 bytes");
	assert_string_equal(err.field, "");
	assert_int_equal(nos_err_within(&err, "%s", "node.conf"), NOS_CONFIG);
	assert_string_equal(err.text, "node.conf: rules: over 7 bytes");
}

static void a_text_is_one_line_and_is_cut_between_characters(void **state)
{
	struct nos_err err = { 0 };
	char text[NOS_ERR_TEXT_MAX + 1];

	(void)state;
	nos_err_set(&err, NOS_DATA, "a\nb\x7f");
	assert_string_equal(err.text, "a?b?");
	memset(text, 'a', sizeof(text));
	memcpy(text + NOS_ERR_TEXT_MAX - 2, "\xc3\xa9", 3);
	nos_err_set(&err, NOS_DATA, "%s", text);
	assert_int_equal(strlen(err.text), NOS_ERR_TEXT_MAX - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_may_be_told_in_the_words_of_the_one_before),
		cmocka_unit_test(a_text_is_one_line_and_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
