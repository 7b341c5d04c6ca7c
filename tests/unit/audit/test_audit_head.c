/* SPDX-License-Identifier: MIT */
/* The signed head of the audit stream. */
#include "../registry/chain.h"

static void the_head_is_the_newest_entry_signed_by_the_node(void **state)
{
	struct nos_audit_head head;
	struct nos_audit_verdict v;
	struct nos_buf text, expected;

	(void)state;
	some(3);
	head = sign(true);
	assert_int_equal(verify(&v), NOS_OK);
	assert_true(head.n == 3 && head.time.ms == NOW.ms && v.signed_time.ms == NOW.ms);
	assert_memory_equal(head.hash, v.hash, NOS_HASH_LEN);
	nos_buf_init(&text, 4096);
	nos_buf_add_text(&text, "nos/1 audit\x05\x03");
	nos_buf_add(&text, head.hash, sizeof(head.hash));
	assert_int_equal(
	    nos_sign_verify(self.sign_public, nos_buf_span(&text), head.signature, &err), NOS_OK);
	nos_buf_truncate(&text, 0);
	nos_audit_head_encode(&text, NODE, &head);
	nos_buf_init(&expected, 4096);
	nos_buf_add_text(&expected, "{\"node\":5,\"n\":3,\"time\":1547812800.48,\"hash\":\"");
	nos_enc_base64(&expected, head.hash, sizeof(head.hash));
	nos_buf_add_text(&expected, "\",\"signature\":\"");
	nos_enc_base64(&expected, head.signature, sizeof(head.signature));
	nos_buf_add_text(&expected, "\"}");
	assert_buf(&text, expected.p);
	nos_buf_release(&text);
	nos_buf_release(&expected);
}

static void what_is_signed_already_is_not_signed_again(void **state)
{
	struct nos_audit_head first, again;

	(void)state;
	some(3);
	first = sign(true);
	again = sign(false);
	assert_memory_equal(&first, &again, sizeof(first));
	some(1);
	assert_whole(4, 3);
	assert_true(sign(true).n == 4);
	assert_whole(4, 4);
}

static void an_end_that_was_cut_is_found_by_the_head_and_not_signed_over(void **state)
{
	struct nos_audit_head head;
	bool signed_now;

	(void)state;
	some(5);
	sign(true);
	by_hand("delete from stream_audit where position > 3;"
		"update sqlite_sequence set seq = 3 where name = 'stream_audit'");
	assert_broken("entry 4: is gone, and the signed head is of entry 5");
	assert_int_equal(nos_audit_sign(a, &self, NOW, &head, &signed_now, &err), NOS_DATA);
	assert_string_equal(err.text, "entry 5: is gone, and was signed");
	nos_err_clear(&err);
	/* Tools that know nothing of it write on: the head still tells. */
	some(1);
	by_hand("update stream_audit set entry = cast(replace(entry, 'active', 'other') as blob)"
		" where position = 4");
	some(3);
	assert_broken("entry 5: is another than the one that was signed");
	assert_int_equal(nos_audit_sign(a, &self, NOW, &head, &signed_now, &err), NOS_DATA);
	assert_false(signed_now);
	nos_err_clear(&err);
	by_hand("delete from stream_audit;"
		"update sqlite_sequence set seq = 0 where name = 'stream_audit'");
	assert_broken("entry 1: is gone, and the signed head is of entry 5");
}

static void a_chain_that_is_broken_behind_the_head_is_not_signed(void **state)
{
	struct nos_audit_head head;
	bool signed_now;

	(void)state;
	some(3);
	sign(true);
	some(4);
	by_hand("delete from stream_audit where position = 5");
	assert_int_equal(nos_audit_sign(a, &self, NOW, &head, &signed_now, &err), NOS_DATA);
	assert_string_equal(err.text, "entry 5: the one in its place has the number 6");
	assert_false(signed_now);
	assert_broken("entry 5: the one in its place has the number 6");
}

static void positions_may_have_gaps(void **state)
{
	(void)state;
	some(4);
	sign(true);
	some(3);
	by_hand("update stream_audit set position = position * 10 + 100;"
		"update sqlite_sequence set seq = 170 where name = 'stream_audit'");
	assert_true(sign(true).n == 7);
	some(1);
	assert_whole(8, 7);
}

static void a_head_of_another_node_or_another_key_is_none(void **state)
{
	struct nos_audit_verdict v;
	uint8_t keys[2][NOS_SIGN_PUBLIC_LEN] = { { 9 } };

	(void)state;
	some(3);
	sign(true);
	memcpy(keys[1], self.sign_public, NOS_SIGN_PUBLIC_LEN);
	assert_int_equal(
	    nos_audit_verify(a, NODE, (const uint8_t(*)[NOS_SIGN_PUBLIC_LEN])keys, 2, &v, &err),
	    NOS_OK);
	assert_int_equal(
	    nos_audit_verify(a, NODE, (const uint8_t(*)[NOS_SIGN_PUBLIC_LEN])keys, 1, &v, &err),
	    NOS_DATA);
	nos_err_clear(&err);
	assert_int_equal(nos_audit_verify(a, 6, &self.sign_public, 1, &v, &err), NOS_DATA);
	assert_string_equal(err.text, "the signed head: its signature is none of this node's");
	nos_err_clear(&err);
	assert_int_equal(nos_audit_verify(a, 6, NULL, 0, &v, &err), NOS_OK);
	assert_true(v.has_head && !v.is_signed);
	/* A node that has a new key signs what the old one had signed. */
	self.sign.bytes[0] ^= 1;
	assert_int_equal(nos_sign_public(&self.sign, self.sign_public, &err), NOS_OK);
	sign(true);
	assert_whole(3, 3);
}

static void a_head_that_means_nothing_is_said_and_not_put_right(void **state)
{
	struct nos_audit_head head;
	bool signed_now;

	(void)state;
	some(1);
	sign(true);
	by_hand("update state set value = '{' where ns = 'node' and key = 'audit'");
	assert_broken("audit head: JSON is cut off");
	assert_int_equal(nos_audit_sign(a, &self, NOW, &head, &signed_now, &err), NOS_DATA);
	by_hand("update state set value = '{\"v\":1,\"n\":1}' where ns = 'node' and key = 'audit'");
	assert_broken("audit head: time is missing or not a time");
	by_hand("update state set value = '{\"v\":2}' where ns = 'node' and key = 'audit'");
	assert_int_equal(nos_audit_sign(a, &self, NOW, &head, &signed_now, &err), NOS_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN_TEST(the_head_is_the_newest_entry_signed_by_the_node),
		CHAIN_TEST(what_is_signed_already_is_not_signed_again),
		CHAIN_TEST(an_end_that_was_cut_is_found_by_the_head_and_not_signed_over),
		CHAIN_TEST(a_chain_that_is_broken_behind_the_head_is_not_signed),
		CHAIN_TEST(positions_may_have_gaps),
		CHAIN_TEST(a_head_of_another_node_or_another_key_is_none),
		CHAIN_TEST(a_head_that_means_nothing_is_said_and_not_put_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
