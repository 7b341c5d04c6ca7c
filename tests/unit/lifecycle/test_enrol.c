/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "crypto/jose.h"
#include "key/derive.h"
#include "lifecycle/enrol.h"
#include "registry/registry.h"
#include "lifecycle/token.h"

#define NOW  ((struct nos_time){ 1547812800000 })
#define LIFE 3600000 /* ms of an enrolment */

/* One source that registers: what it keeps between m1 and m2. */
struct applicant {
	struct nos_secret t, once;
	struct nos_buf m1, m2;
	bool made;
	char token[NOS_TOKEN_ID_MAX];
};

static void applicant_release(struct applicant *a)
{
	nos_secret_release(&a->t);
	nos_secret_release(&a->once);
	nos_buf_release(&a->m1);
	nos_buf_release(&a->m2);
}

/* An enrolment in the store; its T and id go to *a. */
static void enrol(struct applicant *a, bool open, uint64_t uses)
{
	struct nos_token t = { .open = open,
		.most = uses,
		.expires = { NOW.ms + LIFE },
		.scheme = "pairwise",
		.kind = "meter" };
	NOS_AUTO(secret) secret = { 0 };

	memset(a, 0, sizeof(*a));
	nos_err_clear(&err);
	assert_int_equal(nos_token_make(store, &vault, &t, &secret, &err), NOS_OK);
	a->t = t.t;
	snprintf(a->token, sizeof(a->token), "%s", t.id);
	nos_token_release(&t);
}

/* m1 as a source makes it; wrong: with the proof of another token. */
static void apply_to(struct applicant *a, bool open, const char *description,
    const struct nos_ecdh_point *node, bool wrong)
{
	struct nos_grant_request r = { .open = open,
		.id = nos_str_of(a->token),
		.nonce = { 1, 2, 3 },
		.description = nos_str_of(description) };
	struct nos_buf plain;

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	nos_buf_release(&a->m1);
	nos_buf_init(&a->m1, NOS_ENROL_M1_MAX);
	assert_int_equal(nos_ecdh_generate(&a->once, &r.once, &err), NOS_OK);
	assert_int_equal(nos_grant_request_prove(&a->t, &r, &err), NOS_OK);
	if (wrong)
		r.proof[0] ^= 1;
	nos_grant_request_encode(&plain, &r);
	assert_int_equal(nos_jose_seal_to(node, nos_buf_span(&plain), &a->m1, &err), NOS_OK);
	nos_buf_release(&plain);
}

static void apply(struct applicant *a, const char *description)
{
	apply_to(a, false, description, &self.public, false);
}

static enum nos_code answer_at(struct applicant *a, struct nos_time now)
{
	char id[NOS_RECORD_ID_MAX];

	nos_err_clear(&err);
	nos_buf_release(&a->m2);
	nos_buf_init(&a->m2, NOS_ENROL_M1_MAX);
	node_life();
	return nos_enrol_answer(
	    &changes, &self, nos_buf_str(&a->m1), now, &a->m2, &a->made, id, &err);
}

static enum nos_code answer(struct applicant *a)
{
	return answer_at(a, NOW);
}

static void assert_refused(struct applicant *a, struct nos_time now)
{
	assert_int_equal(answer_at(a, now), NOS_DENIED);
	assert_string_equal(err.text, "token refused"); /* whatever the reason */
	assert_int_equal(a->m2.len, 0);
}

/* What the source makes of m2: R and its tag, then the keys of both. node and sign are of the set
 * that it sealed m1 to. */
