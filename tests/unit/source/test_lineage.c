/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "crypto/jose.h"
#include "crypto/random.h"
#include "envelope/document.h"
#include "lifecycle/enrol.h"
#include "self/self_document.h"
#include "lifecycle/token.h"
#include "source/admission.h"
#include "source/lineage.h"

#define NODE	     5
#define SETS	     (NOS_LINEAGE_MAX + 1)
#define DOCUMENT_MAX 65536
#define NOW	     ((struct nos_time){ 1547812800000 })

/* A node's sets of keys, oldest first, each signed by the one before it. */
struct set {
	struct nos_secret sign;
	struct nos_ecdh_point point;
	uint8_t pin[NOS_HASH_LEN], sign_public[NOS_SIGN_PUBLIC_LEN];
	char keys[512];
	uint8_t signature[NOS_SIGN_LEN]; /* of the set behind it */
};
static struct set sets[SETS];

static void sign_text(const struct set *by, const char *label, const char *keys, uint8_t *ret)
{
	struct nos_buf text;

	nos_buf_init(&text, 1000);
	nos_buf_add_text(&text, label);
	nos_buf_add_text(&text, keys);
	assert_int_equal(nos_sign_make(&by->sign, nos_buf_span(&text), ret, &err), NOS_OK);
	nos_buf_release(&text);
}

/* blank stands between the parts, more behind the last key: both are of the bytes that are signed.
 */
static void make_set(struct set *s, const char *blank, const char *more)
{
	struct nos_secret private = { 0 };
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];
	struct nos_buf b;

	nos_buf_init(&b, sizeof(s->keys) - 1);
	assert_int_equal(nos_ecdh_generate(&private, &s->point, &err), NOS_OK);
	assert_int_equal(nos_random_secret(&s->sign, NOS_SIGN_PRIVATE_LEN, &err), NOS_OK);
	assert_int_equal(nos_sign_public(&s->sign, s->sign_public, &err), NOS_OK);
	assert_int_equal(nos_jose_thumbprint(&s->point, s->pin, &err), NOS_OK);
	assert_int_equal(nos_ecdh_to_xy(&s->point, x, y, &err), NOS_OK);
	nos_buf_addf(&b, "[%s{\"kty\":\"EC\",\"crv\":\"P-256\",%s\"x\":\"", blank, blank);
	nos_enc_base64(&b, x, sizeof(x));
	nos_buf_add_text(&b, "\",\"y\":\"");
	nos_enc_base64(&b, y, sizeof(y));
	nos_buf_addf(&b, "\"},%s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"", blank);
	nos_enc_base64(&b, s->sign_public, sizeof(s->sign_public));
	nos_buf_addf(&b, "\"}%s]", more);
	assert_int_equal(b.fail, NOS_OK);
	memcpy(s->keys, b.p, b.len + 1);
	nos_buf_release(&b);
	nos_secret_release(&private);
}

static int make_all(void **state)
{
	(void)state;
	nos_err_clear(&err);
	for (int i = 0; i < SETS; i++)
		make_set(&sets[i], "", "");
	for (int i = 0; i + 1 < SETS; i++)
		sign_text(&sets[i], "nos/1 node", sets[i + 1].keys, sets[i].signature);
	return 0;
}

/* A document of the sets with these numbers: the present one, and those before it as they are
 * given. */
static void show(struct nos_buf *b, uint64_t node, const int *numbers, size_t count)
{
	nos_buf_init(b, DOCUMENT_MAX);
	nos_buf_addf(b, "{\"v\":1,\"node\":%d,\"keys\":%s", (int)node, sets[numbers[0]].keys);
	nos_buf_add_text(b, ",\"schemes\":[\"pairwise\"],\"register\":\"token\"");
	for (size_t i = 1; i < count; i++) {
		nos_buf_addf(b, "%s{\"keys\":%s,\"signature\":\"", i == 1 ? ",\"previous\":[" : ",",
		    sets[numbers[i]].keys);
		nos_enc_base64(b, sets[numbers[i]].signature, NOS_SIGN_LEN);
		nos_buf_add_text(b, "\"}");
	}
	nos_buf_add_text(b, count > 1 ? "]}\n" : "}\n");
	assert_int_equal(b->fail, NOS_OK);
}

