/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include "key/roam.h"

#define DAY_MS INT64_C(86400000)

static struct nos_err err;

static void the_key_has_the_bytes_of_the_vectors_and_is_anothers_for_each_node_and_day(void **state)
{
	struct nos_secret z = vector_secret("registration/Z"),
			  node = vector_secret("inputs/node thumbprint"), key, other;

	(void)state;
	assert_int_equal(nos_roam_key(&z, node.bytes, 17914, &key, &err), NOS_OK);
	assert_vector_secret(&key, "dini/K_roam (node thumbprint, day 17914)");
	assert_int_equal(nos_roam_key(&z, node.bytes, 17915, &other, &err), NOS_OK);
	assert_false(nos_secret_eq(&key, &other));
	node.bytes[31] ^= 1;
	assert_int_equal(nos_roam_key(&z, node.bytes, 17914, &other, &err), NOS_OK);
	assert_false(nos_secret_eq(&key, &other));
}

static void a_day_is_near_from_the_day_before_to_the_end_of_the_next(void **state)
{
	const struct nos_time begin = nos_roam_since(17914), end = nos_roam_until(17914);

	(void)state;
	assert_int_equal(begin.ms, 17914 * DAY_MS);
	assert_int_equal(end.ms, 17916 * DAY_MS);
	assert_int_equal(nos_roam_day(begin), 17914);
	assert_int_equal(nos_roam_day((struct nos_time){ begin.ms - 1 }), 17913);
	assert_false(nos_roam_is_near(17914, (struct nos_time){ begin.ms - DAY_MS - 1 }));
	assert_true(nos_roam_is_near(17914, (struct nos_time){ begin.ms - DAY_MS }));
	assert_true(nos_roam_is_near(17914, begin));
	assert_true(nos_roam_is_near(17914, (struct nos_time){ end.ms - 1 }));
	assert_false(nos_roam_is_near(17914, end));
	assert_false(nos_roam_is_near(UINT64_MAX, begin));
	assert_int_equal(nos_roam_day((struct nos_time){ -1 }), 0);
}

static void a_name_is_of_a_home_and_a_day(void **state)
{
	const struct nos_name made = nos_roam_name(1, 17914);
	char text[NOS_NAME_TEXT_MAX];
	struct nos_name name;
	uint64_t home, day;

	(void)state;
	nos_name_format(&made, text);
	assert_string_equal(text, "r.1.17914");
	assert_true(nos_name_parse(NOS_STR("r.1.17914"), &name));
	assert_true(nos_roam_is(&name, &home, &day));
	assert_int_equal(home, 1);
	assert_int_equal(day, 17914);
	assert_true(nos_name_parse(NOS_STR("d.1.17914"), &name));
	assert_false(nos_roam_is(&name, &home, &day));
	assert_true(nos_name_parse(NOS_STR("r.1"), &name));
	assert_false(nos_roam_is(&name, &home, &day));
	assert_true(nos_name_parse(NOS_STR("r.1.2.3"), &name));
	assert_false(nos_roam_is(&name, &home, &day));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_key_has_the_bytes_of_the_vectors_and_is_anothers_for_each_node_and_day),
		cmocka_unit_test(a_day_is_near_from_the_day_before_to_the_end_of_the_next),
		cmocka_unit_test(a_name_is_of_a_home_and_a_day),
	};

	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
