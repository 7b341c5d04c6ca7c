/* SPDX-License-Identifier: MIT */
#include "../vectors.h"

#include <stdlib.h>
#include <time.h>

#include "key/derive.h"
#include "key/session.h"

#define NODE  1
#define GROUP 3

static struct nos_err err;

static void token_of(const char *path, uint8_t ret[NOS_SESSION_TOKEN_LEN])
{
	const struct nos_secret s = vector_secret(path);

	assert_int_equal(s.len, NOS_SESSION_TOKEN_LEN);
	memcpy(ret, s.bytes, s.len);
}

static void path_of(char ret[64], const char *list, int i, const char *member)
{
	snprintf(ret, 64, "dipietro/%s/%d%s%s", list, i, *member ? "/" : "", member);
}

/* Steps to session t and compares A, k and the order with the vectors. */
static void step(struct nos_session *s)
{
	struct nos_session_order o, again;
	struct nos_secret k;
	struct nos_buf order;
	char path[64];

	assert_int_equal(nos_session_tick(s, &err), NOS_OK);
	path_of(path, "steps", (int)s->t - 1, "A");
	assert_vector_secret(&s->a, path);
	path_of(path, "h", (int)s->t, "");
	o = (struct nos_session_order){ s->group, s->epoch, { .t = s->t } };
	token_of(path, o.token.h);
	assert_int_equal(nos_session_key(s, o.token.h, &k, &err), NOS_OK);
	path_of(path, "steps", (int)s->t - 1, "k");
	assert_vector_secret(&k, path);
	nos_buf_init(&order, NOS_SESSION_ORDER_MAX);
	nos_session_order_encode(&order, &o);
	path_of(path, "steps", (int)s->t - 1, "order");
	assert_vector(order.p, order.len, path);
	assert_int_equal(order.len, 20);
	assert_int_equal(nos_session_order_decode(nos_buf_span(&order), &again, &err), NOS_OK);
	assert_memory_equal(&again, &o, sizeof(o));
	nos_buf_release(&order);
}

static void clock_membership_and_tokens_give_the_sessions_of_the_vectors(void **state)
{
	struct nos_session s = { .group = GROUP, .epoch = 1, .a = vector_secret("dipietro/A_0") };
	const struct nos_secret b = vector_secret("dipietro/B");

	(void)state;
	for (int i = 0; i < 3; i++)
		step(&s);
	assert_int_equal(nos_session_begin_epoch(&s, 2, &b, &err), NOS_OK);
	assert_vector_secret(&s.a, "dipietro/A_3 after heal");
	step(&s);
}

static void the_token_chain_is_that_of_the_vectors(void **state)
{
	uint8_t h[NOS_SESSION_TOKEN_LEN];
	char path[64];

	(void)state;
	token_of("dipietro/h_n", h);
	for (int t = 8; t > 0; t--) {
		assert_int_equal(
		    nos_session_token_before(NODE, GROUP, (uint64_t)t, h, h, &err), NOS_OK);
		path_of(path, "h", t - 1, "");
		assert_vector(h, sizeof(h), path);
	}
}

static void join_and_heal_have_the_bodies_of_the_vectors(void **state)
{
	struct nos_session s = {
		.group = GROUP, .epoch = 1, .t = 3, .a = vector_secret("dipietro/steps/2/A")
	};
	struct nos_session_heal heal = { GROUP, 2, 3, vector_secret("dipietro/B") },
				heal_again = { 0 };
	struct nos_session again = { 0 };
	uint8_t h[NOS_SESSION_TOKEN_LEN], h_again[NOS_SESSION_TOKEN_LEN];
	struct nos_buf body;

	(void)state;
	token_of("dipietro/h/3", h);
	nos_buf_init_secret(&body, 128);
	nos_session_join_encode(&body, &s, h);
	assert_vector(body.p, body.len, "dipietro/join body");
	assert_int_equal(
	    nos_session_join_decode(nos_buf_span(&body), &again, h_again, &err), NOS_OK);
	assert_memory_equal(&again, &s, sizeof(s));
	assert_memory_equal(h_again, h, sizeof(h));
	for (size_t len = 0; len < body.len; len++) {
		const struct nos_span cut = { (const uint8_t *)body.p, len };

		assert_int_equal(nos_session_join_decode(cut, &again, h_again, &err), NOS_DATA);
		nos_err_clear(&err);
	}
	nos_buf_truncate(&body, 0);
	nos_session_heal_encode(&body, &heal);
	assert_vector(body.p, body.len, "dipietro/heal body");
	assert_int_equal(nos_session_heal_decode(nos_buf_span(&body), &heal_again, &err), NOS_OK);
	assert_memory_equal(&heal_again, &heal, sizeof(heal));
	nos_buf_release(&body);
}

