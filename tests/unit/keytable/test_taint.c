/* SPDX-License-Identifier: MIT */
#include "../registry/stock.h"

#include "registry/compromise.h"
#include "keytable/taint.h"

#define EVER ((struct nos_time){ NOS_TAINT_EVER })

static char rows[1 << 16];
static unsigned count;

static enum nos_code take(void *state, struct nos_str row, struct nos_err *e)
{
	const size_t len = strlen(rows);

	(void)state, (void)e;
	count++;
	if (len + row.len + 2 < sizeof(rows))
		snprintf(rows + len, sizeof(rows) - len, "%.*s\n", NOS_STR_ARG(row));
	return NOS_OK;
}

static enum nos_code scan(const char *key, const char *source, struct nos_time since)
{
	struct nos_taint t = { .store = store, .source = source, .since = since };

	assert_true(!key || nos_name_parse(nos_str_of(key), &t.key));
	nos_err_clear(&err);
	rows[0] = '\0';
	count = stock_reads = 0;
	return nos_taint_scan(&t, take, NULL, &err);
}

static unsigned rows_of(const char *key, const char *source, struct nos_time since)
{
	if (scan(key, source, since))
		fail_msg("%s", err.text);
	return count;
}

static void change_key(unsigned source, const char *kid)
{
	snprintf(stock[source].kid, sizeof(stock[source].kid), "%s", kid);
}

static void one_source_among_many_costs_what_it_holds_under_the_key(void **state)
{
	(void)state;
	stock_fill(STOCK_SOURCES, 60);
	for (unsigned i = 0; i < STOCK_SOURCES; i++)
		change_key(i, "p.2");
	stock_fill(STOCK_SOURCES, 90);
	stock_save(STOCK_SOURCES);
	assert_int_equal(rows_of("p.1", stock[7].id, EVER), 60);
	/* Its records, the end of each of its topics, and the stream's end. */
	assert_true(stock_reads <= 150 + STOCK_TYPES + 1);
	assert_int_equal(rows_of(NULL, stock[7].id, EVER), 150);
	/* Those before the key's first use are not looked at. */
	assert_int_equal(rows_of("p.2", stock[7].id, EVER), 90);
	assert_true(stock_reads <= 90 + STOCK_TYPES + 1);
	/* Nor what came before the time: of each topic a record says that it is over. */
	assert_int_equal(
	    rows_of("p.2", stock[7].id,
		(struct nos_time){ STOCK_BEGIN + (60 + 87) * STOCK_SOURCES * INT64_C(1000) }),
	    3);
	assert_true(stock_reads <= 3 + STOCK_TYPES + 1);
}

static void a_row_says_where_the_record_went_and_the_newest_of_a_topic_is_first(void **state)
{
	const struct nos_mark mark = { .saved = 4, .outbox = true, .published = 2 };

	(void)state;
	stock_fill(2, 2);
	stock_send(0, 0);
	stock_save(2);
	assert_int_equal(nos_mark_put(store, &mark, &err), NOS_OK);
	rows_of("p.1", "s-0000000001", EVER);
	assert_string_equal(rows,
	    "{\"id\":\"1-5-0\",\"source\":\"s-0000000001\",\"type\":\"t0\","
	    "\"topic\":\"nos/1/meter/s-0000000001/t0\",\"key\":\"p.1\",\"published\":false,\"corrected\":false}\n"
	    "{\"id\":\"1-1-0\",\"source\":\"s-0000000001\",\"type\":\"t0\","
	    "\"topic\":\"nos/1/meter/s-0000000001/t0\",\"key\":\"p.1\",\"published\":true,\"corrected\":false}\n"
	    "{\"id\":\"1-3-0\",\"source\":\"s-0000000001\",\"type\":\"t1\","
	    "\"topic\":\"nos/1/meter/s-0000000001/t1\",\"key\":\"p.1\",\"published\":false,\"corrected\":false}\n");
}

static void what_a_busy_node_has_not_saved_is_found_as_well(void **state)
{
	(void)state;
	stock_fill(4, 30);
	stock_save(4);
	stock_fill(4, 30);
	/* One was saved since, which the mark does not tell. */
	stock_save_track(1);
	stock_fill(5, 9);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rows_of("p.1", stock[i].id, EVER), 69);
	/* One of which nothing was saved. */
	assert_int_equal(rows_of("p.1", stock[4].id, EVER), 9);
}

