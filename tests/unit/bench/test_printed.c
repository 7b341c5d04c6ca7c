/* SPDX-License-Identifier: MIT */
/* The paper's schemes as it prints them, and their faults. The tool is no library, so the file
 * itself is compiled here. */
#include "../../../cmd/nos-bench/printed.c"

#include "../test.h"

static const uint8_t a[PRINTED_KEY] = { 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8 };
static const uint8_t b[PRINTED_KEY] = { 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8 };
static const uint8_t c[PRINTED_KEY] = { 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8 };

static struct nos_err err;
static struct printed_count count;
static uint8_t packet[PRINTED_PACKET_MAX];
static size_t len;

static int fresh(void **state)
{
	(void)state;
	nos_err_clear(&err);
	count = (struct printed_count){ 0 };
	return 0;
}

static struct printed_key key(
    unsigned node, uint8_t incr, size_t node_len, const uint8_t value[static PRINTED_KEY])
{
	struct printed_count unused = { 0 };
	struct printed_key k;

	printed_dini_name(node, incr, node_len, &k.name, &unused);
	memcpy(k.value, value, PRINTED_KEY);
	return k;
}

/* ---- the cipher ---- */

static void a_block_is_that_of_des(void **state)
{
	static const uint8_t k[] = { 0x13, 0x34, 0x57, 0x79, 0x9b, 0xbc, 0xdf, 0xf1 };
	static const uint8_t text[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
	static const uint8_t sealed[] = { 0x85, 0xe8, 0x13, 0x54, 0x0f, 0x0a, 0xb4, 0x05 };
	uint8_t out[PRINTED_KEY];

	(void)state;
	assert_int_equal(printed_encrypt(k, text, sizeof(text), out, &count, &err), NOS_OK);
	assert_memory_equal(out, sealed, sizeof(sealed));
	assert_int_equal(printed_decrypt(k, sealed, sizeof(sealed), out, &count, &err), NOS_OK);
	assert_memory_equal(out, text, sizeof(text));
	assert_true(count.encryptions == 1 && count.decryptions == 1);
}

/* ---- Dini et al. ---- */

static void a_name_has_two_bytes_in_one_scenario_and_three_in_the_other(void **state)
{
	struct printed_name n;

	(void)state;
	printed_dini_name(1, 7, 1, &n, &count);
	assert_int_equal(n.len, 2);
	assert_memory_equal(n.bytes, "\x01\x07", 2);
	assert_int_equal(count.concatenations, 2);
	printed_dini_name(1, 7, 2, &n, &count);
	assert_int_equal(n.len, 3);
	assert_memory_equal(n.bytes, "\x00\x01\x07", 3);
}

static void an_install_is_a_name_and_the_value_under_the_global_key(void **state)
{
	const struct printed_key global = key(0, 3, 1, a);
	struct printed_key got;
	uint8_t sealed[PRINTED_KEY];

	(void)state;
	for (size_t width = 1; width <= 2; width++) {
		const struct printed_key local = key(1, 7, width, b);

		assert_int_equal(
		    printed_dini_install(&global, &local, packet, &len, &count, &err), NOS_OK);
		assert_int_equal(len, 9 + width);
		assert_memory_equal(packet, local.name.bytes, local.name.len);
		assert_int_equal(printed_encrypt(a, b, PRINTED_KEY, sealed, &count, &err), NOS_OK);
		assert_memory_equal(packet + local.name.len, sealed, PRINTED_KEY);
		assert_int_equal(
		    printed_dini_take(&global, packet, len, width + 1, &got, &count, &err), NOS_OK);
		assert_memory_equal(got.value, b, PRINTED_KEY);
		assert_memory_equal(got.name.bytes, local.name.bytes, local.name.len);
	}
}

static void a_replacement_is_a_name_and_two_blocks_of_new_and_old(void **state)
{
	struct printed_key got;
	uint8_t both[2 * PRINTED_KEY];

	(void)state;
	for (size_t width = 1; width <= 2; width++) {
		const struct printed_key old = key(1, 7, width, b), new = key(1, 8, width, c);

		count = (struct printed_count){ 0 };
		assert_int_equal(
		    printed_dini_replace(&old, &new, packet, &len, &count, &err), NOS_OK);
		assert_int_equal(len, 17 + width);
		assert_int_equal(
		    printed_dini_take(&old, packet, len, width + 1, &got, &count, &err), NOS_OK);
		assert_memory_equal(got.value, c, PRINTED_KEY);
		assert_true(count.encryptions == 2 && count.decryptions == 2);
		assert_int_equal(
		    printed_decrypt(b, packet + width + 1, sizeof(both), both, &count, &err),
		    NOS_OK);
		assert_memory_equal(both + PRINTED_KEY, b, PRINTED_KEY);
	}
}

static void what_was_bent_becomes_a_key_all_the_same(void **state)
{
	const struct printed_key global = key(0, 3, 1, a), local = key(1, 7, 1, b);
	struct printed_key got;

	(void)state;
	assert_int_equal(printed_dini_install(&global, &local, packet, &len, &count, &err), NOS_OK);
	packet[len - 1] ^= 1;
	assert_int_equal(printed_dini_take(&global, packet, len, 2, &got, &count, &err), NOS_OK);
	assert_memory_not_equal(got.value, b, PRINTED_KEY);
}

static void a_packet_of_another_length_is_none(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 9, 11, 17 };
	const struct printed_key global = key(0, 3, 1, a);
	struct printed_key got;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		nos_err_clear(&err);
		assert_int_equal(
		    printed_dini_take(&global, packet, lengths[i], 2, &got, &count, &err),
		    NOS_DATA);
	}
}