#define SHOW(b, ...)                                \
	show(b, NODE, (const int[]){ __VA_ARGS__ }, \
	    sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static enum nos_code follow(const struct nos_buf *document, int from, struct nos_lineage *ret)
{
	nos_err_clear(&err);
	return nos_lineage_follow(
	    nos_buf_str(document), sets[from].pin, sets[from].sign_public, NODE, ret, &err);
}

static void assert_follows(const struct nos_buf *document, int from, int to)
{
	struct nos_lineage found;

	if (follow(document, from, &found))
		fail_msg("from %d to %d: %s", from, to, err.text);
	assert_memory_equal(found.point.bytes, sets[to].point.bytes, NOS_ECDH_POINT_LEN);
	assert_memory_equal(found.pin, sets[to].pin, NOS_HASH_LEN);
	assert_memory_equal(found.sign, sets[to].sign_public, NOS_SIGN_PUBLIC_LEN);
	assert_int_equal(found.changed, from != to);
}

static void assert_foreign(const struct nos_buf *document, int from)
{
	struct nos_lineage found, before;

	memset(&found, 7, sizeof(found));
	memset(&before, 7, sizeof(before));
	assert_int_equal(follow(document, from, &found), NOS_TAG);
	assert_string_equal(err.text, "the node's keys do not follow from those that are known");
	assert_memory_equal(&found, &before, sizeof(found));
}

static void of_three_generations_each_leads_to_the_present_one(void **state)
{
	struct nos_buf b;

	(void)state;
	SHOW(&b, 2, 1, 0);
	for (int from = 0; from < 3; from++)
		assert_follows(&b, from, 2);
	nos_buf_release(&b);
	SHOW(&b, 0);
	assert_follows(&b, 0, 0);
	nos_buf_release(&b);
}

static void what_is_signed_is_the_array_byte_for_byte_as_it_was_sent(void **state)
{
	static const char more[] =
	    ",{\"kty\":\"OKP\",\"crv\":\"X448\",\"x\":\"AA\",\"z\":[[\"]\"]]}";
	struct nos_buf b;
	char *at;

	(void)state;
	make_set(&sets[1], " \n\t", more);
	sign_text(&sets[0], "nos/1 node", sets[1].keys, sets[0].signature);
	SHOW(&b, 1, 0);
	assert_follows(&b, 0, 1);
	at = strstr(b.p, " \n\t");
	assert_non_null(at);
	at[0] = '\n'; /* the same keys, other bytes */
	assert_foreign(&b, 0);
	nos_buf_release(&b);
}

static void a_forged_signature_is_refused_wherever_it_stands(void **state)
{
	struct nos_buf b;

	(void)state;
	for (int forged = 0; forged < 3; forged++)
		for (int bit = 0; bit < 8 * NOS_SIGN_LEN; bit += 37) {
			sets[forged].signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
			SHOW(&b, 3, 2, 1, 0);
			/* It counts for those that need it. */
			for (int from = 0; from < 4; from++)
				if (from <= forged)
					assert_foreign(&b, from);
				else
					assert_follows(&b, from, 3);
			nos_buf_release(&b);
			sets[forged].signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
}

static void a_signature_of_something_else_is_refused(void **state)
{
	struct nos_buf b;

	(void)state;
	sign_text(&sets[0], "", sets[1].keys, sets[0].signature);
	SHOW(&b, 1, 0);
	assert_foreign(&b, 0);
	nos_buf_release(&b);
	sign_text(&sets[0], "nos/1 audit", sets[1].keys, sets[0].signature);
	SHOW(&b, 1, 0);
	assert_foreign(&b, 0);
	nos_buf_release(&b);
	sign_text(&sets[1], "nos/1 node", sets[1].keys, sets[0].signature); /* by the new one */
	SHOW(&b, 1, 0);
	assert_foreign(&b, 0);
	nos_buf_release(&b);
}

static void a_swapped_set_is_refused(void **state)
{
	struct nos_buf b;

	(void)state;
	/* 9 is another's, with true signatures about it. */
	SHOW(&b, 9, 1, 0);
	assert_foreign(&b, 0);
	assert_foreign(&b, 1);
	nos_buf_release(&b);
	memcpy(sets[9].signature, sets[1].signature, NOS_SIGN_LEN);
	SHOW(&b, 2, 9, 0);
	assert_foreign(&b, 0);
	assert_foreign(&b, 1);
	nos_buf_release(&b);
	/* One that signs himself the present set, and puts the believed one behind. */
	sign_text(&sets[9], "nos/1 node", sets[2].keys, sets[9].signature);
	SHOW(&b, 2, 9, 1);
	assert_foreign(&b, 1);
	nos_buf_release(&b);
}

static void a_set_left_out_is_refused(void **state)
{
	struct nos_buf b;

	(void)state;
	SHOW(&b, 2, 0);
	assert_foreign(&b, 0);
	assert_foreign(&b, 1);
	nos_buf_release(&b);
	SHOW(&b, 3, 2, 0);
	assert_foreign(&b, 0);
	assert_follows(&b, 2, 3);
	nos_buf_release(&b);
}

static void another_order_is_refused(void **state)
{
	struct nos_buf b;

	(void)state;
	SHOW(&b, 2, 0, 1);
	assert_foreign(&b, 0);
	assert_foreign(&b, 1);
	assert_follows(&b, 2, 2);
	nos_buf_release(&b);
	SHOW(&b, 0, 1, 2);
	assert_foreign(&b, 1);
	assert_foreign(&b, 2);
	nos_buf_release(&b);
}

static void a_key_that_is_in_no_set_is_not_followed(void **state)
{
	struct nos_buf b;

	(void)state;
	SHOW(&b, 2, 1);
	assert_foreign(&b, 0);
	assert_foreign(&b, 3); /* a node that went back */
	nos_buf_release(&b);
}

static void beside_the_believed_signing_key_no_other_p256_key_is_taken(void **state)
{
	struct nos_buf b;
	struct set mixed = sets[0];
	char *mark = strstr(sets[9].keys, "},{"), *own = strstr(sets[0].keys, "},{");

	(void)state;
	assert_true(mark && own);
	snprintf(mixed.keys, sizeof(mixed.keys), "%.*s%s", (int)(mark - sets[9].keys), sets[9].keys,
	    own);
	sets[0] = mixed;
	SHOW(&b, 0);
	assert_foreign(&b, 0);
	nos_buf_release(&b);
	SHOW(&b, 1, 0);
	assert_foreign(&b, 0);
	nos_buf_release(&b);
}

static void the_document_of_another_node_is_refused(void **state)
{
	struct nos_buf b;

	(void)state;
	show(&b, NODE + 1, (const int[]){ 1, 0 }, 2);
	assert_foreign(&b, 0);
	assert_foreign(&b, 1);
	nos_buf_release(&b);
}

static void sixteen_sets_are_followed_and_seventeen_are_no_document(void **state)
{
	int numbers[SETS];
	struct nos_lineage found;
	struct nos_buf b;

	(void)state;
	for (int i = 0; i < SETS; i++)
		numbers[i] = SETS - 1 - i;
	show(&b, NODE, numbers, NOS_LINEAGE_MAX);
	assert_follows(&b, 1, SETS - 1);
	nos_buf_release(&b);
	show(&b, NODE, numbers, SETS);
	assert_int_equal(follow(&b, 1, &found), NOS_DATA);
	assert_string_equal(err.field, "previous");
	nos_buf_release(&b);
}

static void what_is_no_document_is_told_so(void **state)
{
	static const char *const bad[] = { "", "<html>", "[]", "{}", "{\"node\":5}",
		"{\"node\":5,\"keys\":{}}", "{\"node\":5,\"keys\":[]}", "{\"node\":5,\"keys\":[1]}",
		"{\"node\":5,\"keys\":[{}]}", "{\"node\":5,\"keys\":[{\"crv\":\"P-256\"}]}",
		"{\"node\":5,\"keys\":[{\"crv\":\"Ed25519\",\"x\":\"AA\"}]}" };
	static const char *const behind[] = { ",\"previous\":1}", ",\"previous\":[1]}",
		",\"previous\":[{}]}", ",\"previous\":[{\"keys\":[]}]}" };
	struct nos_lineage found;
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, DOCUMENT_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		nos_buf_truncate(&b, 0);
		nos_buf_add_text(&b, bad[i]);
		assert_int_equal(follow(&b, 0, &found), NOS_DATA);
	}
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		nos_buf_truncate(&b, 0);
		nos_buf_addf(&b, "{\"node\":5,\"keys\":%s", sets[0].keys);
		nos_buf_add_text(&b, behind[i]);
		assert_int_equal(follow(&b, 0, &found), NOS_DATA);
	}
	/* Without its signature; two keys of one curve; no key of one. */
	nos_buf_truncate(&b, 0);
	nos_buf_addf(&b, "{\"node\":5,\"keys\":%s,\"previous\":[{\"keys\":%s}]}", sets[1].keys,
	    sets[0].keys);
	assert_int_equal(follow(&b, 0, &found), NOS_DATA);
	assert_string_equal(err.field, "signature");
	nos_buf_truncate(&b, 0);
	nos_buf_addf(&b, "{\"node\":5,\"keys\":[%.*s,%s}", (int)strlen(sets[0].keys) - 2,
	    sets[0].keys + 1, sets[1].keys + 1);
	assert_int_equal(follow(&b, 0, &found), NOS_DATA);
	nos_buf_truncate(&b, 0);
	nos_buf_addf(&b, "{\"node\":5,\"keys\":%.*s}]}",
	    (int)(strstr(sets[0].keys, "},{") - sets[0].keys), sets[0].keys);
	assert_int_equal(follow(&b, 0, &found), NOS_DATA);
	assert_string_equal(err.field, "keys");
	nos_buf_release(&b);
}

