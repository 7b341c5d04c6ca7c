/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "crypto/jose.h"
#include "envelope/document.h"
#include "key/derive.h"
#include "scheme/offer.h"
#include "source/admission.h"

#define DESCRIPTION "{\"name\":\"camp\",\"mode\":\"poll\",\"types\":[\"a\",\"b\"]}"

static struct nos_err err;

/* A registration of which both sides are here; a test bends what it likes before m2 is sealed. */
struct stage {
	struct nos_secret node_private, once_private, t;
	struct nos_ecdh_point node, once;
	struct nos_enrolment e;
	struct nos_pending p;
	struct nos_grant_answer m2;
	struct nos_keyring k;
};

static void stage_begin(struct stage *s)
{
	struct nos_span m1;

	*s = (struct stage){ 0 };
	nos_err_clear(&err);
	s->e = (struct nos_enrolment){
		.id = "t-5c01d2aa90", .node = 1, .scheme = "pairwise", .kind = "k"
	};
	memset(s->e.token.bytes, 7, s->e.token.len = 16);
	nos_pending_init(&s->p);
	nos_buf_add_text(&s->p.description, DESCRIPTION);
	assert_int_equal(nos_ecdh_generate(&s->node_private, &s->node, &err), NOS_OK);
	assert_int_equal(nos_ecdh_generate(&s->once_private, &s->once, &err), NOS_OK);
	assert_int_equal(nos_pending_make(&s->p, &s->e, &s->node, &err), NOS_OK);
	assert_int_equal(nos_derive_token(nos_secret_span(&s->e.token), &s->t, &err), NOS_OK);
	m1 = nos_buf_span(&s->p.m1);
	s->m2 = (struct nos_grant_answer){ .source = NOS_STR("s-7f3a09c2e1"),
		.node = 1,
		.once = s->once,
		.next = 3,
		.grants = NOS_STR("[]") };
	memcpy(s->m2.nonce, s->p.nonce, sizeof(s->m2.nonce));
	assert_int_equal(nos_hash_sha256(&m1, 1, s->m2.m1, &err), NOS_OK);
}

/* What the source makes of the m2 that the node seals now. */
static enum nos_code stage_end(struct stage *s)
{
	struct nos_ecdh_point source;
	struct nos_secret a = { 0 }, b = { 0 }, r = { 0 };
	struct nos_buf plain, jwe;
	enum nos_code code;

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	nos_buf_init(&jwe, NOS_ADMISSION_TEXT_MAX);
	assert_int_equal(nos_ecdh_public(&s->p.once, &source, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&s->once_private, &source, &a, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&s->node_private, &source, &b, &err), NOS_OK);
	assert_int_equal(nos_derive_root(&s->t, &a, &b, &r, &err), NOS_OK);
	assert_int_equal(nos_grant_answer_seal(&r, &s->m2, &plain, &err), NOS_OK);
	assert_int_equal(nos_jose_seal_to(&source, nos_buf_span(&plain), &jwe, &err), NOS_OK);
	code = nos_admission_take(&s->p, &s->e, &s->node, nos_buf_str(&jwe), &s->k, &err);
	nos_buf_release(&plain);
	nos_buf_release(&jwe);
	nos_pending_release(&s->p);
	return code;
}

static void the_keyring_of_a_member_names_its_group(void **state)
{
	struct stage s;

	(void)state;
	stage_begin(&s);
	snprintf(s.e.group, sizeof(s.e.group), "roof");
	s.e.shared = true;
	if (stage_end(&s))
		fail_msg("%s", err.text);
	assert_string_equal(s.k.group_name, "roof");
	assert_true(s.k.shared);
	nos_keyring_release(&s.k);
}

static void a_true_answer_fills_the_keyring(void **state)
{
	struct stage s;

	(void)state;
	stage_begin(&s);
	if (stage_end(&s))
		fail_msg("%s", err.text);
	assert_string_equal(s.k.source, "s-7f3a09c2e1");
	assert_string_equal(s.k.name, "camp");
	assert_string_equal(s.k.mode, "poll");
	assert_int_equal(s.k.type_count, 2);
	assert_string_equal(s.k.types[1], "b");
	assert_string_equal(s.k.kind, "k");
	assert_int_equal(s.k.next, 3);
	assert_int_equal(s.k.key_count, 1);
	assert_int_equal(s.k.z_key.len, 32);
	nos_keyring_release(&s.k);
}

/* The grant of a registration in place of an older one, as a JSON array: z 3, its next number, and
 * the name p.7 of its key. The chain begins at down's. */
