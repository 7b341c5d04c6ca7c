/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include <sys/stat.h>

#include "base/file.h"
#include "crypto/jose.h"
#include "source/spool.h"

#define FOLDER "sp/" TEST_SOURCE "/"

static struct nos_err err;

static struct nos_spool open_spool(uint8_t z, uint64_t max)
{
	struct nos_keyring k = test_keyring();
	struct nos_spool s;

	memset(k.z_key.bytes, z, k.z_key.len);
	nos_err_clear(&err);
	nos_spool_init(&s);
	if (nos_spool_open(&s, "sp", &k, max, &err))
		fail_msg("%s", err.text);
	return s;
}

static struct nos_send_pack pack_of(const char *text, uint64_t seq)
{
	struct nos_send_pack p = { .text = nos_str_of(text), .readings = 1, .seq = seq };

	if (seq)
		snprintf(p.url, sizeof(p.url), "http://127.0.0.1:1");
	return p;
}

static void put(struct nos_spool *s, const char *text, uint64_t seq)
{
	struct nos_send_pack p = pack_of(text, seq);

	assert_int_equal(nos_spool_add(s, &p, &err), NOS_OK);
}

/* The oldest must be text; it is taken off. */
static void expect(struct nos_spool *s, const char *text, uint64_t seq)
{
	struct nos_send_pack p;

	assert_true(s->count > 0);
	if (nos_spool_oldest(s, &p, &err))
		fail_msg("%s", err.text);
	assert_str(p.text, text);
	assert_int_equal(p.seq, seq);
	assert_int_equal(p.sent, seq != 0);
	assert_int_equal(p.readings, 1);
	assert_string_equal(p.url, seq ? "http://127.0.0.1:1" : "");
	assert_int_equal(nos_spool_drop(s, &err), NOS_OK);
}

static void packs_come_out_in_the_order_of_their_arrival_also_from_disk(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20);
	uint64_t bytes;

	(void)state;
	put(&s, "a\n", 17);
	put(&s, "b\n", 0);
	bytes = s.bytes;
	nos_spool_release(&s);
	s = open_spool(1, 1 << 20);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.bytes, bytes);
	put(&s, "c\n", 0);
	expect(&s, "a\n", 17);
	expect(&s, "b\n", 0);
	put(&s, "d\n", 0);
	expect(&s, "c\n", 0);
	expect(&s, "d\n", 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.bytes, 0);
	nos_spool_release(&s);
}

static void many_packs_wait_in_order(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20);
	char text[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 150; i++) {
			snprintf(text, sizeof(text), "%d\n", i);
			put(&s, text, 0);
		}
		if (!round) {
			nos_spool_release(&s);
			s = open_spool(1, 1 << 20);
		}
		for (int i = 0; i < 150; i++) {
			snprintf(text, sizeof(text), "%d\n", i);
			expect(&s, text, 0);
		}
	}
	assert_int_equal(s.last, 300);
	nos_spool_release(&s);
}

/* A keyring whose Z was made new so often; each Z has a spool key of its own. */
static struct nos_keyring renewed(unsigned times)
{
	struct nos_keyring k = test_keyring();

	k.z = 1 + times;
	memset(k.z_key.bytes, (int)k.z, k.z_key.len);
	for (unsigned i = 0; i < times && i < NOS_KEYRING_OLDER_MAX; i++) {
		NOS_AUTO(secret) z = { .len = 32 };

		k.older[i].z = times - i;
		memset(z.bytes, (int)k.older[i].z, z.len);
		assert_int_equal(
		    nos_derive_static(&z, NOS_DERIVE_SPOOL, &k.older[i].spool, &err), NOS_OK);
		k.older_count++;
	}
	return k;
}