/* ---- a node and a source, end to end ---- */

static void renew(void)
{
	assert_int_equal(nos_self_renew(store, &vault, &self, NOW, &err), NOS_OK);
}

static void document_now(struct nos_buf *ret)
{
	nos_buf_init(ret, DOCUMENT_MAX);
	assert_int_equal(nos_self_document(&self, false, ret, &err), NOS_OK);
}

/* An enrolment of now, as the source reads it. */
static struct nos_enrolment enrol(void)
{
	struct nos_token t = {
		.most = 1, .expires = { NOW.ms + 3600000 }, .scheme = "pairwise", .kind = "meter"
	};
	struct nos_enrolment e = { 0 };
	NOS_AUTO(secret) secret = { 0 };
	struct nos_buf line;

	nos_buf_init_secret(&line, 4096);
	assert_int_equal(nos_token_make(store, &vault, &t, &secret, &err), NOS_OK);
	nos_token_line(&line, &t, &secret, NULL, &self, "http://n:1");
	assert_int_equal(nos_enrolment_decode(nos_buf_str(&line), &e, &err), NOS_OK);
	nos_buf_release(&line);
	nos_token_release(&t);
	return e;
}

/* From the enrolment to the keyring by what the node shows and answers now. */
static void admit(const struct nos_enrolment *e, struct nos_keyring *ret)
{
	struct nos_buf document, m2;
	struct nos_ecdh_point node;
	char id[NOS_RECORD_ID_MAX];
	struct nos_pending p;
	bool made;

	node_life();
	document_now(&document);
	nos_buf_init(&m2, NOS_ADMISSION_TEXT_MAX);
	nos_pending_init(&p);
	nos_buf_add_text(&p.description, "{}");
	assert_true(nos_document_key(nos_buf_str(&document), e->pin, &node));
	assert_int_equal(nos_pending_make(&p, e, &node, &err), NOS_OK);
	assert_int_equal(
	    nos_enrol_answer(&changes, &self, nos_buf_str(&p.m1), NOW, &m2, &made, id, &err),
	    NOS_OK);
	assert_true(made);
	if (nos_admission_take(&p, e, &node, nos_buf_str(&m2), ret, &err))
		fail_msg("%s", err.text);
	nos_pending_release(&p);
	nos_buf_release(&document);
	nos_buf_release(&m2);
}

