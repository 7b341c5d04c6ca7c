/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "json/decode.h"
#include "lifecycle/bearer.h"
#include "lifecycle/forget.h"
#include "lifecycle/order.h"
#include "lifecycle/withdraw.h"

#define NOW   ((struct nos_time){ 1547812800000 })
#define LATER ((struct nos_time){ NOW.ms + 3600000 })

/* *ret_text is what is shown of it. */
static struct nos_bearer make(struct nos_time expires, struct nos_buf *ret_text)
{
	struct nos_bearer t = { .kind = "gateway", .made = NOW, .expires = expires };
	NOS_AUTO(secret) token = { 0 };

	node_life();
	nos_audit_begin(&audit);
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	assert_int_equal(nos_bearer_make(&changes, &t, &token, &err), NOS_OK);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	nos_buf_init_secret(ret_text, NOS_BEARER_TEXT_LEN);
	nos_enc_base64(ret_text, token.bytes, token.len);
	return t;
}

static void end(const char *id, bool exposed, struct nos_time now)
{
	nos_audit_begin(&audit);
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	assert_int_equal(nos_bearer_end(&audit, nos_str_of(id), exposed, now, &err), NOS_OK);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
}

static uint64_t events(void)
{
	uint64_t first, last;

	assert_int_equal(nos_store_bounds(store, NOS_AUDIT_STREAM, &first, &last, &err), NOS_OK);
	return last;
}

static void a_token_finds_its_source_and_no_other_does(void **state)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_bearer t = make((struct nos_time){ 0 }, &text), again;
	NOS_AUTO(record) r = { 0 };

	(void)state;
	assert_int_equal(nos_bearer_find(store, nos_buf_str(&text), &again, &err), NOS_OK);
	assert_string_equal(again.id, t.id);
	assert_string_equal(again.source, t.source);
	assert_string_equal(again.kind, "gateway");
	assert_true(again.made.ms == NOW.ms && !again.expires.ms && again.rev == t.rev);
	assert_int_equal(nos_registry_get(store, &vault, nos_str_of(t.source), &r, &err), NOS_OK);
	assert_true(nos_bearer_is_source(&r) && r.a.key_count == 0 && !r.open);
	assert_string_equal(r.token, t.id);
	text.p[7] = text.p[7] == 'A' ? 'B' : 'A';
	assert_int_equal(nos_bearer_find(store, nos_buf_str(&text), &again, &err), NOS_ABSENT);
	nos_err_clear(&err);
	assert_int_equal(nos_bearer_find(store, nos_str_of(t.id), &again, &err), NOS_ABSENT);
	nos_err_clear(&err);
	assert_int_equal(nos_bearer_find(store, NOS_STR(""), &again, &err), NOS_ABSENT);
}

static void the_store_holds_the_hash_of_a_token_alone(void **state)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_bearer t = make((struct nos_time){ 0 }, &text);
	struct nos_buf b;

	(void)state;
	node_get(NOS_BEARER_NS, t.id, &b);
	assert_null(strstr(b.p, text.p));
	nos_buf_release(&b);
	node_get(NOS_RECORD_NS, t.source, &b);
	assert_null(strstr(b.p, text.p));
	nos_buf_release(&b);
}

static void a_token_whose_id_meets_another_hash_is_none(void **state)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_bearer t = make((struct nos_time){ 0 }, &text), again;
	struct nos_buf b;
	char *at;

	(void)state;
	node_get(NOS_BEARER_NS, t.id, &b);
	at = strstr(b.p, "\"hash\":\"") + 8;
	*at = *at == 'A' ? 'B' : 'A';
	node_put(NOS_BEARER_NS, t.id, b.p);
	assert_int_equal(nos_bearer_find(store, nos_buf_str(&text), &again, &err), NOS_ABSENT);
	nos_buf_release(&b);
}

static void a_token_ends_by_its_time_by_its_operator_and_by_being_shown(void **state)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_bearer made = make(LATER, &text), t = made;
	const struct nos_time before = { LATER.ms - 1 };
	uint64_t count;

	(void)state;
	assert_int_equal(nos_bearer_state_of(&t, before), NOS_TOKEN_OPEN);
	assert_int_equal(nos_bearer_state_of(&t, LATER), NOS_TOKEN_EXPIRED);
	end(made.id, false, before);
	assert_int_equal(nos_bearer_get(store, nos_str_of(made.id), &t, &err), NOS_OK);
	assert_int_equal(nos_bearer_state_of(&t, before), NOS_TOKEN_WITHDRAWN);
	end(made.id, true, before);
	assert_int_equal(nos_bearer_get(store, nos_str_of(made.id), &t, &err), NOS_OK);
	assert_int_equal(nos_bearer_state_of(&t, before), NOS_TOKEN_EXPOSED);
	count = events();
	end(made.id, true, before);
	end(made.id, false, before);
	assert_true(events() == count);
	assert_int_equal(nos_bearer_get(store, nos_str_of(made.id), &t, &err), NOS_OK);
	assert_int_equal(nos_bearer_state_of(&t, before), NOS_TOKEN_EXPOSED);
}

static void what_was_not_printed_leaves_no_source(void **state)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_bearer t = make((struct nos_time){ 0 }, &text);
	uint64_t rev;

	(void)state;
	nos_audit_begin(&audit);
	assert_int_equal(nos_withdraw_unseen(&audit, t.id, &err), NOS_OK);
	assert_int_equal(
	    nos_store_get(store, NOS_BEARER_NS, nos_str_of(t.id), NULL, &rev, &err), NOS_ABSENT);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_get(store, NOS_RECORD_NS, nos_str_of(t.source), NULL, &rev, &err),
	    NOS_ABSENT);
}

static void orders_for_keys_pass_its_source_over_and_revoking_ends_it(void **state)
{
	static const enum nos_order_what orders[] = { NOS_ORDER_REPLACE, NOS_ORDER_RENEW,
		NOS_ORDER_INVALIDATE };
	NOS_AUTO(buf) text = { 0 };
	struct nos_bearer t = make((struct nos_time){ 0 }, &text);
	struct nos_order order = { .what = NOS_ORDER_REVOKE };
	struct nos_order_done done;
	NOS_AUTO(record) r = { 0 };

	(void)state;
	nos_audit_begin(&audit);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct nos_order one = { .what = orders[i] };

		assert_int_equal(
		    nos_order_give(&changes, &one, t.source, NOW, &done, &err), NOS_OK);
		assert_int_equal(done.status, NOS_ORDER_UNCHANGED);
	}
	assert_int_equal(nos_order_give(&changes, &order, t.source, NOW, &done, &err), NOS_OK);
	assert_int_equal(done.status, NOS_ORDER_REVOKED);
	assert_int_equal(nos_registry_get(store, &vault, nos_str_of(t.source), &r, &err), NOS_OK);
	assert_int_equal(nos_record_state(&r), NOS_STATE_COMPROMISED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_token_finds_its_source_and_no_other_does),
		NODE_TEST(the_store_holds_the_hash_of_a_token_alone),
		NODE_TEST(a_token_whose_id_meets_another_hash_is_none),
		NODE_TEST(a_token_ends_by_its_time_by_its_operator_and_by_being_shown),
		NODE_TEST(what_was_not_printed_leaves_no_source),
		NODE_TEST(orders_for_keys_pass_its_source_over_and_revoking_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
