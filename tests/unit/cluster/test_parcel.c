/* SPDX-License-Identifier: MIT */
/* What is sealed for another node: who opens it, how often, and how long. */
#include "cluster/parcel.h"

#include "../test.h"

#define KEY   "{\"v\":1,\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"
#define OTHER "{\"v\":1,\"key\":\"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"
#define T0    INT64_C(1700000000000)

static struct nos_err err;
static struct nos_parcel here, there;

static struct nos_time at(int64_t ms)
{
	return (struct nos_time){ T0 + ms };
}

static void make(struct nos_parcel *p, const char *key, int64_t ms)
{
	NOS_AUTO(vault) vault = { 0 };

	assert_int_equal(nos_vault_decode(nos_str_of(key), &vault, &err), NOS_OK);
	assert_int_equal(nos_parcel_init(p, &vault, at(ms), &err), NOS_OK);
}

static int start(void **state)
{
	(void)state;
	make(&here, KEY, 0);
	make(&there, KEY, 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nos_err_clear(&err);
	nos_parcel_release(&here);
	nos_parcel_release(&there);
	return 0;
}

/* "abc" from p, at a time. */
static struct nos_buf seal(struct nos_parcel *p, const struct nos_parcel_id *answered, int64_t ms,
    struct nos_parcel_id *ret)
{
	struct nos_buf b;

	nos_buf_init(&b, 1000);
	nos_parcel_begin(&b, at(ms));
	nos_buf_add_text(&b, "abc");
	assert_int_equal(nos_parcel_seal(p, answered, &b, ret, &err), NOS_OK);
	return b;
}

/* What opening it there gives; *ret the request's id. */
static enum nos_code opened(const struct nos_buf *b, const struct nos_parcel_id *answered,
    int64_t ms, struct nos_parcel_id *ret)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_span view;
	enum nos_code code;

	nos_err_clear(&err);
	nos_buf_init_secret(&text, b->len);
	code = nos_parcel_open(&there, answered, nos_buf_span(b), at(ms), &text, &view, ret, &err);
	if (!code)
		assert_str(((struct nos_str){ (const char *)view.p, view.len }), "abc");
	else
		assert_int_equal(text.len, 0);
	return code;
}

static enum nos_code one(struct nos_parcel *p, int64_t sealed_ms, int64_t opened_ms)
{
	struct nos_parcel_id id, same;
	NOS_AUTO(buf) b = seal(p, NULL, sealed_ms, &id);
	enum nos_code code = opened(&b, NULL, opened_ms, &same);

	if (!code)
		assert_memory_equal(&id, &same, sizeof(id));
	return code;
}

static void a_request_opens_once_where_the_same_key_is(void **state)
{
	struct nos_parcel_id id, same;
	NOS_AUTO(buf) b = seal(&here, NULL, 1, &id);

	(void)state;
	assert_null(memmem(b.p, b.len, "abc", 3));
	assert_int_equal(opened(&b, NULL, 2, &same), NOS_OK);
	assert_memory_equal(&id, &same, sizeof(id));
	assert_int_equal(opened(&b, NULL, 3, &same), NOS_DENIED);
	assert_non_null(strstr(err.text, "seen"));
}

static void one_of_another_key_does_not_open(void **state)
{
	struct nos_parcel other;

	(void)state;
	make(&other, OTHER, 0);
	assert_int_equal(one(&other, 1, 1), NOS_TAG);
	nos_parcel_release(&other);
}

static void no_byte_of_it_can_be_changed_and_none_cut_off(void **state)
{
	struct nos_parcel_id id;
	NOS_AUTO(buf) b = seal(&here, NULL, 1, &id);
	struct nos_buf cut = b;

	(void)state;
	for (size_t i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		assert_int_equal(opened(&b, NULL, 1, &id), NOS_TAG);
		b.p[i] ^= 1;
	}
	for (cut.len = 0; cut.len < b.len; cut.len++)
		assert_int_equal(opened(&cut, NULL, 1, &id), NOS_TAG);
	assert_int_equal(opened(&b, NULL, 1, &id), NOS_OK);
}

static void an_answer_opens_for_its_request_alone_and_is_none_itself(void **state)
{
	struct nos_parcel_id id, other, answer;
	NOS_AUTO(buf) request = seal(&there, NULL, 1, &id);
	NOS_AUTO(buf) second = seal(&there, NULL, 1, &other);
	NOS_AUTO(buf) b = seal(&here, &id, 1, &answer);

	(void)state;
	assert_int_equal(opened(&b, &other, 1, &answer), NOS_TAG);
	assert_int_equal(opened(&b, NULL, 1, &answer), NOS_TAG);
	assert_int_equal(opened(&request, &id, 1, &answer), NOS_TAG);
	assert_int_equal(opened(&b, &id, 1, &answer), NOS_OK);
}

