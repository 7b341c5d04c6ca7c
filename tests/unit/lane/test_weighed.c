/* SPDX-License-Identifier: MIT */
#include "../store/folder.h"

#include "lane/weighed.h"
#include "self/era.h"
#include "stream/trail.h"

#define NOW    ((struct nos_time){ 1795600000000 })
#define TOPICS 2

static struct nos_track track;
static struct nos_weighed weighed;
static struct nos_buf entry;
static uint64_t era;

static int start(void **state)
{
	track = (struct nos_track){ 0 };
	era = 0;
	nos_weighed_init(&weighed, 1 << 20);
	nos_buf_init(&entry, 1 << 16);
	return folder_start(state);
}

static int stop(void **state)
{
	nos_weighed_release(&weighed);
	nos_track_release(&track);
	nos_buf_release(&entry);
	return folder_stop(state);
}

static size_t series(unsigned topic)
{
	char type[8];
	struct nos_track_series *s;

	snprintf(type, sizeof(type), "t%u", topic);
	s = nos_track_series(&track, NOS_STR(""), nos_str_of(type), 100, &err);
	assert_non_null(s);
	return (size_t)(s - track.series);
}

/* The next record of a topic, as the analysis leaves it. */
static void weigh(struct nos_weighed *w, unsigned topic)
{
	const size_t at = series(topic);
	const uint64_t after = track.series[at].n, n = nos_era_next(era, after);
	const struct nos_weighed_record record = {
		.track = &track, .series = at, .n = n, .after = after, .era = era
	};

	track.series[at].n = n;
	nos_buf_addf(&w->text,
	    "nos/1/k/s/t%u\n{\"id\":\"1-%llu-%u\",\"node\":1,\"n\":%llu,\"source\":\"s\"}", topic,
	    (unsigned long long)n, topic, (unsigned long long)n);
	assert_int_equal(nos_weighed_note(w, &record, &err), NOS_OK);
}

static void put_all(void)
{
	uint64_t position;

	for (size_t i = 0; i < weighed.count; i++)
		assert_int_equal(
		    nos_weighed_put(&weighed, i, store, NOW, &entry, &position, &err), NOS_OK);
}

/* A group: so many of each topic. */
static void group(unsigned each, bool good)
{
	for (unsigned i = 0; i < each; i++)
		for (unsigned t = 0; t < TOPICS; t++)
			weigh(&weighed, t);
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	put_all();
	if (good) {
		assert_int_equal(nos_store_commit(store, &err), NOS_OK);
		nos_weighed_clear(&weighed);
	} else {
		nos_store_rollback(store);
		nos_weighed_undo(&weighed);
	}
}

/* The whole of a topic is gone back through, from what its track says is the newest. */
static void is_whole(unsigned topic, uint64_t count)
{
	struct nos_trail t;

	nos_trail_init(&t, store);
	nos_err_clear(&err);
	assert_int_equal(nos_trail_go(&t, track.series[series(topic)].links.before, &err), NOS_OK);
	assert_int_equal(t.n, count);
	while (t.after > 0)
		assert_int_equal(nos_trail_back(&t, &err), NOS_OK);
	assert_int_equal(nos_trail_back(&t, &err), NOS_ABSENT);
	assert_int_equal(nos_trail_go(&t, track.series[series(topic)].links.before, &err), NOS_OK);
	nos_err_clear(&err);
	assert_int_equal(nos_trail_seek(&t, 1, &err), NOS_OK);
	nos_trail_release(&t);
}

static void a_record_is_linked_to_the_one_of_its_topic_before_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30; i++)
		group(i % 4 + 1, true);
	is_whole(0, 73);
	is_whole(1, 73);
}

static void what_a_failed_group_linked_is_undone_and_the_next_one_links_it_as_it_stands(
    void **state)
{
	struct nos_processed_links before[TOPICS];

	(void)state;
	group(70, true);
	for (unsigned t = 0; t < TOPICS; t++)
		before[t] = track.series[series(t)].links;
	/* Over a multiple of 64 and more, twice. */
	for (int i = 0; i < 2; i++) {
		group(70, false);
		for (unsigned t = 0; t < TOPICS; t++)
			assert_memory_equal(
			    &before[t], &track.series[series(t)].links, sizeof(before[t]));
	}
	/* What failed is put with the group behind it. */
	group(1, true);
	is_whole(0, 211);
	is_whole(1, 211);
}

static void a_group_that_failed_half_way_undoes_what_it_had_put_alone(void **state)
{
	struct nos_processed_links before;
	uint64_t position;

	(void)state;
	group(3, true);
	before = track.series[series(0)].links;
	weigh(&weighed, 0);
	weigh(&weighed, 0);
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	assert_int_equal(nos_weighed_put(&weighed, 0, store, NOW, &entry, &position, &err), NOS_OK);
	nos_store_rollback(store);
	nos_weighed_undo(&weighed);
	/* Once more undoes nothing. */
	nos_weighed_undo(&weighed);
	assert_memory_equal(&before, &track.series[series(0)].links, sizeof(before));
	group(0, true);
	is_whole(0, 5);
}

static void a_record_that_stands_in_the_stream_already_is_what_the_next_is_linked_to(void **state)
{
	struct nos_weighed again;

	(void)state;
	group(66, true);
	/* A restart: nothing of it was saved, and all is weighed again. */
	nos_track_release(&track);
	track = (struct nos_track){ 0 };
	nos_weighed_init(&again, 1 << 20);
	for (unsigned i = 0; i < 70; i++)
		for (unsigned t = 0; t < TOPICS; t++)
			weigh(&again, t);
	for (size_t i = 0; i < 132; i++)
		nos_weighed_known(&again, i, i + 1);
	assert_int_equal(nos_weighed_take(&weighed, &again, 132, &err), NOS_OK);
	nos_weighed_release(&again);
	assert_int_equal(weighed.count, 8);
	group(1, true);
	is_whole(0, 71);
	is_whole(1, 71);
}

/* The ids of these packs are the topic's n. */
static void a_record_says_its_era_and_what_it_follows_where_that_is_not_one_below(void **state)
{
	struct nos_trail t;

	(void)state;
	group(2, true);
	era = 1000000;
	group(2, true);
	is_whole(0, 1000002);
	nos_trail_init(&t, store);
	assert_int_equal(nos_trail_go(&t, 7, &err), NOS_OK);
	assert_int_equal(t.p.era, 1000000);
	assert_false(t.p.jumps);
	assert_int_equal(nos_trail_back(&t, &err), NOS_OK);
	assert_int_equal(t.n, 1000001);
	assert_true(t.p.jumps);
	assert_int_equal(t.p.after, 2);
	assert_int_equal(nos_trail_back(&t, &err), NOS_OK);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.p.era, 0);
	nos_trail_release(&t);
}

#define WEIGHED_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WEIGHED_TEST(a_record_is_linked_to_the_one_of_its_topic_before_it),
		WEIGHED_TEST(
		    what_a_failed_group_linked_is_undone_and_the_next_one_links_it_as_it_stands),
		WEIGHED_TEST(a_group_that_failed_half_way_undoes_what_it_had_put_alone),
		WEIGHED_TEST(a_record_says_its_era_and_what_it_follows_where_that_is_not_one_below),
		WEIGHED_TEST(
		    a_record_that_stands_in_the_stream_already_is_what_the_next_is_linked_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