static void assert_registered_under(struct applicant *a, const struct nos_ecdh_point *node,
    const uint8_t *sign, char ret_id[static NOS_RECORD_ID_MAX])
{
	struct nos_buf plain;
	struct nos_scan scan = { .depth = 8 };
	struct nos_grant_answer m2;
	struct nos_record s;
	struct nos_span bytes = nos_buf_span(&a->m1);
	struct nos_secret once_once = { 0 }, node_once = { 0 }, r = { 0 };
	struct nos_derive_base base = { 0 };
	uint8_t hash[NOS_HASH_LEN];

	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	assert_int_equal(nos_jose_open_with(&a->once, nos_buf_str(&a->m2), &plain, &err), NOS_OK);
	assert_int_equal(nos_grant_answer_decode(nos_buf_str(&plain), &scan, &m2, &err), NOS_OK);
	assert_int_equal(nos_hash_sha256(&bytes, 1, hash, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&a->once, &m2.once, &once_once, &err), NOS_OK);
	assert_int_equal(nos_ecdh_shared(&a->once, node, &node_once, &err), NOS_OK);
	assert_int_equal(nos_derive_root(&a->t, &once_once, &node_once, &r, &err), NOS_OK);
	assert_int_equal(nos_grant_answer_check(&r, nos_buf_str(&plain), hash, &err), NOS_OK);
	assert_true(m2.node == 5 && m2.next == 1);
	assert_memory_equal(m2.sign, sign, sizeof(m2.sign));

	const struct nos_derive_registration reg = { { hash, sizeof(hash) },
		{ m2.once.bytes, sizeof(m2.once.bytes) }, m2.node, m2.source };

	assert_int_equal(nos_derive_base_from(&r, &reg, &base, &err), NOS_OK);
	assert_int_equal(nos_registry_get(store, &vault, m2.source, &s, &err), NOS_OK);
	assert_true(nos_secret_eq(&s.a.base.z_key, &base.z) &&
		    nos_secret_eq(&s.a.base.down.key, &base.down) &&
		    nos_secret_eq(&s.a.base.up.key, &base.up));
	assert_int_equal(s.a.key_count, 1);
	assert_true(nos_secret_eq(&s.a.keys[0].value, &base.pair));
	assert_int_equal(s.a.keys[0].state, NOS_STATE_ACTIVE);
	assert_string_equal(s.token, a->token);
	snprintf(ret_id, NOS_RECORD_ID_MAX, "%s", s.id);
	nos_derive_base_release(&base);
	nos_record_release(&s);
	nos_scan_release(&scan);
	nos_buf_release(&plain);
}

static void assert_registered(struct applicant *a, char ret_id[static NOS_RECORD_ID_MAX])
{
	assert_registered_under(a, &self.public, self.sign_public, ret_id);
}

static size_t uses_of(const char *token)
{
	struct nos_token t;
	size_t n;

	nos_err_clear(&err);
	assert_int_equal(nos_token_get(store, &vault, nos_str_of(token), &t, &err), NOS_OK);
	n = t.use_count;
	nos_token_release(&t);
	return n;
}

static void both_sides_have_the_same_keys_after_a_registration(void **state)
{
	struct applicant a;
	struct nos_record s;
	char id[NOS_RECORD_ID_MAX], named[NOS_RECORD_ID_MAX];

	(void)state;
	enrol(&a, false, 1);
	apply(&a, "{\"name\":\"attic\",\"mode\":\"poll\",\"types\":[\"t\"],\"more\":[{}]}");
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, id);
	assert_int_equal(nos_registry_get(store, NULL, nos_str_of(id), &s, &err), NOS_OK);
	assert_string_equal(s.name, "attic");
	assert_string_equal(s.mode, "poll");
	assert_string_equal(s.types, "[\"t\"]");
	assert_string_equal(s.kind, "meter"); /* the enrolment's */
	assert_false(s.open);
	assert_int_equal(nos_registry_resolve(store, NOS_STR("attic"), named, &err), NOS_OK);
	assert_string_equal(named, id);
	assert_int_equal(uses_of(a.token), 1);
	applicant_release(&a);
}