static void what_is_a_minute_old_or_to_come_is_refused(void **state)
{
	(void)state;
	assert_int_equal(one(&here, 1, 1 + NOS_PARCEL_AGE_MS - 1), NOS_OK);
	assert_int_equal(one(&here, 1, 1 + NOS_PARCEL_AGE_MS), NOS_DENIED);
	assert_int_equal(one(&here, NOS_PARCEL_AGE_MS - 1, 0), NOS_OK);
	assert_int_equal(one(&here, NOS_PARCEL_AGE_MS, 0), NOS_DENIED);
}

static void what_was_sealed_before_a_node_began_is_refused_by_it(void **state)
{
	(void)state;
	assert_int_equal(one(&here, -1, 0), NOS_DENIED);
	assert_int_equal(one(&here, 0, 0), NOS_OK);
}

static void a_clock_that_is_set_back_holds_nothing_up_for_longer_than_a_minute(void **state)
{
	(void)state;
	assert_int_equal(one(&here, -3600000, -3600000), NOS_DENIED);
	there.began.us -= NOS_PARCEL_AGE_MS * UINT64_C(1000);
	assert_int_equal(one(&here, -3600000, -3600000), NOS_OK);
}

static void requests_may_come_in_another_order_and_each_once(void **state)
{
	struct nos_buf b[200];
	struct nos_parcel_id id;

	(void)state;
	for (size_t i = 0; i < 200; i++)
		b[i] = seal(&here, NULL, 1, &id);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(opened(&b[i * 77 % 200], NULL, 1, &id), NOS_OK);
	for (size_t i = 0; i < 200; i++) {
		assert_int_equal(opened(&b[i], NULL, 1, &id), NOS_DENIED);
		nos_buf_release(&b[i]);
	}
}

/* As if so many went elsewhere. */
static void pass_by(struct nos_parcel *p, uint64_t count)
{
	atomic_fetch_add(&p->n[0], count);
}

static void one_that_a_window_has_gone_by_is_refused_and_one_within_it_is_not(void **state)
{
	struct nos_parcel_id id;
	NOS_AUTO(buf) behind = seal(&here, NULL, 1, &id);
	NOS_AUTO(buf) within = seal(&here, NULL, 1, &id);

	(void)state;
	pass_by(&here, NOS_PARCEL_WINDOW - 2);
	assert_int_equal(one(&here, 1, 1), NOS_OK);
	assert_int_equal(opened(&behind, NULL, 1, &id), NOS_DENIED);
	assert_int_equal(opened(&within, NULL, 1, &id), NOS_OK);
	assert_int_equal(opened(&within, NULL, 1, &id), NOS_DENIED);
	pass_by(&here, 3 * NOS_PARCEL_WINDOW + 7);
	assert_int_equal(one(&here, 1, 1), NOS_OK);
	assert_int_equal(one(&here, 1, 1), NOS_OK);
}

static void of_too_many_nodes_those_are_forgotten_whose_requests_are_old(void **state)
{
	struct nos_parcel other;
	struct nos_parcel_id id;
	NOS_AUTO(buf) b = seal(&here, NULL, 2, &id);

	(void)state;
	assert_int_equal(opened(&b, NULL, 2, &id), NOS_OK);
	for (int i = 1; i < NOS_PARCEL_RUNS; i++) {
		make(&other, KEY, 0);
		assert_int_equal(one(&other, 1, 1), NOS_OK);
		nos_parcel_release(&other);
	}
	make(&other, KEY, 0);
	assert_int_equal(one(&other, 1, 1), NOS_BUSY);
	/* By now all of them are old, but for that of the first. */
	assert_int_equal(one(&other, NOS_PARCEL_AGE_MS, NOS_PARCEL_AGE_MS + 2), NOS_OK);
	assert_int_equal(opened(&b, NULL, NOS_PARCEL_AGE_MS + 1, &id), NOS_DENIED);
	assert_non_null(strstr(err.text, "seen"));
	nos_parcel_release(&other);
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_request_opens_once_where_the_same_key_is),
		EACH(one_of_another_key_does_not_open),
		EACH(no_byte_of_it_can_be_changed_and_none_cut_off),
		EACH(an_answer_opens_for_its_request_alone_and_is_none_itself),
		EACH(what_is_a_minute_old_or_to_come_is_refused),
		EACH(what_was_sealed_before_a_node_began_is_refused_by_it),
		EACH(a_clock_that_is_set_back_holds_nothing_up_for_longer_than_a_minute),
		EACH(requests_may_come_in_another_order_and_each_once),
		EACH(one_that_a_window_has_gone_by_is_refused_and_one_within_it_is_not),
		EACH(of_too_many_nodes_those_are_forgotten_whose_requests_are_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
