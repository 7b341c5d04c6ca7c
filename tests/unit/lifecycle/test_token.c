/* SPDX-License-Identifier: MIT */
#include "../registry/node.h"

#include "json/decode.h"
#include "lifecycle/token.h"

#define NOW ((struct nos_time){ 1547812800000 })

/* A token for `most` uses within the hour; *ret_secret is what its line would carry. */
static struct nos_token make(bool open, uint64_t most, struct nos_secret *ret_secret)
{
	struct nos_token t = { .open = open,
		.most = most,
		.made = NOW,
		.expires = { NOW.ms + 3600000 },
		.scheme = "pairwise",
		.kind = "meter" };

	*ret_secret = (struct nos_secret){ 0 };
	assert_int_equal(nos_token_make(store, &vault, &t, ret_secret, &err), NOS_OK);
	return t;
}

static void a_token_that_was_made_is_found_by_what_a_registration_shows(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(false, 3, &secret), again;
	struct nos_grant_request request = { .once = self.public, .nonce = { 1 } };
	char id[NOS_TOKEN_ID_MAX];

	(void)state;
	assert_int_equal(secret.len, NOS_TOKEN_LEN);
	assert_int_equal(nos_grant_request_prove(&t.t, &request, &err), NOS_OK);
	assert_int_equal(nos_token_id_of(&request, id, &err), NOS_OK);
	assert_string_equal(id, t.id);
	assert_int_equal(nos_token_get(store, &vault, nos_str_of(id), &again, &err), NOS_OK);
	assert_true(nos_secret_eq(&again.t, &t.t));
	assert_string_equal(again.scheme, "pairwise");
	assert_string_equal(again.kind, "meter");
	assert_true(again.made.ms == NOW.ms);
	assert_true(again.most == 3 && again.expires.ms == t.expires.ms && !again.open &&
		    !again.withdrawn && !again.use_count && again.rev == t.rev);
	nos_token_release(&t);
	nos_token_release(&again);
}

static void an_open_one_is_found_by_its_id_and_nothing_else_is_taken_for_one(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(true, 1, &secret);
	struct nos_grant_request request = { .open = true };
	char id[NOS_TOKEN_ID_MAX];

	(void)state;
	assert_int_equal(secret.len, 0);
	request.id = nos_str_of(t.id);
	assert_int_equal(nos_token_id_of(&request, id, &err), NOS_OK);
	assert_string_equal(id, t.id);
	request.id = NOS_STR("s-0123456789");
	assert_int_equal(nos_token_id_of(&request, id, &err), NOS_DENIED);
	request.id = NOS_STR("t-0123456789abcdef");
	assert_int_equal(nos_token_id_of(&request, id, &err), NOS_DENIED);
	nos_token_release(&t);
}

static void the_store_holds_no_token_and_no_t(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(false, 1, &secret);
	struct nos_buf b, token, derived;

	(void)state;
	node_get(NOS_TOKEN_NS, t.id, &b);
	nos_buf_init(&token, 100);
	nos_buf_init(&derived, 100);
	nos_enc_base64(&token, secret.bytes, secret.len);
	nos_enc_base64(&derived, t.t.bytes, t.t.len);
	assert_null(strstr(b.p, token.p));
	assert_null(strstr(b.p, derived.p));
	nos_buf_release(&b);
	nos_buf_release(&token);
	nos_buf_release(&derived);
	nos_token_release(&t);
}