static struct nos_buf grant_of(struct stage *s, uint64_t node)
{
	const struct nos_issuer w = {
		.node = node, .source = s->m2.source, .life = 1, .scheme = &nos_pairwise_scheme
	};
	const struct nos_offer_state what = { .z = 3, .next = 77, .v = 7 };
	struct nos_span m1 = nos_buf_span(&s->p.m1);
	uint8_t hash[NOS_HASH_LEN];
	struct nos_secret a = { 0 }, b = { 0 }, r = { 0 };
	struct nos_derive_base base = { 0 };
	const struct nos_derive_registration reg = { { hash, sizeof(hash) },
		{ s->once.bytes, sizeof(s->once.bytes) }, s->m2.node, s->m2.source };
	struct nos_ecdh_point source;
	struct nos_chain down = { 0 };
	struct nos_buf message, text;

	nos_buf_init(&message, 256);
	nos_buf_init(&text, 1024);
	assert_int_equal(nos_hash_sha256(&m1, 1, hash, &err), NOS_OK);
	assert_int_equal(nos_ecdh_public(&s->p.once, &source, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&s->once_private, &source, &a, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&s->node_private, &source, &b, &err), NOS_OK);
	assert_int_equal(nos_derive_root(&s->t, &a, &b, &r, &err), NOS_OK);
	assert_int_equal(nos_derive_base_from(&r, &reg, &base, &err), NOS_OK);
	down.key = base.down;
	assert_int_equal(nos_offer_state(&down, &w, &what, &message, &err), NOS_OK);
	nos_buf_add_text(&text, "[\"");
	nos_enc_base64(&text, message.p, message.len);
	nos_buf_add_text(&text, "\"]");
	nos_buf_release(&message);
	return text;
}

static void who_registers_in_place_of_an_older_source_is_told_z_next_and_its_keys_name(void **state)
{
	struct nos_buf grants;
	struct stage s;

	(void)state;
	stage_begin(&s);
	grants = grant_of(&s, 1);
	s.m2.grants = nos_buf_str(&grants);
	if (stage_end(&s))
		fail_msg("%s", err.text);
	assert_int_equal(s.k.z, 3);
	assert_int_equal(s.k.next, 77);
	assert_int_equal(s.k.key_count, 1);
	assert_int_equal(s.k.keys[0].name.parts[0], 7);
	assert_int_equal(s.k.keys[0].state, NOS_STATE_ACTIVE);
	assert_int_equal(s.k.keys[0].value.len, 32);
	assert_int_equal(s.k.down.ctr, 1);
	nos_keyring_release(&s.k);
	nos_buf_release(&grants);
	/* m2's own number where that is higher. */
	stage_begin(&s);
	grants = grant_of(&s, 1);
	s.m2.grants = nos_buf_str(&grants);
	s.m2.next = 99;
	assert_int_equal(stage_end(&s), NOS_OK);
	assert_int_equal(s.k.next, 99);
	nos_keyring_release(&s.k);
	nos_buf_release(&grants);
}

static void grants_that_are_not_good_make_the_answer_bad(void **state)
{
	static const char *const bad[] = { "[1]", "[\"A\"]", "[\"AQID\"]", "[[]]" };
	struct nos_buf grants;
	struct stage s;

	(void)state;
	stage_begin(&s);
	grants = grant_of(&s, 2); /* another node's */
	s.m2.grants = nos_buf_str(&grants);
	assert_int_equal(stage_end(&s), NOS_TAG);
	nos_buf_release(&grants);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		stage_begin(&s);
		s.m2.grants = nos_str_of(bad[i]);
		assert_int_equal(stage_end(&s), NOS_TAG);
	}
}

static void an_answer_of_who_lacks_the_nodes_key_or_the_token_is_refused(void **state)
{
	struct stage s;
	struct nos_ecdh_point other;

	(void)state;
	stage_begin(&s);
	assert_int_equal(nos_ecdh_generate(&s.node_private, &other, &err), NOS_OK);
	assert_int_equal(stage_end(&s), NOS_TAG);
	assert_int_equal(s.k.z_key.len, 0);
	stage_begin(&s);
	s.t.bytes[0] ^= 1;
	assert_int_equal(stage_end(&s), NOS_TAG);
}

static void an_answer_to_another_registration_is_refused(void **state)
{
	struct stage s;

	(void)state;
	stage_begin(&s);
	s.m2.nonce[0] ^= 1;
	assert_int_equal(stage_end(&s), NOS_TAG);
	stage_begin(&s);
	s.m2.m1[0] ^= 1;
	assert_int_equal(stage_end(&s), NOS_TAG);
}