/* A key's first use, and what was saved, are said by positions, which ids count from an era on. */
static void what_was_sent_in_eras_is_found_as_what_was_sent_in_none(void **state)
{
	(void)state;
	stock_fill(STOCK_SOURCES, 60);
	stock_era = UINT64_C(1795600000000000);
	stock_fill(STOCK_SOURCES, 6);
	for (unsigned i = 0; i < STOCK_SOURCES; i++)
		change_key(i, "p.2");
	stock_fill(STOCK_SOURCES, 90);
	stock_save(STOCK_SOURCES);
	assert_int_equal(rows_of("p.1", stock[7].id, EVER), 66);
	assert_int_equal(rows_of("p.2", stock[7].id, EVER), 90);
	assert_non_null(strstr(rows, "{\"id\":\"1-1795600000006608-0\""));
	/* Those before the key's first use are not looked at, nor is what was saved. */
	assert_true(stock_reads <= 90 + STOCK_TYPES + 1);
	stock_fill(STOCK_SOURCES, 9);
	assert_int_equal(rows_of("p.2", stock[7].id, EVER), 99);
	assert_true(stock_reads <= 99 + 2 * STOCK_TYPES + 9 * STOCK_SOURCES / 512 + 3);
}

static void whoever_used_a_key_is_found_by_its_track_or_behind_what_was_saved(void **state)
{
	(void)state;
	stock_fill(5, 3);
	change_key(0, "g.1.0.1");
	change_key(1, "g.1.0.1");
	change_key(2, "d.1.7");
	stock_fill(5, 3);
	stock_save(5);
	change_key(3, "g.1.0.1");
	change_key(4, "d.1.8");
	stock_fill(5, 3);
	assert_int_equal(rows_of("g.1.0.1", NULL, EVER), 6 + 6 + 3);
	assert_int_equal(rows_of("d.1.7", NULL, EVER), 6);
	assert_int_equal(rows_of("d.1.8", NULL, EVER), 3);
	assert_int_equal(rows_of("d.1.9", NULL, EVER), 0);
	assert_int_equal(scan("p.1", NULL, EVER), NOS_USAGE);
	assert_int_equal(scan(NULL, NULL, EVER), NOS_USAGE);
}

/* By the row of the record of a pack. */
static bool is_corrected(uint64_t pack)
{
	static const char said[] = "\"corrected\":";
	char id[32];
	const char *row;

	snprintf(id, sizeof(id), "{\"id\":\"1-%" PRIu64 "-0\"", pack);
	row = strstr(rows, id);
	assert_non_null(row);
	return strncmp(strstr(row, said) + sizeof(said) - 1, "true", 4) == 0;
}

static void what_is_corrected_is_no_row_and_the_record_says_so(void **state)
{
	struct nos_compromise c = { .orders = { { .since = { STOCK_BEGIN + 4000 } } }, .count = 1 };

	(void)state;
	stock_fill(1, 6);
	stock_save(1);
	assert_int_equal(nos_compromise_put(store, stock[0].id, &c, &err), NOS_OK);
	rows_of("p.1", stock[0].id, EVER);
	assert_null(strstr(rows, "\"corrected\":true"));
	nos_compromise_next(&c);
	assert_int_equal(nos_compromise_put(store, stock[0].id, &c, &err), NOS_OK);
	rows_of("p.1", stock[0].id, EVER);
	assert_int_equal(count, 6);
	for (uint64_t pack = 1; pack <= 6; pack++)
		assert_true(is_corrected(pack) == (pack >= 4));
}

static void what_was_trimmed_ends_a_topic(void **state)
{
	const struct nos_store_trim what = { .before = { INT64_MAX }, .up_to = 12, .most = 100 };
	size_t dropped;

	(void)state;
	stock_fill(2, 9);
	stock_save(2);
	assert_int_equal(nos_store_trim(store, "processed", &what, &dropped, &err), NOS_OK);
	assert_int_equal(rows_of("p.1", stock[0].id, EVER), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STOCK_TEST(one_source_among_many_costs_what_it_holds_under_the_key),
		STOCK_TEST(a_row_says_where_the_record_went_and_the_newest_of_a_topic_is_first),
		STOCK_TEST(what_a_busy_node_has_not_saved_is_found_as_well),
		STOCK_TEST(what_was_sent_in_eras_is_found_as_what_was_sent_in_none),
		STOCK_TEST(whoever_used_a_key_is_found_by_its_track_or_behind_what_was_saved),
		STOCK_TEST(what_is_corrected_is_no_row_and_the_record_says_so),
		STOCK_TEST(what_was_trimmed_ends_a_topic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