static void the_same_m1_gets_the_same_m2_as_long_as_the_enrolment_holds(void **state)
{
	struct applicant a;
	struct nos_buf first;

	(void)state;
	enrol(&a, false, 1);
	apply(&a, "{}");
	assert_int_equal(answer(&a), NOS_OK);
	assert_true(a.made);
	nos_buf_init(&first, NOS_ENROL_M1_MAX);
	nos_buf_add_str(&first, nos_buf_str(&a.m2));
	assert_int_equal(answer_at(&a, (struct nos_time){ NOW.ms + LIFE - 1 }), NOS_OK);
	assert_false(a.made);
	assert_buf(&a.m2, first.p);
	assert_int_equal(uses_of(a.token), 1);
	assert_refused(&a, (struct nos_time){ NOW.ms + LIFE });
	nos_buf_release(&first);
	applicant_release(&a);
}

static void another_m1_under_a_token_that_was_used_is_told_so(void **state)
{
	struct applicant a;
	char first[NOS_RECORD_ID_MAX], second[NOS_RECORD_ID_MAX];

	(void)state;
	enrol(&a, false, 2);
	apply(&a, "{}");
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, first);
	apply(&a, "{}");
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, second);
	assert_string_not_equal(first, second);
	apply(&a, "{}");
	assert_int_equal(answer(&a), NOS_EXISTS);
	assert_string_equal(err.text, "the token was used by another registration");
	assert_int_equal(uses_of(a.token), 2);
	applicant_release(&a);
}

static void a_token_is_refused_without_a_reason(void **state)
{
	struct applicant a, other;

	(void)state;
	enrol(&a, false, 1);
	apply_to(&a, false, "{}", &self.public, true);
	assert_refused(&a, NOW); /* wrong proof */
	apply(&a, "{}");
	assert_refused(&a, (struct nos_time){ NOW.ms + LIFE });
	apply_to(&a, true, "{}", &self.public, false);
	assert_refused(&a, NOW); /* as an open one, which it is not */
	nos_err_clear(&err);
	assert_int_equal(nos_token_withdraw(store, &vault, nos_str_of(a.token), &err), NOS_OK);
	apply(&a, "{}");
	assert_refused(&a, NOW);
	memset(&other, 0, sizeof(other));
	other.t = (struct nos_secret){ .len = 32, .bytes = { 7 } };
	apply(&other, "{}");
	assert_refused(&other, NOW); /* unknown */
	assert_int_equal(uses_of(a.token), 0);
	applicant_release(&a);
	applicant_release(&other);
}

static void a_withdrawal_holds_for_a_retry_as_well(void **state)
{
	struct applicant a;

	(void)state;
	enrol(&a, false, 1);
	apply(&a, "{}");
	assert_int_equal(answer(&a), NOS_OK);
	assert_int_equal(nos_token_withdraw(store, &vault, nos_str_of(a.token), &err), NOS_OK);
	assert_refused(&a, NOW);
	applicant_release(&a);
}

static void an_open_enrolment_registers_by_its_id_and_the_source_is_marked(void **state)
{
	struct applicant a;
	struct nos_record s;
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	enrol(&a, true, 1);
	apply_to(&a, true, "{}", &self.public, false);
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, id);
	assert_int_equal(nos_registry_get(store, NULL, nos_str_of(id), &s, &err), NOS_OK);
	assert_true(s.open);
	applicant_release(&a);
}

static void a_name_that_is_taken_uses_no_token_up(void **state)
{
	struct applicant a, b;
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	enrol(&a, false, 1);
	apply(&a, "{\"name\":\"attic\"}");
	assert_int_equal(answer(&a), NOS_OK);
	enrol(&b, false, 1);
	apply(&b, "{\"name\":\"attic\"}");
	assert_int_equal(answer(&b), NOS_EXISTS);
	assert_string_equal(err.text, "the name 'attic' is taken");
	assert_int_equal(uses_of(b.token), 0);
	apply(&b, "{\"name\":\"cellar\"}");
	assert_int_equal(answer(&b), NOS_OK);
	assert_registered(&b, id);
	applicant_release(&a);
	applicant_release(&b);
}