static void a_point_of_the_nodes_own_or_off_the_curve_is_refused(void **state)
{
	struct stage s;

	(void)state;
	stage_begin(&s);
	s.m2.once = s.node;
	s.once_private = s.node_private;
	assert_int_equal(stage_end(&s), NOS_TAG);
	stage_begin(&s);
	memset(s.m2.once.bytes + 1, 0xff, sizeof(s.m2.once.bytes) - 1);
	assert_int_equal(stage_end(&s), NOS_TAG);
}

static void what_the_node_may_not_say_is_told_apart(void **state)
{
	struct stage s;

	(void)state;
	stage_begin(&s);
	s.m2.node = 2;
	assert_int_equal(stage_end(&s), NOS_DENIED);
	stage_begin(&s);
	s.m2.source = NOS_STR("../x");
	assert_int_equal(stage_end(&s), NOS_INTERNAL);
}

static void the_nodes_key_is_found_by_its_pin_alone(void **state)
{
	struct nos_secret private;
	struct nos_ecdh_point node, found;
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN], pin[NOS_HASH_LEN];
	struct nos_buf b;

	(void)state;
	assert_int_equal(nos_ecdh_generate(&private, &node, &err), NOS_OK);
	assert_int_equal(nos_ecdh_to_xy(&node, x, y, &err), NOS_OK);
	assert_int_equal(nos_jose_thumbprint(&node, pin, &err), NOS_OK);
	nos_buf_init(&b, 4096);
	nos_buf_add_text(&b,
	    "{\"keys\":[1,{\"crv\":\"Ed25519\"},{\"crv\":\"P-256\",\"x\":\"AA\"},{\"crv\":\"P-256\",\"x\":\"");
	nos_enc_base64(&b, x, sizeof(x));
	nos_buf_add_text(&b, "\",\"y\":\"");
	nos_enc_base64(&b, y, sizeof(y));
	nos_buf_add_text(&b, "\"}]}");
	assert_true(nos_document_key(nos_buf_str(&b), pin, &found));
	assert_memory_equal(found.bytes, node.bytes, sizeof(node.bytes));
	pin[31] ^= 1;
	assert_false(nos_document_key(nos_buf_str(&b), pin, &found));
	assert_false(nos_document_key(NOS_STR("<html>"), pin, &found));
	assert_false(nos_document_key(NOS_STR("{\"keys\":1}"), pin, &found));
	nos_buf_release(&b);
}

static void a_registration_under_way_is_written_as_it_was_read(void **state)
{
	struct stage s;
	struct nos_pending again;
	struct nos_buf text;

	(void)state;
	stage_begin(&s);
	nos_buf_init_secret(&text, NOS_PENDING_TEXT_MAX);
	nos_pending_encode(&text, &s.p);
	nos_pending_init(&again);
	assert_int_equal(nos_pending_decode(nos_buf_str(&text), &again, &err), NOS_OK);
	assert_string_equal(again.id, "t-5c01d2aa90");
	assert_true(nos_secret_eq(&again.once, &s.p.once));
	assert_memory_equal(again.nonce, s.p.nonce, sizeof(again.nonce));
	assert_buf(&again.m1, s.p.m1.p);
	assert_buf(&again.description, DESCRIPTION);
	nos_pending_release(&again);
	nos_pending_init(&again);
	assert_int_equal(nos_pending_decode(NOS_STR("{\"v\":2}"), &again, &err), NOS_CONFIG);
	nos_err_clear(&err);
	assert_int_equal(nos_pending_decode(NOS_STR("{\"v\":1}"), &again, &err), NOS_DATA);
	nos_pending_release(&again);
	nos_pending_release(&s.p);
	nos_buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_true_answer_fills_the_keyring),
		cmocka_unit_test(the_keyring_of_a_member_names_its_group),
		cmocka_unit_test(
		    who_registers_in_place_of_an_older_source_is_told_z_next_and_its_keys_name),
		cmocka_unit_test(grants_that_are_not_good_make_the_answer_bad),
		cmocka_unit_test(an_answer_of_who_lacks_the_nodes_key_or_the_token_is_refused),
		cmocka_unit_test(an_answer_to_another_registration_is_refused),
		cmocka_unit_test(a_point_of_the_nodes_own_or_off_the_curve_is_refused),
		cmocka_unit_test(what_the_node_may_not_say_is_told_apart),
		cmocka_unit_test(the_nodes_key_is_found_by_its_pin_alone),
		cmocka_unit_test(a_registration_under_way_is_written_as_it_was_read),
	};

	nos_jose_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