static void a_number_of_one_byte_comes_again_after_256_names(void **state)
{
	struct printed_name first, last;

	(void)state;
	printed_dini_name(1, 7, 1, &first, &count);
	printed_dini_name(1, (uint8_t)(7 + 256), 1, &last, &count);
	assert_memory_equal(first.bytes, last.bytes, first.len);
}

/* ---- Di Pietro et al. ---- */

static void literally_all_sessions_have_one_key(void **state)
{
	struct printed_session s;
	uint8_t first[PRINTED_KEY];

	(void)state;
	assert_int_equal(printed_session_begin(&s, PRINTED_LITERAL, a, b, &count, &err), NOS_OK);
	memcpy(first, s.k, sizeof(first));
	for (unsigned i = 1; i < 5; i++) {
		assert_int_equal(printed_session_update(&s, &count, &err), NOS_OK);
		assert_int_equal(s.session, i);
		assert_memory_equal(s.k, first, sizeof(first));
	}
}

static void seeds_that_evolve_give_each_session_a_key_and_keep_the_one_before(void **state)
{
	struct printed_session s;
	uint8_t before[PRINTED_KEY];

	(void)state;
	assert_int_equal(printed_session_begin(&s, PRINTED_EVOLVING, a, b, &count, &err), NOS_OK);
	for (unsigned i = 0; i < 5; i++) {
		memcpy(before, s.k, sizeof(before));
		count = (struct printed_count){ 0 };
		assert_int_equal(printed_session_update(&s, &count, &err), NOS_OK);
		assert_memory_not_equal(s.k, before, sizeof(before));
		assert_memory_equal(s.k_old, before, sizeof(before));
		assert_true(count.hashes == 2 && count.xors == 1 && count.keys == 1);
	}
}

static void a_member_follows_an_order_by_one_decryption_two_hashes_and_an_xor(void **state)
{
	struct printed_session node, member;
	struct printed_msg m;
	uint8_t text[PRINTED_KEY];

	(void)state;
	assert_int_equal(
	    printed_session_begin(&node, PRINTED_EVOLVING, a, b, &count, &err), NOS_OK);
	member = node;
	assert_int_equal(
	    printed_session_say(&node, PRINTED_MSG_UPDATE, c, &m, &count, &err), NOS_OK);
	assert_int_equal(printed_session_update(&node, &count, &err), NOS_OK);
	count = (struct printed_count){ 0 };
	assert_int_equal(printed_session_hear(&member, &m, text, &count, &err), NOS_OK);
	assert_memory_equal(text, c, sizeof(text));
	assert_memory_equal(member.k, node.k, sizeof(node.k));
	assert_true(count.decryptions == 1 && count.hashes == 2 && count.xors == 1);
	/* Data of the session before is still read, under the old key. */
	m.type = PRINTED_MSG_DATA;
	assert_int_equal(printed_session_hear(&member, &m, text, &count, &err), NOS_OK);
	assert_memory_equal(text, c, sizeof(text));
	assert_int_equal(member.session, 1);
}

static void a_replay_and_a_forgery_leave_a_member_ahead(void **state)
{
	struct printed_session node, member;
	struct printed_msg m, forged = { .type = PRINTED_MSG_UPDATE, .session = 99 };
	uint8_t text[PRINTED_KEY];

	(void)state;
	assert_int_equal(
	    printed_session_begin(&node, PRINTED_EVOLVING, a, b, &count, &err), NOS_OK);
	member = node;
	assert_int_equal(
	    printed_session_say(&node, PRINTED_MSG_UPDATE, c, &m, &count, &err), NOS_OK);
	assert_int_equal(printed_session_update(&node, &count, &err), NOS_OK);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(printed_session_hear(&member, &m, text, &count, &err), NOS_OK);
	assert_memory_not_equal(member.k, node.k, sizeof(node.k));
	assert_int_equal(printed_session_hear(&member, &forged, text, &count, &err), NOS_OK);
	assert_int_equal(member.session, node.session + 2);
}

static void a_source_keeps_32_bytes_and_a_counter(void **state)
{
	const struct printed_session s = { 0 };

	(void)state;
	assert_int_equal(PRINTED_SESSION_STORAGE, 32);
	assert_int_equal(
	    sizeof(s.s1) + sizeof(s.s2) + sizeof(s.k) + sizeof(s.k_old), PRINTED_SESSION_STORAGE);
	assert_int_equal(PRINTED_MSG_LEN, 10);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
	const struct CMUnitTest tests[] = {
		TEST(a_block_is_that_of_des),
		TEST(a_name_has_two_bytes_in_one_scenario_and_three_in_the_other),
		TEST(an_install_is_a_name_and_the_value_under_the_global_key),
		TEST(a_replacement_is_a_name_and_two_blocks_of_new_and_old),
		TEST(what_was_bent_becomes_a_key_all_the_same),
		TEST(a_packet_of_another_length_is_none),
		TEST(a_number_of_one_byte_comes_again_after_256_names),
		TEST(literally_all_sessions_have_one_key),
		TEST(seeds_that_evolve_give_each_session_a_key_and_keep_the_one_before),
		TEST(a_member_follows_an_order_by_one_decryption_two_hashes_and_an_xor),
		TEST(a_replay_and_a_forgery_leave_a_member_ahead),
		TEST(a_source_keeps_32_bytes_and_a_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