static void packs_of_before_a_renew_open_and_new_ones_go_under_the_present_z(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20), old;
	struct nos_keyring k = renewed(1);

	(void)state;
	put(&s, "a\n", 17);
	put(&s, "b\n", 0);
	/* In the same run … */
	assert_int_equal(nos_spool_rekey(&s, &k, &err), NOS_OK);
	put(&s, "c\n", 0);
	expect(&s, "a\n", 17);
	nos_spool_release(&s);
	/* … and in another, behind eight more of them. */
	k = renewed(NOS_KEYRING_OLDER_MAX);
	nos_spool_init(&s);
	assert_int_equal(nos_spool_open(&s, "sp", &k, 1 << 20, &err), NOS_OK);
	expect(&s, "b\n", 0);
	expect(&s, "c\n", 0);
	put(&s, "d\n", 0);
	nos_spool_release(&s);
	/* A keyring of before cannot open what is of after. */
	old = open_spool(1, 1 << 20);
	assert_int_equal(old.count, 1);
	assert_int_equal(nos_spool_oldest(&old, &(struct nos_send_pack){ 0 }, &err), NOS_DATA);
	nos_spool_release(&old);
}

static void files_are_their_owners_alone_and_show_nothing(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20);
	struct nos_buf text;
	struct stat st;

	(void)state;
	put(&s, "{\"type\":\"air\"}\n", 0);
	assert_int_equal(stat("sp", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(FOLDER "00000000000000000001.jwe", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	nos_buf_init(&text, 1 << 20);
	assert_int_equal(
	    nos_file_read(FOLDER "00000000000000000001.jwe", NOS_FILE_SECRET, &text, &err), NOS_OK);
	assert_int_equal(text.len, s.bytes);
	assert_null(strstr(text.p, "air"));
	nos_buf_release(&text);
	nos_spool_release(&s);
}

static void the_oldest_is_noted_with_its_number_before_it_goes(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20);
	struct nos_send_pack p;

	(void)state;
	put(&s, "a\n", 0);
	put(&s, "b\n", 0);
	assert_int_equal(nos_spool_oldest(&s, &p, &err), NOS_OK);
	p.seq = 9;
	snprintf(p.url, sizeof(p.url), "http://127.0.0.1:1");
	assert_int_equal(nos_spool_note(&s, &p, &err), NOS_OK);
	nos_spool_release(&s);
	s = open_spool(1, 1 << 20);
	expect(&s, "a\n", 9);
	expect(&s, "b\n", 0);
	nos_spool_release(&s);
}

static void over_its_size_nothing_more_is_taken(void **state)
{
	struct nos_spool s = open_spool(1, 600);
	struct nos_send_pack p = pack_of("a\n", 0);

	(void)state;
	put(&s, "a\n", 0);
	put(&s, "b\n", 0);
	assert_int_equal(nos_spool_add(&s, &p, &err), NOS_BUSY);
	assert_int_equal(s.count, 2);
	expect(&s, "a\n", 0);
	put(&s, "c\n", 0);
	nos_spool_release(&s);
}

/* The oldest must not open, and be moved aside. */
static void expect_aside(struct nos_spool *s)
{
	struct nos_send_pack p;
	size_t before = s->count;

	assert_int_equal(nos_spool_oldest(s, &p, &err), NOS_DATA);
	assert_non_null(strstr(err.text, "did not open"));
	assert_int_equal(s->count, before - 1);
	nos_err_clear(&err);
}

static void what_does_not_open_is_moved_aside_and_its_number_stays_taken(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20);

	(void)state;
	put(&s, "a\n", 0);
	put(&s, "b\n", 0);
	put(&s, "c\n", 0);
	put(&s, "d\n", 0);
	assert_int_equal(truncate(FOLDER "00000000000000000001.jwe", 100), 0);
	assert_int_equal(
	    rename(FOLDER "00000000000000000004.jwe", FOLDER "00000000000000000002.jwe"), 0);
	nos_spool_release(&s);
	s = open_spool(1, 1 << 20);
	expect_aside(&s);
	expect_aside(&s);
	expect(&s, "c\n", 0);
	nos_spool_release(&s);
	assert_int_equal(access(FOLDER "00000000000000000001.jwe.bad", F_OK), 0);
	assert_int_equal(
	    rename(FOLDER "00000000000000000002.jwe.bad", FOLDER "00000000000000000007.jwe.bad"),
	    0);
	s = open_spool(1, 1 << 20);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.last, 7);
	nos_spool_release(&s);
}