static void a_source_whose_enrolment_pins_an_old_key_registers_and_follows(void **state)
{
	struct nos_enrolment e = enrol();
	struct nos_lineage found;
	struct nos_keyring k;
	struct nos_buf document;

	(void)state;
	renew();
	renew();
	admit(&e, &k);
	assert_memory_equal(k.pin, self.old[1].thumbprint, NOS_HASH_LEN);
	assert_memory_equal(k.sign, self.old[1].sign_public, NOS_SIGN_PUBLIC_LEN);
	renew();
	document_now(&document);
	assert_int_equal(
	    nos_lineage_follow(nos_buf_str(&document), k.pin, k.sign, k.node, &found, &err),
	    NOS_OK);
	assert_true(found.changed);
	assert_memory_equal(found.pin, self.thumbprint, NOS_HASH_LEN);
	assert_memory_equal(found.point.bytes, self.public.bytes, NOS_ECDH_POINT_LEN);
	assert_memory_equal(found.sign, self.sign_public, NOS_SIGN_PUBLIC_LEN);
	/* And from there it stays. */
	assert_int_equal(
	    nos_lineage_follow(nos_buf_str(&document), found.pin, found.sign, k.node, &found, &err),
	    NOS_OK);
	assert_false(found.changed);
	nos_buf_release(&document);
	nos_keyring_release(&k);
	nos_enrolment_release(&e);
}

