/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "source/load.h"

static struct nos_err err;

static const struct nos_batch_how ndjson = { .form = NOS_BATCH_NDJSON };

static void line(struct nos_load *l, uint64_t number, const char *text)
{
	assert_int_equal(
	    nos_load_line(l, number, nos_str_of(text), (struct nos_time){ 1547812800000 }, &err),
	    NOS_OK);
}

static bool fill(struct nos_load *l)
{
	bool full = false;

	assert_int_equal(nos_load_fill(l, &full, &err), NOS_OK);
	return full;
}

static void lines_become_the_text_of_a_pack_as_they_came(void **state)
{
	struct nos_load l;

	(void)state;
	nos_load_init(&l, 2, NOS_LOAD_TEXT_MAX, ndjson);
	line(&l, 1, "{\"type\":\"a\", \"value\" :NaN}");
	assert_false(fill(&l));
	line(&l, 2, "{\"type\":\"b\"}");
	assert_false(fill(&l));
	line(&l, 3, "{\"type\":");
	assert_false(fill(&l));
	line(&l, 4, "{\"type\":\"c\",\"value\":1}");
	assert_true(fill(&l));
	assert_buf(&l.text, "{\"type\":\"a\", \"value\" :NaN}\n{\"type\":\"c\",\"value\":1}\n");
	assert_int_equal(l.count, 4);
	assert_int_equal(l.good, 2);
	assert_int_equal(l.items[0].err.code, NOS_OK);
	assert_string_equal(l.items[1].err.text, "value is missing");
	assert_int_equal(l.items[2].line, 3);
	assert_int_equal(l.items[2].err.code, NOS_DATA);
	nos_load_clear(&l);
	assert_false(fill(&l));
	assert_int_equal(l.count, 0);
	nos_load_release(&l);
}

static void an_array_goes_on_in_the_next_pack(void **state)
{
	struct nos_load l;

	(void)state;
	nos_load_init(&l, 2, NOS_LOAD_TEXT_MAX, ndjson);
	line(&l, 7,
	    "[{\"type\":\"a\",\"value\":1}, 3 ,{\"type\":\"b\",\"value\":2},{\"type\":\"c\",\"value\":3}]");
	assert_true(fill(&l));
	assert_int_equal(l.count, 3);
	assert_int_equal(l.items[1].index, 1);
	assert_int_equal(l.items[1].err.code, NOS_DATA);
	assert_true(l.items[2].many);
	assert_int_equal(l.items[2].index, 2);
	nos_load_clear(&l);
	assert_false(fill(&l));
	assert_int_equal(l.count, 1);
	assert_int_equal(l.items[0].index, 3);
	assert_int_equal(l.items[0].line, 7);
	assert_buf(&l.text, "{\"type\":\"c\",\"value\":3}\n");
	nos_load_clear(&l);
	line(&l, 8, "[]");
	assert_false(fill(&l));
	assert_int_equal(l.count, 0);
	nos_load_release(&l);
}

static void a_reading_that_has_no_room_waits_for_the_next_pack(void **state)
{
	struct nos_load l;
	struct nos_buf text;

	(void)state;
	nos_buf_init(&text, 1 << 20);
	nos_buf_add_text(&text, "{\"type\":\"a\",\"value\":1,\"more\":\"");
	memset(nos_buf_extend(&text, 150000), 'x', 150000);
	nos_buf_add_text(&text, "\"}");
	nos_load_init(&l, 50, NOS_LOAD_TEXT_MAX, ndjson);
	line(&l, 1, text.p);
	assert_false(fill(&l));
	line(&l, 2, text.p);
	assert_true(fill(&l));
	assert_int_equal(l.count, 1);
	nos_load_clear(&l);
	assert_false(fill(&l));
	assert_int_equal(l.count, 1);
	assert_int_equal(l.items[0].line, 2);
	nos_buf_truncate(&text, text.len - 2);
	memset(nos_buf_extend(&text, 150000), 'x', 150000);
	nos_buf_add_text(&text, "\"}");
	line(&l, 3, text.p);
	assert_false(fill(&l));
	assert_int_equal(l.items[1].err.code, NOS_LARGE);
	nos_buf_release(&text);
	nos_load_release(&l);
}

static void nesting_has_its_limit(void **state)
{
	struct nos_load l;

	(void)state;
	nos_load_init(&l, 50, NOS_LOAD_TEXT_MAX, ndjson);
	line(&l, 1, "{\"type\":\"a\",\"value\":1,\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}");
	assert_false(fill(&l));
	assert_int_equal(l.count, 1);
	assert_int_equal(l.items[0].err.code, NOS_LARGE);
	nos_load_release(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_the_text_of_a_pack_as_they_came),
		cmocka_unit_test(an_array_goes_on_in_the_next_pack),
		cmocka_unit_test(a_reading_that_has_no_room_waits_for_the_next_pack),
		cmocka_unit_test(nesting_has_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
