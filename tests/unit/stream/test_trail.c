/* SPDX-License-Identifier: MIT */
#include "../store/folder.h"

#include <inttypes.h>

#include "self/era.h"
#include "stream/trail.h"

#define NOW    ((struct nos_time){ 1795600000000 })
#define TOPICS 100

static struct nos_trail trail;
static uint64_t era;

/* Of each topic, as the committer knows it. */
static struct {
	uint64_t n, position;
	struct nos_processed_links links;
} topics[TOPICS];

static int start(void **state)
{
	memset(topics, 0, sizeof(topics));
	era = 0;
	if (folder_start(state))
		return -1;
	nos_trail_init(&trail, store);
	return 0;
}

static int stop(void **state)
{
	nos_trail_release(&trail);
	return folder_stop(state);
}

static void put_entry(const char *text, uint64_t *ret_position)
{
	assert_int_equal(nos_store_append(store, NOS_PROCESSED_STREAM, NOW,
			     nos_str_bytes(nos_str_of(text)), ret_position, &err),
	    NOS_OK);
}

/* The next record of a topic, of a pack of the era. */
static void put(unsigned topic)
{
	const uint64_t after = topics[topic].n, n = nos_era_next(era, after);
	char text[200], jump[64] = "";

	if (n != after + 1)
		snprintf(jump, sizeof(jump), "@%" PRIu64 "<%" PRIu64, era, after);
	else if (era)
		snprintf(jump, sizeof(jump), "@%" PRIu64, era);
	snprintf(text, sizeof(text),
	    "nos/1/k/s/t%u %" PRIu64 " %" PRIu64 "%s\n{\"id\":\"1-%" PRIu64
	    "-%u\",\"node\":1,\"n\":%" PRIu64 ",\"source\":\"s\"}",
	    topic, topics[topic].links.before, topics[topic].links.far, jump, n, topic, n);
	topics[topic].n = n;
	put_entry(text, &topics[topic].position);
	topics[topic].links = nos_processed_next(topics[topic].links, topics[topic].position, n);
}

/* So many of each topic, one of each after the other. */
static void fill(unsigned count, unsigned each)
{
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (unsigned i = 0; i < each; i++)
		for (unsigned t = 0; t < count; t++)
			put(t);
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
}

static void to_newest(unsigned topic)
{
	nos_err_clear(&err);
	assert_int_equal(nos_trail_go(&trail, topics[topic].position, &err), NOS_OK);
	assert_int_equal(trail.n, topics[topic].n);
	reads = 0;
}

static enum nos_code seek(uint64_t n)
{
	nos_err_clear(&err);
	return nos_trail_seek(&trail, n, &err);
}

static void a_topic_is_gone_back_through_without_its_neighbours(void **state)
{
	(void)state;
	fill(3, 200);
	to_newest(1);
	for (uint64_t n = 199; n > 0; n--) {
		assert_int_equal(nos_trail_back(&trail, &err), NOS_OK);
		assert_int_equal(trail.n, n);
		assert_int_equal(trail.id.pack, n);
		assert_true(nos_str_is(trail.p.topic, "nos/1/k/s/t1"));
	}
	assert_int_equal(reads, 199);
	assert_int_equal(nos_trail_back(&trail, &err), NOS_ABSENT);
	assert_int_equal(trail.n, 1);
}

static void each_record_is_reached_by_strides(void **state)
{
	(void)state;
	fill(2, 300);
	for (uint64_t n = 1; n <= 300; n++) {
		to_newest(0);
		assert_int_equal(seek(n), NOS_OK);
		assert_int_equal(trail.n, n);
		assert_true(reads <= (300 - n) / NOS_PROCESSED_STRIDE + NOS_PROCESSED_STRIDE);
	}
	to_newest(0);
	assert_int_equal(seek(301), NOS_ABSENT);
	assert_int_equal(trail.n, 300);
	assert_int_equal(reads, 0);
	assert_int_equal(seek(0), NOS_ABSENT);
	assert_int_equal(trail.n, 1);
}

