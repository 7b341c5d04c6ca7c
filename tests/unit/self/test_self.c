/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "json/decode.h"
#include "self/self_document.h"

#define NOW ((struct nos_time){ 1547812800000 })

/* The secret behind nonces stands behind the two private keys. */
#define PRESENT_LEN (NOS_ECDH_PRIVATE_LEN + NOS_SIGN_PRIVATE_LEN + 32)

static const struct nos_vault_place place = { NOS_SELF_NS, NOS_STR("identity"), "sealed" };

static void renew_at(struct nos_time now)
{
	nos_err_clear(&err);
	if (nos_self_renew(store, &vault, &self, now, &err))
		fail_msg("%s", err.text);
}

static void open_again(struct nos_self *ret)
{
	nos_err_clear(&err);
	if (nos_self_open(store, &vault, ret, &err))
		fail_msg("%s", err.text);
}

static void assert_same(const struct nos_self *a, const struct nos_self *b)
{
	assert_true(a->number == b->number && a->generation == b->generation && a->rev == b->rev);
	assert_true(nos_secret_eq(&a->private, &b->private) && nos_secret_eq(&a->sign, &b->sign) &&
		    nos_secret_eq(&a->nonces, &b->nonces));
	assert_memory_equal(a->public.bytes, b->public.bytes, sizeof(a->public.bytes));
	assert_memory_equal(a->thumbprint, b->thumbprint, sizeof(a->thumbprint));
	assert_memory_equal(a->sign_public, b->sign_public, sizeof(a->sign_public));
	assert_string_equal(a->pin, b->pin);
	assert_int_equal(a->old_count, b->old_count);
	for (size_t i = 0; i < a->old_count; i++) {
		const struct nos_self_old *o = &a->old[i], *p = &b->old[i];

		assert_true(o->generation == p->generation && o->until.ms == p->until.ms);
		assert_true(nos_secret_eq(&o->private, &p->private));
		assert_memory_equal(o->public.bytes, p->public.bytes, sizeof(o->public.bytes));
		assert_memory_equal(o->thumbprint, p->thumbprint, sizeof(o->thumbprint));
		assert_memory_equal(o->sign_public, p->sign_public, sizeof(o->sign_public));
		assert_memory_equal(o->signature, p->signature, sizeof(o->signature));
	}
}

/* The sealed value of the record, and another in its place. */
static void read_plain(struct nos_buf *ret)
{
	struct nos_scan scan = { 0 };
	struct nos_buf text, sealed;
	struct nos_decode d;

	nos_buf_init(&sealed, 4096);
	nos_buf_init_secret(ret, 4096);
	node_get(NOS_SELF_NS, "identity", &text);
	assert_int_equal(nos_decode_object(&scan, nos_buf_str(&text), "t", &d, &err), NOS_OK);
	assert_int_equal(nos_decode_blob(&d, "sealed", &sealed, &err), NOS_OK);
	assert_int_equal(nos_vault_open(&vault, &place, nos_buf_span(&sealed), ret, &err), NOS_OK);
	nos_scan_release(&scan);
	nos_buf_release(&text);
	nos_buf_release(&sealed);
}

static void write_plain(struct nos_span plain)
{
	struct nos_buf text, sealed;

	nos_buf_init(&sealed, 4096);
	nos_buf_init(&text, 4096);
	assert_int_equal(nos_vault_seal(&vault, &place, plain, &sealed, &err), NOS_OK);
	nos_buf_add_text(&text, "{\"v\":1,\"node\":5,\"sealed\":\"");
	nos_enc_base64(&text, sealed.p, sealed.len);
	nos_buf_add_text(&text, "\"}");
	node_put(NOS_SELF_NS, "identity", text.p);
	nos_buf_release(&text);
	nos_buf_release(&sealed);
}

