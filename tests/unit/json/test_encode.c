/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "json/encode.h"

/* Of each byte, in a text by itself and between others. */
static void a_text_is_escaped_whatever_stands_around(void **state)
{
	static const char *const escapes[0x20] = { ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t" };
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 1000);
	for (int c = 0; c < 0x100; c++) {
		const char text[] = { 'a', (char)c, 'z' };
		char other[16] = { (char)c }, wanted[64];

		if (c >= 0x80)
			snprintf(other, sizeof(other), "\\ufffd");
		else if (c < 0x20 && escapes[c])
			snprintf(other, sizeof(other), "%s", escapes[c]);
		else if (c < 0x20)
			snprintf(other, sizeof(other), "\\u%04x", (unsigned)c);
		else if (c == '"' || c == '\\')
			snprintf(other, sizeof(other), "\\%c", c);
		for (size_t from = 0; from <= 1; from++) {
			snprintf(wanted, sizeof(wanted), "\"%s%s\"", from ? other : "a",
			    from ? "z" : other);
			nos_buf_truncate(&b, 0);
			nos_encode_text(&b, (struct nos_str){ text + from, 2 });
			assert_string_equal(b.p, wanted);
		}
	}
	nos_buf_truncate(&b, 0);
	nos_encode_text(&b, NOS_STR(""));
	nos_encode_text(&b, NOS_STR("\xc2\xb0"));
	assert_string_equal(b.p, "\"\"\"\xc2\xb0\"");
	nos_buf_release(&b);
}

static void a_comma_stands_between_members_alone(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 1000);
	nos_encode_member_uint(&b, "first", 1);
	nos_encode_member(&b, "list");
	nos_buf_add_char(&b, '[');
	nos_encode_comma(&b);
	nos_buf_add_char(&b, '{');
	nos_encode_member_bool(&b, "one", true);
	nos_encode_member_number(&b, "two", -0.25);
	nos_buf_add_text(&b, "}]");
	nos_encode_member_text(&b, "", NOS_STR("last"));
	assert_string_equal(
	    b.p, "\"first\":1,\"list\":[{\"one\":true,\"two\":-0.25}],\"\":\"last\"");
	nos_buf_release(&b);
}

static void a_buffer_that_is_full_takes_no_half_of_a_name_or_a_text(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 8);
	nos_encode_member(&b, "name");
	nos_encode_text(&b, NOS_STR("ab"));
	assert_int_equal(b.fail, NOS_LARGE);
	nos_encode_member(&b, "");
	assert_string_equal(b.p, "\"name\":");
	nos_buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_escaped_whatever_stands_around),
		cmocka_unit_test(a_comma_stands_between_members_alone),
		cmocka_unit_test(a_buffer_that_is_full_takes_no_half_of_a_name_or_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
