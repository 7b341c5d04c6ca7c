/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include "base/file.h"
#include "source/done.h"
#include "source/ring.h"

static struct nos_err err;

static void write_one(const char *path, const char *enrolment, const char *name)
{
	struct nos_keyring k = test_keyring();

	snprintf(k.enrolment, sizeof(k.enrolment), "%s", enrolment);
	snprintf(k.name, sizeof(k.name), "%s", name);
	assert_int_equal(nos_ring_write(path, &k, false, &err), NOS_OK);
}

static const char *find(struct nos_done *d, const char *enrolment, const char *name)
{
	const char *file;

	assert_int_equal(nos_done_find(d, enrolment, name, &file, &err), NOS_OK);
	return file ? file : "";
}

static void an_enrolment_is_found_by_its_keyring(void **state)
{
	struct nos_done d;

	(void)state;
	assert_int_equal(nos_file_folder("keys", &err), NOS_OK);
	write_one("keys/a.key", "t-000000000a", "one");
	write_one("keys/b.key", "t-000000000b", "");
	nos_done_init(&d, "keys");
	assert_string_equal(find(&d, "t-000000000a", NULL), "a.key");
	assert_string_equal(find(&d, "t-000000000a", "one"), "a.key");
	assert_string_equal(find(&d, "t-000000000a", "two"), "");
	assert_string_equal(find(&d, "t-000000000b", NULL), "b.key");
	assert_string_equal(find(&d, "t-000000000c", NULL), "");
	nos_done_release(&d);
}

static void what_is_no_keyring_or_does_not_say_its_enrolment_is_passed_over(void **state)
{
	struct nos_done d;

	(void)state;
	assert_int_equal(nos_file_folder("keys/folder.key", &err), NOS_OK);
	write_one("keys/old.key", "", "");
	write_one("keys/a.key.pending", "t-000000000a", "");
	write_one("keys/b", "t-000000000b", "");
	assert_int_equal(nos_file_create("keys/c.key", nos_str_bytes(NOS_STR("{")), &err), NOS_OK);
	nos_done_init(&d, "keys");
	assert_string_equal(find(&d, "t-000000000a", NULL), "");
	assert_string_equal(find(&d, "t-000000000b", NULL), "");
	assert_string_equal(find(&d, "", NULL), "");
	assert_int_equal(d.count, 0);
	nos_done_release(&d);
}

static void what_was_made_behind_the_first_look_is_noted(void **state)
{
	struct nos_keyring k = test_keyring();
	char id[NOS_KEYRING_ENROLMENT_MAX];
	struct nos_done d;

	(void)state;
	assert_int_equal(nos_file_folder("keys", &err), NOS_OK);
	nos_done_init(&d, "keys");
	assert_string_equal(find(&d, "t-0000000000", NULL), "");
	for (int i = 0; i < 200; i++) {
		snprintf(k.enrolment, sizeof(k.enrolment), "t-%010d", i);
		assert_int_equal(nos_done_add(&d, &k, k.enrolment, &err), NOS_OK);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "t-%010d", i);
		assert_string_equal(find(&d, id, NULL), id);
	}
	nos_done_release(&d);
}

static void a_folder_that_cannot_be_read_is_told(void **state)
{
	const char *file;
	struct nos_done d;

	(void)state;
	nos_done_init(&d, "none");
	assert_int_equal(nos_done_find(&d, "t-000000000a", NULL, &file, &err), NOS_IO);
	assert_null(file);
	nos_done_release(&d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, test_folder, test_folder_gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_enrolment_is_found_by_its_keyring),
		TEST(what_is_no_keyring_or_does_not_say_its_enrolment_is_passed_over),
		TEST(what_was_made_behind_the_first_look_is_noted),
		TEST(a_folder_that_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
