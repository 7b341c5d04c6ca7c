/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "stream/processed.h"

static struct nos_span span(const char *text)
{
	return (struct nos_span){ (const uint8_t *)text, strlen(text) };
}

static void an_entry_comes_back_as_it_was_put(void **state)
{
	const struct nos_processed in = { .topic = NOS_STR("nos/1/kind/s-1/type"),
		.links = { 41, 7 },
		.filters = NOS_STR("fresh trusted"),
		.record = NOS_STR("{\"id\":\"1-42-0\"}") };
	NOS_AUTO(buf) b = { 0 };
	struct nos_processed out;

	(void)state;
	nos_buf_init(&b, 1024);
	nos_processed_encode(&b, &in);
	assert_string_equal(b.p, "nos/1/kind/s-1/type 41 7 fresh trusted\n{\"id\":\"1-42-0\"}");
	assert_true(nos_processed_decode(nos_buf_span(&b), &out));
	assert_true(nos_str_eq(out.topic, in.topic));
	assert_int_equal(out.links.before, 41);
	assert_int_equal(out.links.far, 7);
	assert_true(nos_str_eq(out.filters, in.filters));
	assert_true(nos_str_eq(out.record, in.record));
}

static void an_entry_of_an_older_node_has_no_links(void **state)
{
	struct nos_processed out;

	(void)state;
	assert_true(nos_processed_decode(span("nos/1/kind/s-1/type\n{}"), &out));
	assert_true(nos_str_is(out.topic, "nos/1/kind/s-1/type"));
	assert_int_equal(out.links.before, 0);
	assert_int_equal(out.filters.len, 0);
	assert_true(nos_str_is(out.record, "{}"));
}

static void an_era_and_what_a_record_follows_stand_behind_its_links(void **state)
{
	const struct nos_processed in = { .topic = NOS_STR("nos/1/kind/s-1/type"),
		.links = { 41, 7 },
		.era = 1795600000000000,
		.jumps = true,
		.filters = NOS_STR("3 trusted"),
		.record = NOS_STR("{\"id\":\"1-1795600000000042-0\"}") };
	NOS_AUTO(buf) b = { 0 };
	struct nos_processed_id id;
	struct nos_processed out;

	(void)state;
	nos_buf_init(&b, 1024);
	nos_processed_encode(&b, &in);
	assert_int_equal(
	    strncmp(b.p, "nos/1/kind/s-1/type 41 7@1795600000000000<0 3 trusted\n", 54), 0);
	assert_true(nos_processed_decode(nos_buf_span(&b), &out));
	assert_int_equal(out.links.far, 7);
	assert_int_equal(out.era, in.era);
	assert_true(out.jumps);
	assert_int_equal(out.after, 0);
	assert_true(nos_str_eq(out.filters, in.filters));
	assert_true(nos_processed_id_of(out.record, &id));
	assert_int_equal(nos_processed_pack(&out, &id), 42);
	/* No pack stands there. */
	id.pack = in.era;
	assert_int_equal(nos_processed_pack(&out, &id), 0);
	assert_true(nos_processed_decode(span("nos/1/k/s/t 1 0<50\n{}"), &out));
	assert_true(out.jumps && out.after == 50 && !out.era);
}

static void what_is_no_entry_is_refused(void **state)
{
	static const char *const texts[] = { "", "nos/1/k/s/t", "nos/1/k/s/t x 0\n{}",
		"nos/1/k/s/t 1\n{}", "nos/1/k/s/t 1 -2\n{}", "nos/1/k/s/t 1 0@\n{}",
		"nos/1/k/s/t 1 0@0\n{}", "nos/1/k/s/t 1 0@9000000000000000\n{}",
		"nos/1/k/s/t 1 0<\n{}", "nos/1/k/s/t 1 0<5@7\n{}" };
	struct nos_processed out;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(nos_processed_decode(span(texts[i]), &out));
}

static void every_64th_record_of_a_topic_is_linked_to_the_last_such(void **state)
{
	struct nos_processed_links links = { 0 };

	(void)state;
	for (uint64_t n = 1; n <= 200; n++) {
		assert_int_equal(links.before, (n - 1) * 10);
		assert_int_equal(links.far, (n - 1) / 64 * 64 * 10);
		links = nos_processed_next(links, n * 10, n);
	}
}

static void an_id_says_where_its_reading_stood_and_which_correction_it_is(void **state)
{
	static const char *const bad[] = { "", "1", "1-2", "0-2-3", "1-0-3", "1-2-x", "1-2-3~",
		"1-2-3~0", "1-2-3~x" };
	struct nos_processed_id id;

	(void)state;
	assert_true(nos_processed_id_of(NOS_STR("{\"id\":\"3-42-7\",\"node\":3}"), &id));
	assert_int_equal(id.node, 3);
	assert_int_equal(id.pack, 42);
	assert_int_equal(id.index, 7);
	assert_int_equal(id.correction, 0);
	assert_true(nos_processed_id_parse(NOS_STR("3-42-7~1"), &id));
	assert_int_equal(id.correction, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nos_processed_id_parse(nos_str_of(bad[i]), &id));
}

static void a_record_says_which_of_its_topic_it_is(void **state)
{
	static const char *const bad[] = { "", "{}", "{\"id\":\"3-42-7\",\"node\":3}",
		"{\"id\":\"3-42-7\",\"node\":3,\"n\":0,\"source\":\"s\"}",
		"{\"n\":9,\"id\":\"3-42-7\",\"node\":3}" };
	uint64_t n;

	(void)state;
	assert_true(nos_processed_n_of(
	    NOS_STR("{\"id\":\"3-42-7\",\"node\":3,\"n\":812,\"source\":\"s-1\"}"), &n));
	assert_int_equal(n, 812);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nos_processed_n_of(nos_str_of(bad[i]), &n));
}

static void the_source_stands_in_the_topic(void **state)
{
	struct nos_str source;

	(void)state;
	assert_true(nos_processed_source(NOS_STR("nos/1/kind/s-12/a=20b"), &source));
	assert_true(nos_str_is(source, "s-12"));
	assert_false(nos_processed_source(NOS_STR("nos/1/kind/s-12"), &source));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_comes_back_as_it_was_put),
		cmocka_unit_test(an_entry_of_an_older_node_has_no_links),
		cmocka_unit_test(an_era_and_what_a_record_follows_stand_behind_its_links),
		cmocka_unit_test(what_is_no_entry_is_refused),
		cmocka_unit_test(every_64th_record_of_a_topic_is_linked_to_the_last_such),
		cmocka_unit_test(an_id_says_where_its_reading_stood_and_which_correction_it_is),
		cmocka_unit_test(a_record_says_which_of_its_topic_it_is),
		cmocka_unit_test(the_source_stands_in_the_topic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
