/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "score/series_text.h"

static struct nos_rule_state *get(
    struct nos_series *s, const char *source, const char *claimed, const char *type)
{
	struct nos_err err = { 0 };
	struct nos_rule_state *ret;

	assert_int_equal(nos_series_get(s, nos_str_of(source), nos_str_of(claimed),
			     nos_str_of(type), &ret, &err),
	    NOS_OK);
	return ret;
}

/* Three series, of names that need care. */
static void fill(struct nos_series *s, bool backwards)
{
	static const struct {
		const char *source, *claimed, *type;
		double last;
	} all[] = { { "a \"b\"\n", "", "t", -7.9 }, { "s-1", "x", "t", 0.1 },
		{ "", "", "\xc3\xa4", 1e300 } };

	for (size_t i = 0; i < 3; i++) {
		size_t at = backwards ? 2 - i : i;
		struct nos_rule_state *state =
		    get(s, all[at].source, all[at].claimed, all[at].type);

		state->last = all[at].last;
		state->slots = UINT64_MAX - at;
		state->newest.ms = 1547812800000;
	}
}

static void encode(const struct nos_series *s, struct nos_buf *b)
{
	nos_buf_init(b, NOS_SERIES_TEXT_MAX);
	nos_series_text_encode(b, s);
	assert_false(b->fail);
}

static void series_come_back_as_they_were_and_their_text_does_not_depend_on_their_order(
    void **state)
{
	struct nos_series one = { 0 }, other = { 0 }, read = { 0 };
	NOS_AUTO(buf) a = { 0 };
	NOS_AUTO(buf) b = { 0 };
	NOS_AUTO(buf) c = { 0 };
	struct nos_err err = { 0 };

	(void)state;
	fill(&one, false);
	fill(&other, true);
	encode(&one, &a);
	encode(&other, &b);
	assert_true(nos_str_eq(nos_buf_str(&a), nos_buf_str(&b)));
	assert_int_equal(nos_series_text_decode(nos_buf_str(&a), &read, &err), NOS_OK);
	assert_int_equal(read.count, 3);
	encode(&read, &c);
	assert_true(nos_str_eq(nos_buf_str(&a), nos_buf_str(&c)));
	assert_true(get(&read, "s-1", "x", "t")->last == 0.1);
	nos_series_release(&one);
	nos_series_release(&other);
	nos_series_release(&read);
}

static void no_series_are_a_text_too(void **state)
{
	struct nos_series none = { 0 };
	NOS_AUTO(buf) b = { 0 };
	struct nos_err err = { 0 };

	(void)state;
	encode(&none, &b);
	assert_string_equal(b.p, "{\"v\":1,\"series\":0}\n");
	assert_int_equal(nos_series_text_decode(nos_buf_str(&b), &none, &err), NOS_OK);
	assert_int_equal(none.count, 0);
}

static void a_text_that_was_cut_off_or_bent_is_refused_by_its_line(void **state)
{
	struct nos_series one = { 0 };
	NOS_AUTO(buf) b = { 0 };

	(void)state;
	fill(&one, false);
	encode(&one, &b);
	for (size_t len = 0; len < b.len - 1; len++) {
		struct nos_series read = { 0 };
		struct nos_err err = { 0 };

		assert_int_equal(
		    nos_series_text_decode((struct nos_str){ b.p, len }, &read, &err), NOS_DATA);
		nos_series_release(&read);
	}
	nos_series_release(&one);
}

static void a_text_of_a_newer_nos_is_refused(void **state)
{
	struct nos_series read = { 0 };
	struct nos_err err = { 0 };

	(void)state;
	assert_int_equal(
	    nos_series_text_decode(NOS_STR("{\"v\":2,\"series\":0}\n"), &read, &err), NOS_CONFIG);
	assert_string_equal(err.text, "line 1: states of series: written by a newer nos");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    series_come_back_as_they_were_and_their_text_does_not_depend_on_their_order),
		cmocka_unit_test(no_series_are_a_text_too),
		cmocka_unit_test(a_text_that_was_cut_off_or_bent_is_refused_by_its_line),
		cmocka_unit_test(a_text_of_a_newer_nos_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