static void a_description_that_is_not_as_it_should_be_is_refused(void **state)
{
	static const struct {
		const char *description, *field;
	} bad[] = {
		{ "{\"name\":\"s-7f3a09c2e1\"}", "name" },
		{ "{\"name\":\"anonymous\"}", "name" },
		{ "{\"name\":\"a b\"}", "name" },
		{ "{\"name\":7}", "name" },
		{ "{\"mode\":\"pull\"}", "mode" },
		{ "{\"mode\":\"pushpushpush\"}", "mode" },
		{ "{\"types\":\"t\"}", "types" },
	};
	struct applicant a;

	(void)state;
	enrol(&a, false, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		apply(&a, bad[i].description);
		assert_int_equal(answer(&a), NOS_DATA);
		assert_string_equal(err.field, bad[i].field);
	}
	assert_int_equal(uses_of(a.token), 0);
	applicant_release(&a);
}

static void what_is_no_m1_for_this_node_is_refused(void **state)
{
	static const struct nos_ecdh_point none;
	struct applicant a;
	struct nos_secret private = { 0 };
	struct nos_ecdh_point other = none;

	(void)state;
	enrol(&a, false, 1);
	assert_int_equal(nos_ecdh_generate(&private, &other, &err), NOS_OK);
	apply_to(&a, false, "{}", &other, false);
	assert_int_equal(answer(&a), NOS_DENIED);
	assert_string_equal(
	    err.text, "registration: sealed to another node's key: a new enrolment is needed");
	apply(&a, "{}");
	a.m1.p[a.m1.len - 1] = a.m1.p[a.m1.len - 1] == 'A' ? 'Q' : 'A'; /* of its tag */
	assert_refused(&a, NOW);
	nos_buf_truncate(&a.m1, a.m1.len / 2);
	assert_int_equal(answer(&a), NOS_DATA);
	nos_buf_truncate(&a.m1, 0);
	nos_buf_add_text(&a.m1, "{}");
	assert_int_equal(answer(&a), NOS_DATA);
	nos_secret_release(&private);
	applicant_release(&a);
}

/* E_S is the node's key, and m1 is sealed to node. */
static void assert_own_refused(const struct nos_ecdh_point *once, const struct nos_ecdh_point *node)
{
	struct applicant a;
	struct nos_grant_request r = { .once = *once, .description = NOS_STR("{}") };
	struct nos_buf plain;

	enrol(&a, false, 1);
	nos_buf_init_secret(&plain, NOS_GRANT_TEXT_MAX);
	nos_buf_init(&a.m1, NOS_ENROL_M1_MAX);
	assert_int_equal(nos_grant_request_prove(&a.t, &r, &err), NOS_OK);
	nos_grant_request_encode(&plain, &r);
	assert_int_equal(nos_jose_seal_to(node, nos_buf_span(&plain), &a.m1, &err), NOS_OK);
	assert_int_equal(answer(&a), NOS_DATA);
	assert_string_equal(err.text, "key is the node's own");
	nos_buf_release(&plain);
	applicant_release(&a);
}

static void a_source_that_shows_the_node_s_own_key_is_refused(void **state)
{
	(void)state;
	assert_own_refused(&self.public, &self.public);
}

/* ---- after the node's keys were replaced ---- */

static void renew(void)
{
	nos_err_clear(&err);
	assert_int_equal(nos_self_renew(store, &vault, &self, NOW, &err), NOS_OK);
}

static void an_m1_to_an_old_key_is_answered_by_the_set_that_it_is_of(void **state)
{
	struct applicant a;
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	renew();
	renew();
	enrol(&a, false, 3);
	for (size_t i = 0; i < 2; i++) {
		apply_to(&a, false, "{}", &self.old[i].public, false);
		assert_int_equal(answer(&a), NOS_OK);
		assert_registered_under(&a, &self.old[i].public, self.old[i].sign_public, id);
	}
	apply(&a, "{}");
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, id);
	applicant_release(&a);
}

