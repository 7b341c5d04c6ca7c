/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "base/secret.h"

static void an_append_over_the_limit_leaves_what_was_there(void **state)
{
	struct nos_buf b;
	struct nos_err err = { 0 };

	(void)state;
	nos_buf_init(&b, 5);
	nos_buf_add_text(&b, "abc");
	nos_buf_add_text(&b, "def");
	nos_buf_add_text(&b, "g");
	assert_buf(&b, "abc");
	assert_int_equal(nos_buf_check(&b, "line", &err), NOS_LARGE);
	assert_string_equal(err.text, "line is over 5 bytes");
	nos_buf_truncate(&b, 3);
	nos_buf_addf(&b, "%d", 42);
	assert_int_equal(nos_buf_check(&b, "line", &err), NOS_OK);
	assert_buf(&b, "abc42");
	nos_buf_release(&b);
}

/* Whether it was given its memory before or not. */
static void a_buffer_takes_as_much_as_its_limit_and_not_a_byte_more(void **state)
{
	(void)state;
	for (size_t max = 1; max < 600; max++) {
		struct nos_buf b;

		nos_buf_init(&b, max);
		for (size_t i = 0; i < max; i++)
			nos_buf_add_char(&b, 'a');
		assert_int_equal(b.fail, NOS_OK);
		assert_int_equal(b.len, max);
		assert_true(b.cap <= max + 1);
		nos_buf_add_char(&b, 'b');
		assert_int_equal(b.fail, NOS_LARGE);
		nos_buf_truncate(&b, max - 1);
		nos_buf_add(&b, "cd", 2);
		nos_buf_add_char(&b, 'e');
		assert_int_equal(b.len, max - 1);
		assert_int_equal(b.p[b.len], 0);
		nos_buf_release(&b);
	}
}

static void a_secret_buffer_keeps_its_contents_when_it_moves(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init_secret(&b, 10000);
	for (int i = 0; i < 1000; i++)
		nos_buf_add_char(&b, (char)('a' + i % 26));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	assert_int_equal(b.p[b.len], 0);
	nos_buf_release(&b);
	assert_int_equal(b.len, 0);
}

static void a_taken_buffer_is_empty_again(void **state)
{
	struct nos_buf b;
	char *p;

	(void)state;
	nos_buf_init(&b, 100);
	p = nos_buf_take(&b);
	assert_string_equal(p, "");
	free(p);
	nos_buf_add_text(&b, "left");
	nos_buf_drop(&b, 1);
	p = nos_buf_take(&b);
	assert_string_equal(p, "eft");
	free(p);
	assert_int_equal(b.len, 0);
	nos_buf_release(&b);
}

static void an_error_is_one_line_and_names_its_place(void **state)
{
	struct nos_err err = { 0 };

	(void)state;
	assert_int_equal(
	    nos_err_set_field(&err, NOS_DATA, "time", "time '%s' is no time", "a\nb"), NOS_DATA);
	assert_int_equal(nos_err_within(&err, "line %d", 7), NOS_DATA);
	assert_string_equal(err.text, "line 7: time 'a?b' is no time");
	assert_string_equal(err.field, "time");
	assert_string_equal(nos_code_slug(err.code), "data");
}

static void a_long_error_is_cut_between_characters(void **state)
{
	struct nos_err err = { 0 };
	char text[600];

	(void)state;
	for (size_t at = 0; at < 3; at++) {
		memset(text, 'x', at);
		for (size_t i = at; i + 2 < sizeof(text); i += 2)
			text[i] = '\xc3', text[i + 1] = '\xa4', text[i + 2] = '\0';
		nos_err_set(&err, NOS_DATA, "%s", text);
		assert_true(nos_str_is_utf8(nos_str_of(err.text)));
	}
}

static void utf8_refuses_overlong_surrogate_and_cut_sequences(void **state)
{
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xe2\x82" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nos_str_is_utf8(nos_str_of(bad[i])));
	assert_true(nos_str_is_utf8(NOS_STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
}

static void a_text_is_cut_at_each_separator(void **state)
{
	struct nos_str rest = NOS_STR("a,,b"), part;

	(void)state;
	assert_true(nos_str_cut(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(nos_str_cut(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_true(nos_str_cut(&rest, ',', &part));
	assert_str(part, "b");
	assert_false(nos_str_cut(&rest, ',', &part));
}

static void a_secret_is_wiped_when_it_leaves_its_scope(void **state)
{
	struct nos_secret a = { 0 }, b = { 0 };

	(void)state;
	assert_false(nos_secret_eq(&a, &b));
	assert_true(nos_secret_put(&a, "0123456789abcdef", 16));
	assert_true(nos_secret_put(&b, "0123456789abcdef", 16));
	assert_true(nos_secret_eq(&a, &b));
	b.bytes[15] ^= 1;
	assert_false(nos_secret_eq(&a, &b));
	assert_false(nos_secret_put(&a, "", NOS_SECRET_MAX + 1));
	assert_int_equal(a.len, 0);
	nos_secret_release(&b);
	for (size_t i = 0; i < sizeof(b.bytes); i++)
		assert_int_equal(b.bytes[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_append_over_the_limit_leaves_what_was_there),
		cmocka_unit_test(a_buffer_takes_as_much_as_its_limit_and_not_a_byte_more),
		cmocka_unit_test(a_secret_buffer_keeps_its_contents_when_it_moves),
		cmocka_unit_test(a_taken_buffer_is_empty_again),
		cmocka_unit_test(an_error_is_one_line_and_names_its_place),
		cmocka_unit_test(a_long_error_is_cut_between_characters),
		cmocka_unit_test(utf8_refuses_overlong_surrogate_and_cut_sequences),
		cmocka_unit_test(a_text_is_cut_at_each_separator),
		cmocka_unit_test(a_secret_is_wiped_when_it_leaves_its_scope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