static void a_source_that_pins_the_present_key_has_nothing_to_follow(void **state)
{
	struct nos_lineage found;
	struct nos_enrolment e;
	struct nos_keyring k;
	struct nos_buf document;

	(void)state;
	renew();
	e = enrol();
	admit(&e, &k);
	document_now(&document);
	assert_int_equal(
	    nos_lineage_follow(nos_buf_str(&document), k.pin, k.sign, k.node, &found, &err),
	    NOS_OK);
	assert_false(found.changed);
	assert_memory_equal(found.pin, k.pin, NOS_HASH_LEN);
	nos_buf_release(&document);
	nos_keyring_release(&k);
	nos_enrolment_release(&e);
}

static void once_a_set_is_retired_who_believes_it_finds_nothing(void **state)
{
	struct nos_enrolment e = enrol();
	struct nos_ecdh_point node;
	struct nos_lineage found;
	struct nos_self before = self;
	struct nos_buf document;

	(void)state;
	renew();
	assert_int_equal(nos_self_retire(store, &vault, &self, 1, &err), NOS_OK);
	document_now(&document);
	assert_false(nos_document_key(nos_buf_str(&document), e.pin, &node));
	assert_int_equal(nos_lineage_follow(nos_buf_str(&document), before.thumbprint,
			     before.sign_public, NODE, &found, &err),
	    NOS_TAG);
	nos_self_release(&before);
	nos_buf_release(&document);
	nos_enrolment_release(&e);
}

#define SETS_TEST(f) cmocka_unit_test_setup(f, make_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SETS_TEST(of_three_generations_each_leads_to_the_present_one),
		SETS_TEST(what_is_signed_is_the_array_byte_for_byte_as_it_was_sent),
		SETS_TEST(a_forged_signature_is_refused_wherever_it_stands),
		SETS_TEST(a_signature_of_something_else_is_refused),
		SETS_TEST(a_swapped_set_is_refused),
		SETS_TEST(a_set_left_out_is_refused),
		SETS_TEST(another_order_is_refused),
		SETS_TEST(a_key_that_is_in_no_set_is_not_followed),
		SETS_TEST(beside_the_believed_signing_key_no_other_p256_key_is_taken),
		SETS_TEST(the_document_of_another_node_is_refused),
		SETS_TEST(sixteen_sets_are_followed_and_seventeen_are_no_document),
		SETS_TEST(what_is_no_document_is_told_so),
		NODE_TEST(a_source_whose_enrolment_pins_an_old_key_registers_and_follows),
		NODE_TEST(a_source_that_pins_the_present_key_has_nothing_to_follow),
		NODE_TEST(once_a_set_is_retired_who_believes_it_finds_nothing),
	};

	nos_jose_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