static void another_keyrings_packs_do_not_open(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20);

	(void)state;
	put(&s, "a\n", 0);
	nos_spool_release(&s);
	s = open_spool(2, 1 << 20);
	expect_aside(&s);
	nos_spool_release(&s);
}

static void other_files_of_the_folder_are_left_alone(void **state)
{
	static const char *const names[] = { FOLDER "1.jwe", FOLDER "00000000000000000000.jwe",
		FOLDER "99999999999999999999.jwe", FOLDER "00000000000000000003.jwe.bad",
		FOLDER "00000000000000000002.jwe.new.abcde", FOLDER "1.jwe.new.abcdef",
		FOLDER "readme" };
	struct nos_spool s = open_spool(1, 1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
		    nos_file_create(names[i], nos_str_bytes(NOS_STR("x")), &err), NOS_OK);
	nos_spool_release(&s);
	s = open_spool(1, 1 << 20);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.last, 3);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(access(names[i], F_OK), 0);
	nos_spool_release(&s);
}

static void what_was_half_written_when_one_was_killed_is_removed(void **state)
{
	static const char *const names[] = { FOLDER "00000000000000000001.jwe.new.aB3dE6",
		FOLDER "00000000000000000001.jwe.new.zzzzzz",
		FOLDER "00000000000000000007.jwe.new.abcdef" };
	struct nos_spool s = open_spool(1, 1 << 20);

	(void)state;
	put(&s, "a\n", 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
		    nos_file_create(names[i], nos_str_bytes(NOS_STR("x")), &err), NOS_OK);
	nos_spool_release(&s);
	s = open_spool(1, 1 << 20);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(access(names[i], F_OK), -1);
	expect(&s, "a\n", 0);
	assert_int_equal(s.count, 0);
	nos_spool_release(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, test_folder, test_folder_gone)

static void the_other_node_that_a_pack_went_to_is_kept_with_it(void **state)
{
	struct nos_spool s = open_spool(1, 1 << 20);
	struct nos_send_pack p = pack_of("a\n", 17), seen;

	(void)state;
	p.node = 2;
	memset(p.thumbprint, 7, sizeof(p.thumbprint));
	assert_int_equal(nos_spool_add(&s, &p, &err), NOS_OK);
	assert_int_equal(nos_spool_oldest(&s, &seen, &err), NOS_OK);
	assert_int_equal(seen.node, 2);
	assert_memory_equal(seen.thumbprint, p.thumbprint, sizeof(p.thumbprint));
	/* Given up, it is nobody's. */
	nos_send_let_go(&seen);
	assert_int_equal(nos_spool_note(&s, &seen, &err), NOS_OK);
	assert_int_equal(nos_spool_oldest(&s, &seen, &err), NOS_OK);
	assert_int_equal(seen.node, 0);
	assert_int_equal(seen.seq, 17);
	assert_false(seen.sent);
	assert_int_equal(nos_spool_drop(&s, &err), NOS_OK);
	nos_spool_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packs_come_out_in_the_order_of_their_arrival_also_from_disk),
		TEST(many_packs_wait_in_order),
		TEST(packs_of_before_a_renew_open_and_new_ones_go_under_the_present_z),
		TEST(files_are_their_owners_alone_and_show_nothing),
		TEST(the_oldest_is_noted_with_its_number_before_it_goes),
		TEST(over_its_size_nothing_more_is_taken),
		TEST(what_does_not_open_is_moved_aside_and_its_number_stays_taken),
		TEST(another_keyrings_packs_do_not_open),
		TEST(other_files_of_the_folder_are_left_alone),
		TEST(what_was_half_written_when_one_was_killed_is_removed),
		TEST(the_other_node_that_a_pack_went_to_is_kept_with_it),
	};

	nos_jose_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