static void a_line_has_what_a_source_needs_in_its_order(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	NOS_AUTO(secret) again = { 0 };
	struct nos_token t = make(false, 1, &secret), open = make(true, 1, &again);
	struct nos_scan scan = { 0 };
	struct nos_decode d;
	struct nos_buf b, expected;

	(void)state;
	nos_buf_init_secret(&b, 4096);
	nos_buf_init(&expected, 4096);
	nos_token_line(&b, &open, &again, NULL, &self, "http://n:1");
	nos_buf_addf(&expected,
	    "{\"v\":1,\"id\":\"%s\",\"url\":\"http://n:1\",\"node\":5,\"pin\":\"%s\","
	    "\"scheme\":\"pairwise\",\"kind\":\"meter\",\"expires\":1547816400}\n",
	    open.id, self.pin);
	assert_buf(&b, expected.p);
	nos_buf_truncate(&b, 0);
	nos_token_line(&b, &t, &secret, NULL, &self, "http://n:1");
	assert_int_equal(nos_decode_object(&scan, nos_buf_str(&b), "line", &d, &err), NOS_OK);
	assert_int_equal(nos_decode_secret(&d, "token", NOS_TOKEN_LEN, &again, &err), NOS_OK);
	assert_true(nos_secret_eq(&again, &secret));
	nos_scan_release(&scan);
	nos_buf_release(&b);
	nos_buf_release(&expected);
	nos_token_release(&t);
	nos_token_release(&open);
}

static void a_group_is_kept_by_its_number_and_named_in_the_line(void **state)
{
	const struct nos_group group = { .number = 3, .name = "roof", .shared = true };
	struct nos_group plain = { .number = 3, .name = "roof" };
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = { .open = true,
		.most = 1,
		.expires = { NOW.ms + 3600000 },
		.scheme = "dipietro",
		.kind = "meter",
		.group = 3 };
	struct nos_token again;
	struct nos_buf b;

	(void)state;
	assert_int_equal(nos_token_make(store, &vault, &t, &secret, &err), NOS_OK);
	assert_int_equal(nos_token_get(store, &vault, nos_str_of(t.id), &again, &err), NOS_OK);
	assert_int_equal(again.group, 3);
	nos_buf_init_secret(&b, 4096);
	nos_token_line(&b, &again, &secret, &group, &self, "http://n:1");
	assert_non_null(strstr(
	    b.p, "\"scheme\":\"dipietro\",\"group\":\"roof\",\"shared\":true,\"kind\":\"meter\""));
	nos_buf_truncate(&b, 0);
	nos_token_line(&b, &again, &secret, &plain, &self, "http://n:1");
	assert_non_null(
	    strstr(b.p, "\"scheme\":\"dipietro\",\"group\":\"roof\",\"kind\":\"meter\""));
	nos_buf_release(&b);
	nos_token_release(&t);
	nos_token_release(&again);
}

static void uses_are_kept_and_tell_by_which_m1(void **state)
{
	static const uint8_t first[NOS_HASH_LEN] = { 1 }, second[NOS_HASH_LEN] = { 2 };
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(false, 2, &secret), again;

	(void)state;
	assert_int_equal(nos_token_state_of(&t, NOW), NOS_TOKEN_OPEN);
	assert_int_equal(nos_token_use(&t, first, "s-1111111111", &err), NOS_OK);
	assert_int_equal(nos_token_state_of(&t, NOW), NOS_TOKEN_OPEN);
	assert_int_equal(nos_token_use(&t, second, "s-2222222222", &err), NOS_OK);
	assert_int_equal(nos_token_put(store, &vault, &t, &err), NOS_OK);
	assert_int_equal(nos_token_get(store, &vault, nos_str_of(t.id), &again, &err), NOS_OK);
	assert_int_equal(nos_token_state_of(&again, NOW), NOS_TOKEN_USED);
	assert_string_equal(nos_token_used_by(&again, second)->source, "s-2222222222");
	assert_null(nos_token_used_by(&again, (const uint8_t[NOS_HASH_LEN]){ 3 }));
	nos_token_release(&t);
	nos_token_release(&again);
}