static void where_the_beginning_was_trimmed_the_oldest_that_is_there_is_in_hand(void **state)
{
	(void)state;
	fill(2, 300);
	/* Of both topics 100 records. */
	folder_trim(NOS_PROCESSED_STREAM, 200);
	for (unsigned t = 0; t < 2; t++) {
		to_newest(t);
		assert_int_equal(seek(101), NOS_OK);
		to_newest(t);
		assert_int_equal(seek(100), NOS_ABSENT);
		assert_int_equal(trail.n, 101);
		assert_true(reads < 300 / NOS_PROCESSED_STRIDE + NOS_PROCESSED_STRIDE);
		assert_int_equal(seek(1), NOS_ABSENT);
		assert_int_equal(trail.n, 101);
	}
	folder_trim(NOS_PROCESSED_STREAM, 600);
	nos_err_clear(&err);
	assert_int_equal(nos_trail_go(&trail, 600, &err), NOS_ABSENT);
	assert_int_equal(trail.n, 101); /* still */
}

static void among_100000_records_of_100_topics_a_topic_costs_what_it_holds(void **state)
{
	const uint64_t each = 1000;
	unsigned most = 0;

	(void)state;
	fill(TOPICS, each);
	for (unsigned t = 0; t < TOPICS; t += 33)
		for (uint64_t n = 1; n <= each; n += 37) {
			to_newest(t);
			assert_int_equal(seek(n), NOS_OK);
			assert_int_equal(trail.n, n);
			most = reads > most ? reads : most;
		}
	assert_true(most <= each / NOS_PROCESSED_STRIDE + NOS_PROCESSED_STRIDE);
}

#define ERA UINT64_C(1795600000000000)

/* 100 records of no era, 90 of one, 10 of another. */
static void fill_eras(void)
{
	fill(2, 100);
	era = ERA;
	fill(2, 90);
	era = ERA + 1000;
	fill(2, 10);
}

static void each_record_is_reached_over_numbers_that_were_passed_over(void **state)
{
	(void)state;
	fill_eras();
	for (uint64_t i = 1; i <= 200; i++) {
		const uint64_t n = i <= 100 ? i : i <= 190 ? ERA + i - 100 : ERA + 1000 + i - 190;

		to_newest(1);
		assert_int_equal(seek(n), NOS_OK);
		assert_int_equal(trail.n, n);
		assert_true(reads <= 200 / NOS_PROCESSED_STRIDE + 3 * NOS_PROCESSED_STRIDE);
	}
	to_newest(1);
	assert_int_equal(seek(ERA + 1011), NOS_ABSENT);
}

static void of_what_was_passed_over_the_first_behind_it_is_in_hand(void **state)
{
	static const uint64_t over[] = { 101, 1000, ERA - 64, ERA };

	(void)state;
	fill_eras();
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		to_newest(0);
		assert_int_equal(seek(over[i]), NOS_OK);
		assert_int_equal(trail.n, ERA + 1);
		assert_int_equal(trail.after, 100);
		assert_int_equal(trail.pack, 1);
	}
	to_newest(0);
	assert_int_equal(seek(ERA + 500), NOS_OK);
	assert_int_equal(trail.n, ERA + 1001);
	assert_int_equal(trail.after, ERA + 90);
	assert_int_equal(nos_trail_back(&trail, &err), NOS_OK);
	assert_int_equal(trail.n, ERA + 90);
}

