/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "key/name.h"
#include "key/state.h"

static void a_kid_is_a_letter_and_one_to_three_numbers(void **state)
{
	static const char *const bad[] = { "", "p", "p.", "P.1", "p.01", "p.1.2.3.4", "pp.1",
		"p.-1", "p.1.", "p.18446744073709551616", ".1", "p..1", "1.1", "p.1x" };
	static const char *const good[] = { "p.1", "d.1.7", "s.3.0.18446744073709551615" };
	char text[NOS_NAME_TEXT_MAX];
	struct nos_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nos_name_parse(nos_str_of(bad[i]), &name));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(nos_name_parse(nos_str_of(good[i]), &name));
		nos_name_format(&name, text);
		assert_string_equal(text, good[i]);
	}
}

static void a_word_is_letters_digits_and_a_few_signs(void **state)
{
	char long_one[NOS_NAME_WORD_MAX + 2] = { 0 };

	(void)state;
	memset(long_one, 'a', NOS_NAME_WORD_MAX + 1);
	assert_true(nos_name_is_word(NOS_STR("weather-station_2")));
	assert_false(nos_name_is_word(NOS_STR("")));
	assert_false(nos_name_is_word(NOS_STR("-a")));
	assert_false(nos_name_is_word(NOS_STR("a.b")));
	assert_false(nos_name_is_word(nos_str_of(long_one)));
	long_one[NOS_NAME_WORD_MAX] = '\0';
	assert_true(nos_name_is_word(nos_str_of(long_one)));
}

static void a_state_is_read_as_it_is_written(void **state)
{
	enum nos_state s;

	(void)state;
	for (int i = 0; i < NOS_STATE_COUNT; i++) {
		assert_true(nos_state_parse(nos_str_of(nos_state_text((enum nos_state)i)), &s));
		assert_int_equal(s, i);
	}
	assert_false(nos_state_parse(NOS_STR("asleep"), &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kid_is_a_letter_and_one_to_three_numbers),
		cmocka_unit_test(a_word_is_letters_digits_and_a_few_signs),
		cmocka_unit_test(a_state_is_read_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