/* As nos-wire(7) writes a set of keys. */
static void add_keys(struct nos_buf *b, const struct nos_ecdh_point *point, const uint8_t *sign)
{
	uint8_t x[NOS_ECDH_COORD_LEN], y[NOS_ECDH_COORD_LEN];

	assert_int_equal(nos_ecdh_to_xy(point, x, y, &err), NOS_OK);
	nos_buf_add_text(b, "[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"");
	nos_enc_base64(b, x, sizeof(x));
	nos_buf_add_text(b, "\",\"y\":\"");
	nos_enc_base64(b, y, sizeof(y));
	nos_buf_add_text(b, "\",\"use\":\"enc\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
	nos_enc_base64(b, sign, NOS_SIGN_PUBLIC_LEN);
	nos_buf_add_text(b, "\",\"use\":\"sig\"}]");
}

static void a_new_set_is_signed_by_the_one_before_it(void **state)
{
	struct nos_self before;
	struct nos_buf text;

	(void)state;
	nos_buf_init(&text, 4096);
	for (uint64_t generation = 2; generation <= 4; generation++) {
		before = self;
		renew_at(NOW);
		assert_true(self.generation == generation && self.number == 5);
		assert_int_equal(self.old_count, generation - 1);
		assert_memory_not_equal(self.thumbprint, before.thumbprint, NOS_HASH_LEN);
		assert_memory_not_equal(self.sign_public, before.sign_public, NOS_SIGN_PUBLIC_LEN);
		assert_true(self.old[0].generation == generation - 1);
		nos_buf_truncate(&text, 0);
		nos_buf_add_text(&text, "nos/1 node");
		add_keys(&text, &self.public, self.sign_public);
		assert_int_equal(nos_sign_verify(before.sign_public, nos_buf_span(&text),
				     self.old[0].signature, &err),
		    NOS_OK);
	}
	nos_self_release(&before);
	nos_buf_release(&text);
}

static void what_was_replaced_is_read_again_as_it_was(void **state)
{
	struct nos_self again;

	(void)state;
	open_again(&again);
	assert_same(&again, &self);
	assert_true(self.generation == 1 && self.old_count == 0);
	for (int i = 0; i < NOS_SELF_OLD_MAX; i++) {
		renew_at((struct nos_time){ NOW.ms + i });
		open_again(&again);
		assert_same(&again, &self);
		assert_true(self.old[0].until.ms == NOW.ms + i);
	}
	nos_self_release(&again);
}

static void a_record_of_one_set_alone_is_generation_1(void **state)
{
	struct nos_self before = self;
	struct nos_buf plain;

	(void)state;
	read_plain(&plain);
	assert_int_equal(plain.len, PRESENT_LEN);
	write_plain(nos_buf_span(&plain));
	open_again(&self);
	before.rev = self.rev;
	assert_same(&self, &before);
	nos_self_release(&before);
	nos_buf_release(&plain);
}

static void of_an_old_set_the_signing_key_is_not_kept_and_the_other_is(void **state)
{
	struct nos_self before = self;
	struct nos_buf text, plain;

	(void)state;
	renew_at(NOW);
	assert_true(nos_secret_eq(&self.old[0].private, &before.private));
	assert_true(nos_secret_eq(&self.nonces, &before.nonces));
	read_plain(&plain);
	assert_non_null(memmem(plain.p, plain.len, before.private.bytes, NOS_ECDH_PRIVATE_LEN));
	assert_null(memmem(plain.p, plain.len, before.sign.bytes, NOS_SIGN_PRIVATE_LEN));
	assert_null(memmem(&self, sizeof(self), before.sign.bytes, NOS_SIGN_PRIVATE_LEN));
	node_get(NOS_SELF_NS, "identity", &text);
	assert_true(nos_str_starts(nos_buf_str(&text), "{\"v\":1,\"node\":5,\"sealed\":\""));
	nos_self_release(&before);
	nos_buf_release(&text);
	nos_buf_release(&plain);
}

static void who_was_overtaken_is_told_and_keeps_what_he_read(void **state)
{
	struct nos_self other, before, now;

	(void)state;
	open_again(&other);
	renew_at(NOW);
	before = other;
	assert_int_equal(nos_self_renew(store, &vault, &other, NOW, &err), NOS_EXISTS);
	assert_string_equal(err.text, "the node's keys were changed by another meanwhile");
	assert_same(&other, &before);
	open_again(&other);
	renew_at(NOW);
	before = other;
	assert_int_equal(nos_self_retire(store, &vault, &other, 1, &err), NOS_EXISTS);
	assert_same(&other, &before);
	open_again(&now);
	assert_same(&now, &self);
	nos_self_release(&other);
	nos_self_release(&before);
	nos_self_release(&now);
}

static void with_four_old_sets_in_use_there_is_no_new_one(void **state)
{
	struct nos_self before;

	(void)state;
	for (int i = 0; i < NOS_SELF_OLD_MAX; i++)
		renew_at(NOW);
	before = self;
	assert_int_equal(nos_self_renew(store, &vault, &self, NOW, &err), NOS_BUSY);
	assert_string_equal(err.text,
	    "4 old sets of the node's keys are in use: wait until each source has followed");
	assert_same(&self, &before);
	nos_err_clear(&err);
	assert_int_equal(nos_self_retire(store, &vault, &self, 1, &err), NOS_OK);
	renew_at(NOW);
	assert_true(self.generation == 6 && self.old_count == NOS_SELF_OLD_MAX);
	nos_self_release(&before);
}

static void a_retired_set_is_gone_with_those_before_it(void **state)
{
	struct nos_self before, again;
	struct nos_buf plain;
	uint64_t generation;

	(void)state;
	for (int i = 0; i < 3; i++)
		renew_at(NOW);
	before = self;
	assert_int_equal(nos_self_retire(store, &vault, &self, 2, &err), NOS_OK);
	assert_int_equal(self.old_count, 1);
	assert_true(self.generation == 4 && self.old[0].generation == 3);
	open_again(&again);
	assert_same(&again, &self);
	read_plain(&plain);
	for (int i = 1; i < 3; i++) {
		const struct nos_self_old *gone = &before.old[i];

		assert_null(nos_self_private(&self, gone->thumbprint, &generation));
		assert_null(nos_self_sign_public(&self, gone->generation));
		assert_false(nos_self_is_own(&self, &gone->public));
		assert_null(memmem(plain.p, plain.len, gone->private.bytes, NOS_ECDH_PRIVATE_LEN));
		assert_null(memmem(&self, sizeof(self), gone->private.bytes, NOS_ECDH_PRIVATE_LEN));
	}
	nos_self_release(&before);
	nos_self_release(&again);
	nos_buf_release(&plain);
}

static void the_present_set_is_never_retired_and_nothing_is_put_for_nothing(void **state)
{
	struct nos_self again;
	uint64_t rev;

	(void)state;
	renew_at(NOW);
	assert_int_equal(nos_self_retire(store, &vault, &self, 100, &err), NOS_OK);
	assert_true(self.generation == 2 && self.old_count == 0);
	rev = self.rev;
	assert_int_equal(nos_self_retire(store, &vault, &self, 100, &err), NOS_OK);
	open_again(&again);
	assert_true(again.rev == rev && again.generation == 2 && again.old_count == 0);
	assert_memory_equal(again.thumbprint, self.thumbprint, NOS_HASH_LEN);
	nos_self_release(&again);
}

static void each_set_is_found_by_its_thumbprint(void **state)
{
	struct nos_self seen[3];
	struct nos_secret private = { 0 };
	struct nos_ecdh_point stranger;
	uint8_t thumbprint[NOS_HASH_LEN] = { 1 };
	uint64_t generation;

	(void)state;
	for (int i = 0; i < 3; i++) {
		if (i)
			renew_at(NOW);
		seen[i] = self;
	}
	for (uint64_t i = 0; i < 3; i++) {
		const struct nos_secret *found =
		    nos_self_private(&self, seen[i].thumbprint, &generation);

		assert_non_null(found);
		assert_true(nos_secret_eq(found, &seen[i].private));
		assert_true(generation == i + 1);
		assert_memory_equal(nos_self_sign_public(&self, generation), seen[i].sign_public,
		    NOS_SIGN_PUBLIC_LEN);
		assert_true(nos_self_is_own(&self, &seen[i].public));
		nos_self_release(&seen[i]);
	}
	assert_null(nos_self_private(&self, thumbprint, &generation));
	assert_null(nos_self_sign_public(&self, 0));
	assert_null(nos_self_sign_public(&self, 4));
	assert_int_equal(nos_ecdh_generate(&private, &stranger, &err), NOS_OK);
	assert_false(nos_self_is_own(&self, &stranger));
	nos_secret_release(&private);
}

static void the_document_shows_each_set_newest_first(void **state)
{
	struct nos_buf expected, document;

	(void)state;
	nos_buf_init(&expected, 16384);
	nos_buf_init(&document, 16384);
	for (size_t old = 0; old <= NOS_SELF_OLD_MAX; old++) {
		if (old)
			renew_at(NOW);
		nos_buf_truncate(&expected, 0);
		nos_buf_truncate(&document, 0);
		nos_buf_add_text(&expected, "{\"v\":1,\"node\":5,\"keys\":");
		add_keys(&expected, &self.public, self.sign_public);
		nos_buf_addf(&expected,
		    ",\"schemes\":[\"pairwise\",\"dini\",\"dipietro\",\"tree\"],\"register\":\"%s\"",
		    old ? "token" : "closed");
		for (size_t i = 0; i < old; i++) {
			nos_buf_add_text(
			    &expected, i ? ",{\"keys\":" : ",\"previous\":[{\"keys\":");
			add_keys(&expected, &self.old[i].public, self.old[i].sign_public);
			nos_buf_add_text(&expected, ",\"signature\":\"");
			nos_enc_base64(&expected, self.old[i].signature, NOS_SIGN_LEN);
			nos_buf_add_text(&expected, "\"}");
		}
		nos_buf_add_text(&expected, old ? "]}" : "}");
		assert_int_equal(nos_self_document(&self, !old, &document, &err), NOS_OK);
		assert_buf(&document, expected.p);
	}
	nos_buf_release(&expected);
	nos_buf_release(&document);
}

static void a_document_that_does_not_fit_is_told_so(void **state)
{
	struct nos_buf b;

	(void)state;
	nos_buf_init(&b, 100);
	assert_int_equal(nos_self_document(&self, false, &b, &err), NOS_LARGE);
	nos_buf_release(&b);
}

static void a_record_that_is_cut_within_a_set_is_damaged(void **state)
{
	struct nos_self again;
	struct nos_buf plain;
	size_t old; /* bytes of one */

	(void)state;
	renew_at(NOW);
	renew_at(NOW);
	read_plain(&plain);
	old = (plain.len - PRESENT_LEN - 1) / 2;
	for (size_t len = 0; len < plain.len; len++) {
		/* Where a set or the generation ends the record is whole. */
		if (len == PRESENT_LEN || len == PRESENT_LEN + 1 || len == plain.len - old)
			continue;
		write_plain((struct nos_span){ (const uint8_t *)plain.p, len });
		nos_err_clear(&err);
		assert_int_equal(nos_self_open(store, &vault, &again, &err), NOS_IO);
		assert_string_equal(err.text, "store: the identity is damaged");
		assert_int_equal(again.private.len, 0);
	}
	nos_buf_release(&plain);
}

static void a_record_with_more_sets_than_there_can_be_is_damaged(void **state)
{
	struct nos_self again;
	struct nos_buf plain;
	size_t old; /* bytes of one */

	(void)state;
	for (int i = 0; i < NOS_SELF_OLD_MAX; i++)
		renew_at(NOW);
	read_plain(&plain);
	old = (plain.len - PRESENT_LEN - 1) / NOS_SELF_OLD_MAX;
	assert_non_null(nos_buf_extend(&plain, old));
	memcpy(plain.p + plain.len - old, plain.p + PRESENT_LEN + 1, old);
	plain.p[PRESENT_LEN] = 6; /* the generation, which leaves room for five */
	write_plain(nos_buf_span(&plain));
	assert_int_equal(nos_self_open(store, &vault, &again, &err), NOS_IO);
	nos_err_clear(&err);
	nos_buf_truncate(&plain, plain.len - old);
	plain.p[PRESENT_LEN] = 4; /* and one that has no room for four */
	write_plain(nos_buf_span(&plain));
	assert_int_equal(nos_self_open(store, &vault, &again, &err), NOS_IO);
	plain.p[PRESENT_LEN] = 5;
	write_plain(nos_buf_span(&plain));
	open_again(&again);
	assert_int_equal(again.old_count, NOS_SELF_OLD_MAX);
	nos_self_release(&again);
	nos_buf_release(&plain);
}

static void another_node_key_opens_nothing(void **state)
{
	struct nos_vault other = { .key = { .len = NOS_VAULT_KEY_LEN, .bytes = { 1 } } };
	struct nos_self again;

	(void)state;
	assert_int_equal(nos_self_open(store, &other, &again, &err), NOS_DENIED);
	assert_int_equal(again.sign.len, 0);
}

static void the_nonces_of_six_minutes_are_good_and_outlive_the_keys(void **state)
{
	uint8_t issued[NOS_SELF_NONCES][NOS_SELF_NONCE_LEN], good[NOS_SELF_NONCE_LEN];

	(void)state;
	for (int i = 0; i < NOS_SELF_NONCES; i++)
		assert_int_equal(
		    nos_self_nonce(&self, (struct nos_time){ NOW.ms - i * 60000 }, issued[i], &err),
		    NOS_OK);
	renew_at(NOW);
	for (unsigned i = 0; i < NOS_SELF_NONCES; i++) {
		assert_int_equal(nos_self_nonce_good(&self, NOW, i, good, &err), NOS_OK);
		assert_memory_equal(good, issued[i], sizeof(good));
		if (i)
			assert_memory_not_equal(good, issued[i - 1], sizeof(good));
		/* To the end of its minute, and not beyond. */
		assert_int_equal(
		    nos_self_nonce_good(&self, (struct nos_time){ NOW.ms + 59999 }, i, good, &err),
		    NOS_OK);
		assert_memory_equal(good, issued[i], sizeof(good));
		assert_int_equal(
		    nos_self_nonce_good(&self, (struct nos_time){ NOW.ms + 60000 }, i, good, &err),
		    NOS_OK);
		assert_memory_not_equal(good, issued[i], sizeof(good));
	}
}

static void a_store_s_life_is_1_until_it_is_raised(void **state)
{
	struct nos_buf text;
	uint64_t life = 0;

	(void)state;
	assert_int_equal(nos_self_life(store, &life, &err), NOS_OK);
	assert_true(life == 1);
	assert_int_equal(nos_self_next_life(store, &life, &err), NOS_OK);
	assert_true(life == 2);
	assert_int_equal(nos_self_next_life(store, &life, &err), NOS_OK);
	assert_true(life == 3);
	assert_int_equal(nos_self_life(store, &life, &err), NOS_OK);
	assert_true(life == 3);
	node_get(NOS_SELF_NS, "life", &text);
	assert_buf(&text, "{\"v\":1,\"life\":3}");
	nos_buf_release(&text);
	node_put(NOS_SELF_NS, "life", "{\"v\":1,\"life\":0}");
	assert_int_equal(nos_self_life(store, &life, &err), NOS_IO);
	nos_err_clear(&err);
	node_put(NOS_SELF_NS, "life", "{\"v\":2,\"life\":1}");
	assert_int_equal(nos_self_next_life(store, &life, &err), NOS_CONFIG);
}

/* ---- another who raises the life at once ---- */

static int rivals; /* puts before which another was quicker */

static enum nos_code contested_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *put_err)
{
	uint64_t life, rev;

	if (rivals-- > 0) {
		char text[64];

		assert_int_equal(nos_self_life(store, &life, put_err), NOS_OK);
		snprintf(
		    text, sizeof(text), "{\"v\":1,\"life\":%llu}", (unsigned long long)(life + 10));
		assert_int_equal(cluster_put(e, ns, key, &(struct nos_str){ text, strlen(text) },
				     NOS_STORE_ANY, &rev, put_err),
		    NOS_OK);
	}
	return cluster_put(e, ns, key, value, expect_rev, ret_rev, put_err);
}

static void a_life_that_others_raise_at_once_is_raised_behind_theirs(void **state)
{
	struct nos_store_engine contested = cluster_engine;
	struct nos_store *shared;
	uint64_t life = 0;

	(void)state;
	contested.put = contested_put;
	assert_int_equal(nos_store_open_engine(&contested, "", true, &shared, &err), NOS_OK);
	rivals = 3;
	assert_int_equal(nos_self_next_life(shared, &life, &err), NOS_OK);
	assert_true(life == 32);
	rivals = 100;
	assert_int_equal(nos_self_next_life(shared, &life, &err), NOS_BUSY);
	assert_true(life == 32);
	rivals = 0;
	nos_store_close(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_new_set_is_signed_by_the_one_before_it),
		NODE_TEST(what_was_replaced_is_read_again_as_it_was),
		NODE_TEST(a_record_of_one_set_alone_is_generation_1),
		NODE_TEST(of_an_old_set_the_signing_key_is_not_kept_and_the_other_is),
		NODE_TEST(who_was_overtaken_is_told_and_keeps_what_he_read),
		NODE_TEST(with_four_old_sets_in_use_there_is_no_new_one),
		NODE_TEST(a_retired_set_is_gone_with_those_before_it),
		NODE_TEST(the_present_set_is_never_retired_and_nothing_is_put_for_nothing),
		NODE_TEST(each_set_is_found_by_its_thumbprint),
		NODE_TEST(the_document_shows_each_set_newest_first),
		NODE_TEST(a_document_that_does_not_fit_is_told_so),
		NODE_TEST(a_record_that_is_cut_within_a_set_is_damaged),
		NODE_TEST(a_record_with_more_sets_than_there_can_be_is_damaged),
		NODE_TEST(another_node_key_opens_nothing),
		NODE_TEST(the_nonces_of_six_minutes_are_good_and_outlive_the_keys),
		NODE_TEST(a_store_s_life_is_1_until_it_is_raised),
		NODE_TEST(a_life_that_others_raise_at_once_is_raised_behind_theirs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