static void the_state_is_withdrawn_before_expired_before_used_before_open(void **state)
{
	struct nos_token t = { .most = 1, .expires = { NOW.ms + 1 } };

	(void)state;
	assert_string_equal(nos_token_state_text(nos_token_state_of(&t, NOW)), "open");
	t.use_count = 1;
	assert_string_equal(nos_token_state_text(nos_token_state_of(&t, NOW)), "used");
	t.expires = NOW;
	assert_string_equal(nos_token_state_text(nos_token_state_of(&t, NOW)), "expired");
	t.withdrawn = true;
	assert_string_equal(nos_token_state_text(nos_token_state_of(&t, NOW)), "withdrawn");
}

static void of_two_that_change_it_at_once_the_second_one_learns_of_it(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(false, 2, &secret), other;

	(void)state;
	assert_int_equal(nos_token_get(store, &vault, nos_str_of(t.id), &other, &err), NOS_OK);
	assert_int_equal(nos_token_put(store, &vault, &other, &err), NOS_OK);
	assert_int_equal(nos_token_put(store, &vault, &t, &err), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(nos_token_withdraw(store, &vault, nos_str_of(t.id), &err), NOS_OK);
	assert_int_equal(nos_token_withdraw(store, &vault, nos_str_of(t.id), &err), NOS_OK);
	assert_int_equal(nos_token_withdraw(store, &vault, NOS_STR("t-0"), &err), NOS_ABSENT);
	assert_string_equal(err.text, "no token 't-0'");
	nos_token_release(&t);
	nos_token_release(&other);
}

static void a_token_that_is_not_there_or_cannot_be_one_is_absent(void **state)
{
	static const char *const none[] = { "", "t-0123456789", "t-0123456789abcdef", "x" };
	struct nos_token t;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    nos_token_get(store, &vault, nos_str_of(none[i]), &t, &err), NOS_ABSENT);
	}
}

struct seen {
	size_t count, stop_at;
	char ids[8][NOS_TOKEN_ID_MAX];
};

static enum nos_code see(void *state, const struct nos_token *t, struct nos_err *e)
{
	struct seen *s = state;

	assert_int_equal(t->t.len, 0);
	snprintf(s->ids[s->count++], NOS_TOKEN_ID_MAX, "%s", t->id);
	return s->count == s->stop_at ? nos_err_set(e, NOS_DATA, "enough") : NOS_OK;
}

static void a_scan_shows_each_without_opening_it(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	struct seen seen = { 0 }, two = { .stop_at = 2 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct nos_token t = make(i == 1, 1, &secret);

		nos_token_release(&t);
	}
	assert_int_equal(nos_token_scan(store, see, &seen, &err), NOS_OK);
	assert_int_equal(seen.count, 3);
	assert_true(strcmp(seen.ids[0], seen.ids[1]) < 0 && strcmp(seen.ids[1], seen.ids[2]) < 0);
	assert_int_equal(nos_token_scan(store, see, &two, &err), NOS_DATA); /* its own error */
	assert_int_equal(two.count, 2);
}

static void a_record_that_is_damaged_is_the_store_s_fault(void **state)
{
	static const char *const bad[] = { "{", "{}", "[]",
		"{\"scheme\":\"pairwise\",\"kind\":\"k\",\"uses\":0}" };
	struct seen seen = { 0 };
	struct nos_token t;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		nos_err_clear(&err);
		node_put(NOS_TOKEN_NS, "t-0123456789", bad[i]);
		assert_int_equal(
		    nos_token_get(store, &vault, NOS_STR("t-0123456789"), &t, &err), NOS_IO);
		assert_true(nos_str_starts(nos_str_of(err.text), "store: "));
		assert_int_equal(nos_token_scan(store, see, &seen, &err), NOS_IO);
	}
	node_put(NOS_TOKEN_NS, "t-0123456789", "{\"v\":2}");
	assert_int_equal(
	    nos_token_get(store, &vault, NOS_STR("t-0123456789"), &t, &err), NOS_CONFIG);
	assert_int_equal(seen.count, 0);
}