static void a_token_verifies_over_any_gap_up_to_the_limit_and_no_other_does(void **state)
{
	struct nos_session_token last = { .t = 1 }, next = { 0 };

	(void)state;
	token_of("dipietro/h/1", last.h);
	for (int t = 2; t <= 8; t++) {
		char path[64];

		path_of(path, "h", t, "");
		next.t = (uint64_t)t;
		token_of(path, next.h);
		assert_int_equal(
		    nos_session_verify(NODE, GROUP, &last, &next, (uint64_t)t - 1, &err), NOS_OK);
		/* One step more than is allowed; another node, another group, another number. */
		assert_int_equal(
		    nos_session_verify(NODE, GROUP, &last, &next, (uint64_t)t - 2, &err), NOS_TAG);
		assert_int_equal(
		    nos_session_verify(NODE + 1, GROUP, &last, &next, 64, &err), NOS_TAG);
		assert_int_equal(
		    nos_session_verify(NODE, GROUP + 1, &last, &next, 64, &err), NOS_TAG);
		next.t++;
		assert_int_equal(nos_session_verify(NODE, GROUP, &last, &next, 64, &err), NOS_TAG);
		next.t--;
		for (size_t bit = 0; bit < 8 * sizeof(next.h); bit++) {
			next.h[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(
			    nos_session_verify(NODE, GROUP, &last, &next, 64, &err), NOS_TAG);
			next.h[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	/* A replay: the present one, and one before it. */
	assert_int_equal(nos_session_verify(NODE, GROUP, &last, &last, 64, &err), NOS_TAG);
	assert_int_equal(nos_session_verify(NODE, GROUP, &next, &last, 64, &err), NOS_TAG);
	nos_err_clear(&err);
}

static void a_data_key_of_a_session_is_that_of_the_vectors(void **state)
{
	const struct nos_secret k = vector_secret("dipietro/steps/3/k"),
				k_s = vector_secret("registration/K_S");
	struct nos_secret d, data;

	(void)state;
	assert_int_equal(nos_derive_data(&k, &k_s, &d, &err), NOS_OK);
	assert_int_equal(nos_derive_content(&d, NOS_STR("s.3.2.4"),
			     nos_str_of(vector_text("inputs/S")), NOS_STR("A128GCM"), &data, &err),
	    NOS_OK);
	assert_vector_secret(&data, "dipietro/data key s.3.2.4");
}

static void in_a_shared_group_the_data_key_is_of_the_session_key_alone(void **state)
{
	const struct nos_secret k = vector_secret("dipietro/steps/3/k");
	const struct nos_str name = NOS_STR("g.3.2.4"), enc = NOS_STR("A128GCM"),
			     source = nos_str_of(vector_text("inputs/S"));
	const struct nos_derive_field ctx[] = { NOS_DERIVE_STR(name), NOS_DERIVE_STR(source),
		NOS_DERIVE_STR(enc) };
	struct nos_secret data;

	(void)state;
	assert_int_equal(nos_derive_key(&k, "group", ctx, 3, 16, &data, &err), NOS_OK);
	assert_vector_secret(&data, "dipietro/group mode g.3.2.4");
}

static size_t order_len(uint64_t epoch, uint64_t t)
{
	const struct nos_session_order o = { GROUP, epoch, { .t = t } };
	struct nos_buf b;
	size_t len;

	nos_buf_init(&b, NOS_SESSION_ORDER_MAX);
	nos_session_order_encode(&b, &o);
	len = b.len;
	nos_buf_release(&b);
	return len;
}

static void an_order_is_as_long_as_its_numbers_are(void **state)
{
	(void)state;
	assert_int_equal(order_len(1, 1), json_integer_value(vector("sizes/order")));
	assert_int_equal(
	    order_len(300, 20000), json_integer_value(vector("sizes/order, e 2 bytes, t 3")));
	assert_int_equal(order_len((UINT64_C(1) << 32) + 1, 1),
	    json_integer_value(vector("sizes/order after one restore (e over 2^32)")));
}

static void what_is_no_order_is_refused(void **state)
{
	static const char *const bad[] = { "", "31", "310301",
		"31030101339fd86fef07790a2d960bb0612550",
		"31030101339fd86fef07790a2d960bb06125504800",
		"32030101339fd86fef07790a2d960bb061255048",
		"31000101339fd86fef07790a2d960bb061255048",
		"3183000101339fd86fef07790a2d960bb061255048" };
	struct nos_session_order o;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nos_buf b;

		nos_buf_init(&b, 64);
		for (const char *p = bad[i]; *p; p += 2) {
			const char digits[3] = { p[0], p[1], '\0' };

			nos_buf_add_char(&b, (char)strtoul(digits, NULL, 16));
		}
		assert_int_equal(nos_session_order_decode(nos_buf_span(&b), &o, &err), NOS_DATA);
		nos_err_clear(&err);
		nos_buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_membership_and_tokens_give_the_sessions_of_the_vectors),
		cmocka_unit_test(the_token_chain_is_that_of_the_vectors),
		cmocka_unit_test(join_and_heal_have_the_bodies_of_the_vectors),
		cmocka_unit_test(a_token_verifies_over_any_gap_up_to_the_limit_and_no_other_does),
		cmocka_unit_test(a_data_key_of_a_session_is_that_of_the_vectors),
		cmocka_unit_test(in_a_shared_group_the_data_key_is_of_the_session_key_alone),
		cmocka_unit_test(an_order_is_as_long_as_its_numbers_are),
		cmocka_unit_test(what_is_no_order_is_refused),
	};

	return cmocka_run_group_tests(tests, vectors_load, vectors_drop);
}