static void an_m1_that_was_answered_before_gets_the_same_m2_after(void **state)
{
	struct applicant a;
	struct nos_buf first;
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	nos_buf_init(&first, NOS_ENROL_M1_MAX);
	enrol(&a, false, 1);
	apply(&a, "{}");
	assert_int_equal(answer(&a), NOS_OK);
	nos_buf_add_str(&first, nos_buf_str(&a.m2));
	renew();
	assert_int_equal(answer(&a), NOS_OK);
	assert_buf(&a.m2, first.p);
	assert_registered_under(&a, &self.old[0].public, self.old[0].sign_public, id);
	nos_buf_release(&first);
	applicant_release(&a);
}

static void a_retired_key_is_another_node_s(void **state)
{
	struct applicant a;

	(void)state;
	enrol(&a, false, 1);
	apply(&a, "{}");
	renew();
	assert_int_equal(nos_self_retire(store, &vault, &self, 1, &err), NOS_OK);
	assert_int_equal(answer(&a), NOS_DENIED);
	assert_string_equal(
	    err.text, "registration: sealed to another node's key: a new enrolment is needed");
	assert_int_equal(uses_of(a.token), 0);
	applicant_release(&a);
}

static void an_old_key_of_the_node_is_its_own_as_the_present_is(void **state)
{
	(void)state;
	renew();
	renew();
	assert_own_refused(&self.old[0].public, &self.public);
	assert_own_refused(&self.old[1].public, &self.public);
	assert_own_refused(&self.public, &self.old[1].public);
	assert_own_refused(&self.old[1].public, &self.old[1].public);
}

/* Put p's coordinates in place of those that m1's header has for its epk. */
static void replace_epk(struct applicant *a, const struct nos_ecdh_point *p)
{
	static const char *const members[] = { "\"x\":", "\"y\":" };
	uint8_t xy[2][NOS_ECDH_COORD_LEN];
	struct nos_str rest = nos_buf_str(&a->m1), head;
	struct nos_buf header, m1;

	nos_buf_init(&header, 2000);
	nos_buf_init(&m1, NOS_ENROL_M1_MAX);
	assert_true(nos_str_cut(&rest, '.', &head) && nos_enc_base64_decode(head, &header));
	assert_int_equal(nos_ecdh_to_xy(p, xy[0], xy[1], &err), NOS_OK);
	for (int i = 0; i < 2; i++) {
		char *at = strstr(header.p, members[i]);
		struct nos_buf text;

		assert_non_null(at);
		at = strchr(at + strlen(members[i]), '"');
		assert_non_null(at);
		nos_buf_init(&text, 64);
		nos_enc_base64(&text, xy[i], sizeof(xy[i]));
		memcpy(at + 1, text.p, text.len);
		nos_buf_release(&text);
	}
	nos_enc_base64(&m1, header.p, header.len);
	nos_buf_add_char(&m1, '.');
	nos_buf_add_str(&m1, rest);
	nos_buf_release(&a->m1);
	nos_buf_release(&header);
	a->m1 = m1;
}

static void an_m1_under_an_epk_of_the_node_s_own_is_refused(void **state)
{
	const char *foreign =
	    "registration: sealed to another node's key: a new enrolment is needed";
	struct nos_secret private = { 0 };
	struct nos_ecdh_point stranger;
	struct applicant a;

	(void)state;
	renew();
	enrol(&a, false, 1);
	assert_int_equal(nos_ecdh_generate(&private, &stranger, &err), NOS_OK);
	apply(&a, "{}");
	replace_epk(&a, &stranger);
	assert_refused(&a, NOW); /* it was looked at, and does not open */
	apply(&a, "{}");
	replace_epk(&a, &self.public);
	assert_int_equal(answer(&a), NOS_DENIED);
	assert_string_equal(err.text, foreign);
	apply(&a, "{}");
	replace_epk(&a, &self.old[0].public);
	assert_int_equal(answer(&a), NOS_DENIED);
	assert_string_equal(err.text, foreign);
	nos_secret_release(&private);
	applicant_release(&a);
}