static void t_of_one_token_cannot_stand_in_for_another_s(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(false, 1, &secret), again;
	struct nos_buf value;

	(void)state;
	node_get(NOS_TOKEN_NS, t.id, &value);
	node_put(NOS_TOKEN_NS, "t-0123456789", value.p);
	assert_int_equal(
	    nos_token_get(store, &vault, NOS_STR("t-0123456789"), &again, &err), NOS_DENIED);
	nos_buf_release(&value);
	nos_token_release(&t);
}

static size_t swept;

static void note_swept(void *state, const char *id)
{
	(void)state, (void)id;
	swept++;
}

static bool is_there_at(const struct nos_token *t, int64_t ms)
{
	uint64_t rev;
	bool more;

	node_life();
	assert_int_equal(
	    nos_life_sweep(&changes, (struct nos_time){ ms }, 10, note_swept, NULL, &more, &err),
	    NOS_OK);
	if (!nos_store_get(store, NOS_TOKEN_NS, nos_str_of(t->id), NULL, &rev, &err))
		return true;
	assert_int_equal(err.code, NOS_ABSENT);
	nos_err_clear(&err);
	return false;
}

static void one_that_has_been_at_its_end_for_thirty_days_goes_used_or_not(void **state)
{
	const uint8_t m1[NOS_HASH_LEN] = { 1 };
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(false, 1, &secret), used = make(true, 1, &secret);
	const int64_t end = t.expires.ms + INT64_C(30) * 24 * 3600 * 1000;

	(void)state;
	assert_int_equal(nos_token_use(&used, m1, "s-0000000001", &err), NOS_OK);
	assert_int_equal(nos_token_put(store, &vault, &used, &err), NOS_OK);
	assert_true(is_there_at(&t, t.expires.ms));
	assert_true(is_there_at(&t, end - 1));
	assert_false(is_there_at(&t, end));
	assert_false(is_there_at(&used, end));
	assert_int_equal(swept, 0);
	nos_token_release(&t);
	nos_token_release(&used);
}

static void one_that_is_damaged_or_lasts_longer_than_was_noted_stays(void **state)
{
	NOS_AUTO(secret) secret = { 0 };
	struct nos_token t = make(false, 1, &secret), longer = make(false, 1, &secret);
	const int64_t end = t.expires.ms + NOS_TOKEN_KEPT_MS;

	(void)state;
	node_put(NOS_TOKEN_NS, t.id, "{}");
	longer.expires.ms++;
	assert_int_equal(nos_token_put(store, &vault, &longer, &err), NOS_OK);
	assert_true(is_there_at(&t, end));
	assert_true(is_there_at(&longer, end));
	nos_token_release(&t);
	nos_token_release(&longer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_token_that_was_made_is_found_by_what_a_registration_shows),
		NODE_TEST(an_open_one_is_found_by_its_id_and_nothing_else_is_taken_for_one),
		NODE_TEST(the_store_holds_no_token_and_no_t),
		NODE_TEST(a_line_has_what_a_source_needs_in_its_order),
		NODE_TEST(a_group_is_kept_by_its_number_and_named_in_the_line),
		NODE_TEST(uses_are_kept_and_tell_by_which_m1),
		NODE_TEST(the_state_is_withdrawn_before_expired_before_used_before_open),
		NODE_TEST(of_two_that_change_it_at_once_the_second_one_learns_of_it),
		NODE_TEST(a_token_that_is_not_there_or_cannot_be_one_is_absent),
		NODE_TEST(a_scan_shows_each_without_opening_it),
		NODE_TEST(a_record_that_is_damaged_is_the_store_s_fault),
		NODE_TEST(t_of_one_token_cannot_stand_in_for_another_s),
		NODE_TEST(one_that_has_been_at_its_end_for_thirty_days_goes_used_or_not),
		NODE_TEST(one_that_is_damaged_or_lasts_longer_than_was_noted_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
