/* SPDX-License-Identifier: MIT */
/* The row in hand of a table. */
#include "../registry/node.h"

#include "json/encode.h"
#include "group/groups.h"
#include "keytable/row.h"

#define NOW ((struct nos_time){ 1795600000000 })

static struct nos_keytable table;
static struct nos_row row;
static char last[256];
static unsigned given;

static enum nos_code take(void *state, struct nos_str text, struct nos_err *e)
{
	assert_ptr_equal(state, &given);
	assert_true(nos_str_copy(text, last, sizeof(last)));
	return ++given == 3 ? nos_err_set(e, NOS_BUSY, "enough") : NOS_OK;
}

static void begin(const struct nos_keytable *t)
{
	given = 0;
	nos_err_clear(&err);
	nos_row_init(&row, t, take, &given);
}

static void a_row_is_given_out_and_the_next_one_begins_anew(void **state)
{
	(void)state;
	table = (struct nos_keytable){ .now = NOW };
	begin(&table);
	nos_row_begin(&row);
	assert_int_equal(nos_row_end(&row, &err), NOS_OK);
	assert_string_equal(last, "{}");
	nos_encode_member_uint(nos_row_begin(&row), "n", 1);
	nos_row_text(&row, "a", "b\"");
	nos_row_text(&row, "none", "");
	assert_int_equal(nos_row_end(&row, &err), NOS_OK);
	assert_string_equal(last, "{\"n\":1,\"a\":\"b\\\"\"}");
	nos_row_begin(&row);
	assert_int_equal(nos_row_end(&row, &err), NOS_BUSY);
	nos_row_release(&row);
}

static void a_row_that_is_too_large_is_not_given_out_and_the_next_one_is(void **state)
{
	struct nos_buf *b;

	(void)state;
	begin(&table);
	b = nos_row_begin(&row);
	for (int i = 0; i < 70000; i++)
		nos_buf_add_char(b, ' ');
	assert_int_equal(nos_row_end(&row, &err), NOS_LARGE);
	assert_int_equal(given, 0);
	nos_err_clear(&err);
	nos_row_begin(&row);
	assert_int_equal(nos_row_end(&row, &err), NOS_OK);
	assert_int_equal(given, 1);
	nos_row_release(&row);
}

static void rows_of_states_are_wanted_where_states_are_asked_for(void **state)
{
	(void)state;
	table = (struct nos_keytable){ .states = 1u << 3 | 1u << 0 };
	begin(&table);
	assert_true(nos_row_wants(&row, 0) && nos_row_wants(&row, 3));
	assert_false(nos_row_wants(&row, 1));
	table.states = 0;
	assert_true(nos_row_wants(&row, 1));
	nos_row_release(&row);
	begin(NULL);
	assert_true(nos_row_wants(&row, 1));
	nos_row_release(&row);
}

static void what_is_to_come_by_a_clock_set_back_has_no_age_below_nought(void **state)
{
	(void)state;
	table = (struct nos_keytable){ .now = NOW };
	begin(&table);
	nos_row_begin(&row);
	nos_row_age(&row, (struct nos_time){ NOW.ms - 1500 });
	assert_int_equal(nos_row_end(&row, &err), NOS_OK);
	assert_string_equal(last, "{\"age\":1.5}");
	nos_row_begin(&row);
	nos_row_age(&row, (struct nos_time){ NOW.ms + 1500 });
	assert_int_equal(nos_row_end(&row, &err), NOS_OK);
	assert_string_equal(last, "{\"age\":0}");
	nos_row_release(&row);
}

static void a_value_is_shown_where_it_was_asked_for_and_is_wiped(void **state)
{
	const struct nos_secret value = { .len = 3, .bytes = { 1, 2, 3 } }, none = { 0 };

	(void)state;
	for (int values = 0; values < 2; values++) {
		table = (struct nos_keytable){ .values = values };
		begin(&table);
		assert_int_equal(row.text.secret, values);
		nos_row_begin(&row);
		nos_row_value(&row, &none);
		nos_row_value(&row, &value);
		assert_int_equal(nos_row_end(&row, &err), NOS_OK);
		assert_string_equal(last, values ? "{\"value\":\"AQID\"}" : "{}");
		nos_row_release(&row);
	}
	begin(NULL);
	nos_row_begin(&row);
	nos_row_value(&row, &value);
	assert_int_equal(nos_row_end(&row, &err), NOS_OK);
	assert_string_equal(last, "{}");
	nos_row_release(&row);
}

static void a_group_is_found_by_its_number_with_its_keys_where_values_were_asked_for(void **state)
{
	struct nos_group g = { .name = "hall", .scheme = "tree", .depth = 7 };
	const struct nos_group *found;
	const struct nos_group_step step = { NOW, 1000 };
	struct nos_secret secret = { .len = NOS_LKH_KEY_LEN, .bytes = { 7 } };

	(void)state;
	assert_int_equal(nos_groups_make(store, &vault, &g, 1, NOW, &err), NOS_OK);
	assert_int_equal(
	    nos_group_turn(&g, g.clock.epoch + 1, NOS_GROUP_HEALED, 0, &secret, &step, &err),
	    NOS_OK);
	assert_int_equal(nos_groups_put(store, &vault, &g, &err), NOS_OK);
	for (int values = 0; values < 2; values++) {
		table = (struct nos_keytable){ .values = values, .vault = &vault };
		begin(&table);
		assert_int_equal(nos_row_group(&row, store, g.number, &found, &err), NOS_OK);
		assert_string_equal(found->name, "hall");
		assert_true(nos_group_present(found));
		assert_int_equal(nos_group_present(found)->value.len != 0, values);
		assert_int_equal(nos_row_group(&row, store, 0, &found, &err), NOS_OK);
		assert_null(found);
		nos_row_release(&row);
	}
	nos_group_release(&g);
}

static void a_group_that_is_not_there_is_none_and_no_fault(void **state)
{
	struct nos_group g = { .name = "hall", .scheme = "tree", .depth = 7 };
	const struct nos_group *found = &g;

	(void)state;
	assert_int_equal(nos_groups_make(store, &vault, &g, 1, NOW, &err), NOS_OK);
	begin(NULL);
	assert_int_equal(nos_row_group(&row, store, g.number + 1, &found, &err), NOS_OK);
	assert_null(found);
	assert_int_equal(err.code, NOS_OK);
	assert_int_equal(nos_row_group(&row, store, g.number, &found, &err), NOS_OK);
	assert_non_null(found);
	nos_row_release(&row);
	nos_group_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_given_out_and_the_next_one_begins_anew),
		cmocka_unit_test(a_row_that_is_too_large_is_not_given_out_and_the_next_one_is),
		cmocka_unit_test(rows_of_states_are_wanted_where_states_are_asked_for),
		cmocka_unit_test(what_is_to_come_by_a_clock_set_back_has_no_age_below_nought),
		cmocka_unit_test(a_value_is_shown_where_it_was_asked_for_and_is_wiped),
		NODE_TEST(a_group_is_found_by_its_number_with_its_keys_where_values_were_asked_for),
		NODE_TEST(a_group_that_is_not_there_is_none_and_no_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