/* Whether there was anything between is known though what was before is gone. */
static void where_all_before_an_era_was_trimmed_its_first_says_what_it_follows(void **state)
{
	(void)state;
	fill_eras();
	folder_trim(NOS_PROCESSED_STREAM, 200);
	to_newest(0);
	assert_int_equal(seek(101), NOS_OK);
	assert_int_equal(trail.n, ERA + 1);
	to_newest(0);
	assert_int_equal(seek(100), NOS_ABSENT);
	assert_int_equal(trail.n, ERA + 1);
	/* And what was trimmed of an era was. */
	folder_trim(NOS_PROCESSED_STREAM, 204);
	to_newest(0);
	assert_int_equal(seek(ERA + 2), NOS_ABSENT);
	assert_int_equal(trail.n, ERA + 3);
	assert_int_equal(seek(1), NOS_ABSENT);
}

static void what_an_older_node_wrote_ends_the_way_back(void **state)
{
	(void)state;
	put_entry("nos/1/k/s/t0\n{\"id\":\"1-1-0\",\"node\":1,\"n\":1,\"source\":\"s\"}",
	    &topics[0].position);
	topics[0].n = 1;
	topics[0].links.before = topics[0].position;
	put(0);
	put(0);
	to_newest(0);
	assert_int_equal(seek(1), NOS_OK);
	assert_int_equal(nos_trail_back(&trail, &err), NOS_ABSENT);
	assert_int_equal(trail.n, 1);
}

static void where_a_source_was_of_another_kind_before_its_topic_begins(void **state)
{
	uint64_t position;

	(void)state;
	put(0);
	put_entry("nos/1/other/s/t0 1 1\n{\"id\":\"1-2-0\",\"node\":1,\"n\":2,\"source\":\"s\"}",
	    &position);
	put_entry("nos/1/other/s/t0 2 1\n{\"id\":\"1-3-0\",\"node\":1,\"n\":3,\"source\":\"s\"}",
	    &position);
	assert_int_equal(nos_trail_go(&trail, position, &err), NOS_OK);
	assert_int_equal(seek(1), NOS_ABSENT);
	assert_int_equal(trail.n, 2);
}

static void a_link_that_leads_astray_is_damage_and_no_way_round(void **state)
{
	static const char *const texts[] = {
		/* to another topic, to one that is no older, to what is no record */
		"nos/1/k/s/t1 1 0\n{\"id\":\"1-9-0\",\"node\":1,\"n\":9,\"source\":\"s\"}",
		"nos/1/k/s/t0 1 0\n{\"id\":\"1-9-0\",\"node\":1,\"n\":1,\"source\":\"s\"}",
		"nos/1/k/s/t0 2 0\n{\"id\":\"1-9-0\",\"node\":1,\"n\":9,\"source\":\"s\"}",
	};
	uint64_t position;

	(void)state;
	put(0);
	put_entry("nos/1/k/s/t0 1 0\n{}", &position);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_entry(texts[i], &position);
		nos_err_clear(&err);
		assert_int_equal(nos_trail_go(&trail, position, &err), NOS_OK);
		assert_int_equal(nos_trail_back(&trail, &err), NOS_IO);
	}
	nos_err_clear(&err);
	assert_int_equal(nos_trail_go(&trail, 2, &err), NOS_IO);
	assert_int_equal(nos_trail_go(&trail, 0, &err), NOS_ABSENT);
}

#define TRAIL_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRAIL_TEST(a_topic_is_gone_back_through_without_its_neighbours),
		TRAIL_TEST(each_record_is_reached_by_strides),
		TRAIL_TEST(where_the_beginning_was_trimmed_the_oldest_that_is_there_is_in_hand),
		TRAIL_TEST(among_100000_records_of_100_topics_a_topic_costs_what_it_holds),
		TRAIL_TEST(each_record_is_reached_over_numbers_that_were_passed_over),
		TRAIL_TEST(of_what_was_passed_over_the_first_behind_it_is_in_hand),
		TRAIL_TEST(where_all_before_an_era_was_trimmed_its_first_says_what_it_follows),
		TRAIL_TEST(what_an_older_node_wrote_ends_the_way_back),
		TRAIL_TEST(where_a_source_was_of_another_kind_before_its_topic_begins),
		TRAIL_TEST(a_link_that_leads_astray_is_damage_and_no_way_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
