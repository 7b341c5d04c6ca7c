/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "score/identity.h"

static void assert_each(const char *const *texts, size_t count, enum nos_rule_identity expected)
{
	for (size_t i = 0; i < count; i++)
		if (nos_identity_of(nos_str_of(texts[i])) != expected)
			fail_msg("'%s' is taken for the wrong thing", texts[i]);
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void hardware_and_people_are_found_wherever_they_stand(void **state)
{
	static const char *const texts[] = {
		"70b3d57ed0001a2b",
		"eui-70B3D57ED0001A2B",
		"sensor_70b3d57ed0001a2b.temp",
		"70:b3:d5:7e:d0:00:1a:2b",
		"70-B3-D5-7E-D0-00-1A-2B",
		"00:1a:2b:3c:4d:5e",
		"00-1A-2B-3C-4D-5E",
		"dev-00-1a-2b-3c-4d-5e-temp",
		"mac=00:1a:2b:3c:4d:5e,",
		"00:11:22:33:44:55",
		"de:00-1a-2b-3c-4d-5e",
		"00:11:22:33:44:55-66",
		"2019-01-18 00:11:22:33:44:55",
		"anna.b+home@example.org",
		"mailto:anna@mail.example.org.",
		"a@b @c d@example.org",
		"j\xc3\xbcrg\xc3\xb6@example.org",
		"x@1.2.example",
	};

	(void)state;
	assert_each(texts, COUNT(texts), NOS_RULE_IDENTITY_HARDWARE);
}

static void what_only_looks_like_it_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"campodenno",
		"air_temperature",
		"2019-01-18T12:00:00+01:00",
		"2019-01-18T12:00:00.123456Z",
		"19-01-18-12-00-00",
		"2019-01-18-12-00-00",
		"12:00:00",
		"1547812800000000",
		"1234567890123456",
		"550e8400-e29b-41d4-a716-446655440000",
		"550e8400e29b41d4a716446655440000",
		"70b3d57ed0001a2bc",
		"70b3d57ed0001a2",
		"x70b3d57ed0001a2b",
		"70b3d57ed0001a2g",
		"00:1a:2b:3c:4d",
		"00:1a:2b:3c:4d:5e:6f",
		"00:1a:2b:3c:4d:5e:6f:70:81",
		"00:1a:2b-3c:4d:5e",
		"00::1a:2b:3c:4d:5e",
		"0:1a:2b:3c:4d:5e",
		"00:1a:2b:3c:4d:5g",
		"00 1a 2b 3c 4d 5e",
		"de:ad:be:ef:de:ad:be:ef:de:ad:be:ef:de:ad:be:ef:de:ad:be:ef",
		"s-7f3a09c2e1",
		"@home",
		"home@",
		"a@b",
		"5 @ 12.5",
		"t@12.5",
		"x@1.2.3.4",
		"a@.org",
		"a@b..org",
		"a@b.o",
		"@",
		":",
		"-:-:-:-:-:-",
	};

	(void)state;
	assert_each(texts, COUNT(texts), NOS_RULE_IDENTITY_NONE);
}

/* Under every sanitizer: no byte behind the text is looked at, wherever it is cut. */
static void a_text_that_is_cut_is_read_to_its_end_and_no_further(void **state)
{
	static const char whole[] = "70:b3:d5:7e:d0:00:1a:2b 70b3d57ed0001a2b a@example.org";

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char *copy = malloc(len ? len : 1);

		memcpy(copy, whole, len);
		/* 17 are six pairs, 20 are seven, 23 are eight. */
		assert_int_equal(nos_identity_of((struct nos_str){ copy, len }),
		    (len >= 17 && len < 20) || len >= 23 ? NOS_RULE_IDENTITY_HARDWARE
							 : NOS_RULE_IDENTITY_NONE);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hardware_and_people_are_found_wherever_they_stand),
		cmocka_unit_test(what_only_looks_like_it_is_none),
		cmocka_unit_test(a_text_that_is_cut_is_read_to_its_end_and_no_further),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