static void a_crash_between_the_use_and_the_source_is_healed_by_the_next_try(void **state)
{
	struct applicant a;
	char id[NOS_RECORD_ID_MAX], before[NOS_RECORD_ID_MAX];
	uint64_t rev;

	(void)state;
	enrol(&a, false, 1);
	apply(&a, "{\"name\":\"attic\"}");
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, before);
	/* As if all behind the note of the use, or behind the name and the keys, had not come. */
	assert_int_equal(
	    nos_store_del(store, NOS_RECORD_NS, nos_str_of(before), NOS_STORE_ANY, &err), NOS_OK);
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, id);
	assert_string_equal(id, before);
	assert_int_equal(
	    nos_store_del(store, NOS_RECORD_NS, nos_str_of(before), NOS_STORE_ANY, &err), NOS_OK);
	assert_int_equal(
	    nos_store_del(store, NOS_REGISTRY_NAMES_NS, NOS_STR("attic"), NOS_STORE_ANY, &err),
	    NOS_OK);
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, id);
	assert_string_equal(id, before);
	assert_int_equal(
	    nos_store_get(store, NOS_REGISTRY_NAMES_NS, NOS_STR("attic"), NULL, &rev, &err),
	    NOS_OK);
	assert_int_equal(uses_of(a.token), 1);
	applicant_release(&a);
}

/* ---- another nos-serve on the same store ---- */

static int puts_before_the_rival; /* of the enrolment; below 0: there is none */

static enum nos_code contested_put(void *e, const char *ns, struct nos_str key,
    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev, struct nos_err *put_err)
{
	struct cluster_value *v = cluster_find(ns, key);

	if (strcmp(ns, NOS_TOKEN_NS) == 0 && v && puts_before_the_rival-- > 0)
		v->rev = ++cluster.rev; /* it was changed a moment ago */
	return cluster_put(e, ns, key, value, expect_rev, ret_rev, put_err);
}

static void an_enrolment_that_others_change_at_once_is_tried_again_and_then_busy(void **state)
{
	struct nos_store_engine contested = cluster_engine;
	struct nos_store *own = store;
	struct applicant a;
	char id[NOS_RECORD_ID_MAX];

	(void)state;
	contested.put = contested_put;
	enrol(&a, false, 1);
	apply(&a, "{}");
	assert_int_equal(nos_store_open_engine(&contested, "", true, &store, &err), NOS_OK);
	puts_before_the_rival = 100;
	assert_int_equal(answer(&a), NOS_BUSY);
	assert_int_equal(a.m2.len, 0);
	puts_before_the_rival = 3;
	assert_int_equal(answer(&a), NOS_OK);
	assert_registered(&a, id);
	nos_store_close(store);
	store = own;
	assert_int_equal(uses_of(a.token), 1);
	applicant_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(both_sides_have_the_same_keys_after_a_registration),
		NODE_TEST(the_same_m1_gets_the_same_m2_as_long_as_the_enrolment_holds),
		NODE_TEST(another_m1_under_a_token_that_was_used_is_told_so),
		NODE_TEST(a_token_is_refused_without_a_reason),
		NODE_TEST(a_withdrawal_holds_for_a_retry_as_well),
		NODE_TEST(an_open_enrolment_registers_by_its_id_and_the_source_is_marked),
		NODE_TEST(a_name_that_is_taken_uses_no_token_up),
		NODE_TEST(a_description_that_is_not_as_it_should_be_is_refused),
		NODE_TEST(what_is_no_m1_for_this_node_is_refused),
		NODE_TEST(a_source_that_shows_the_node_s_own_key_is_refused),
		NODE_TEST(an_m1_to_an_old_key_is_answered_by_the_set_that_it_is_of),
		NODE_TEST(an_m1_that_was_answered_before_gets_the_same_m2_after),
		NODE_TEST(a_retired_key_is_another_node_s),
		NODE_TEST(an_old_key_of_the_node_is_its_own_as_the_present_is),
		NODE_TEST(an_m1_under_an_epk_of_the_node_s_own_is_refused),
		NODE_TEST(a_crash_between_the_use_and_the_source_is_healed_by_the_next_try),
		NODE_TEST(an_enrolment_that_others_change_at_once_is_tried_again_and_then_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
