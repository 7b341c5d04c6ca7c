/* SPDX-License-Identifier: MIT */
#include "../store/cluster.h"
#include "../test.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "stream/track.h"

#define LIMIT 4
#define MANY  60

static struct nos_err err;
static struct nos_store *store;
static struct nos_track_table *table;

static int start(void **state)
{
	(void)state;
	nos_err_clear(&err);
	return nos_store_open_engine(&cluster_engine, "", true, &store, &err) ||
	       nos_track_table_new(LIMIT, &table, &err);
}

static int stop(void **state)
{
	(void)state;
	nos_track_table_free(table);
	nos_store_close(store);
	return 0;
}

static struct nos_track *get(const char *id)
{
	struct nos_track *track = NULL;

	assert_int_equal(nos_track_get(table, store, id, &track, &err), NOS_OK);
	return track;
}

static void touch(const char *id, uint64_t position)
{
	nos_track_touch(table, get(id), position);
}

static void save(size_t limit)
{
	assert_int_equal(nos_track_save(table, store, limit, &err), NOS_OK);
}

/* The position in the record of an id, 0: there is none. */
static uint64_t saved(const char *id)
{
	struct nos_buf text;
	struct nos_track track = { 0 };
	uint64_t rev, position;

	nos_buf_init(&text, NOS_STORE_VALUE_MAX);
	if (nos_store_get(store, NOS_TRACK_NS, nos_str_of(id), &text, &rev, &err)) {
		nos_err_clear(&err);
		return 0;
	}
	assert_int_equal(nos_track_decode(nos_buf_str(&text), &track, &err), NOS_OK);
	position = track.position;
	nos_track_release(&track);
	nos_buf_release(&text);
	return position;
}

static void use(struct nos_track *t, const char *kid, uint64_t position, struct nos_time now)
{
	assert_int_equal(nos_track_use(t, kid, position, now, &err), NOS_OK);
}

static void fill(struct nos_track *t)
{
	static const uint8_t hash[NOS_WINDOW_HASH_LEN] = { 1, 2, 3, 4 };
	struct nos_track_series *s;

	nos_window_note(&t->window, 70, 0, hash);
	nos_window_note(&t->window, 9, 0, hash);
	t->readings = 12;
	t->last_seen = (struct nos_time){ 1547812800480 };
	use(t, "p.1", 7, (struct nos_time){ 1547812800000 });
	use(t, "p.2", 7, (struct nos_time){ 1547812800500 });
	assert_int_equal(
	    nos_track_came(t, &(struct nos_path){ .ids = { "s-2", "s-3" }, .count = 2 }, &err),
	    NOS_OK);
	s = nos_track_series(t, NOS_STR(""), NOS_STR("air temperature \"é\""), 10, &err);
	assert_non_null(s);
	s->n = 7;
	s->state.last = 0.1 + 0.2;
	s->state.newest = (struct nos_time){ 1547812800000 };
	assert_non_null(nos_track_series(t, NOS_STR("s\0x"), NOS_STR("a\0b"), 10, &err));
}

static void what_was_saved_comes_back_as_the_same_bytes(void **state)
{
	struct nos_track *track = get("s-1"), again;
	struct nos_buf before, after;

	(void)state;
	fill(track);
	nos_track_touch(table, track, 42);
	nos_buf_init(&before, NOS_STORE_VALUE_MAX);
	nos_buf_init(&after, NOS_STORE_VALUE_MAX);
	nos_track_encode(&before, track);
	assert_int_equal(nos_track_decode(nos_buf_str(&before), &again, &err), NOS_OK);
	nos_track_encode(&after, &again);
	assert_buf(&after, before.p);
	assert_true(again.window.top == 70 && again.window.seen == track->window.seen);
	assert_memory_equal(again.window.hashes, track->window.hashes, sizeof(again.window.hashes));
	assert_true(again.series[0].state.last == 0.1 + 0.2);
	assert_int_equal(nos_track_claimed(&again.series[1]).len, 3);
	nos_track_release(&again);

	/* Also by way of the table, once it has left the memory. */
	save(10);
	save(10);
	for (char id[] = "x-0"; id[2] <= '9'; id[2]++)
		get(id);
	assert_null(nos_track_find(table, "s-1"));
	nos_buf_truncate(&after, 0);
	nos_track_encode(&after, get("s-1"));
	assert_buf(&after, before.p);
	nos_buf_release(&before);
	nos_buf_release(&after);
}

static void a_record_that_is_none_is_refused(void **state)
{
	struct nos_track track;
	struct nos_store *other = store;
	uint64_t rev;

	(void)state;
	assert_int_equal(nos_track_decode(NOS_STR("{"), &track, &err), NOS_DATA);
	assert_int_equal(nos_track_decode(NOS_STR("{\"v\":2}"), &track, &err), NOS_CONFIG);
	assert_int_equal(nos_store_put(other, NOS_TRACK_NS, NOS_STR("s-1"), NOS_STR("{}"),
			     NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_track_get(table, store, "s-1", &(struct nos_track *){ NULL }, &err), NOS_IO);
}

static void a_series_is_found_by_its_claim_and_type_and_there_is_a_limit(void **state)
{
	struct nos_track *t = get("s-1");
	struct nos_track_series *first;

	(void)state;
	first = nos_track_series(t, NOS_STR(""), NOS_STR("t"), 3, &err);
	first->n = 5;
	assert_non_null(nos_track_series(t, NOS_STR("t"), NOS_STR(""), 3, &err));
	assert_non_null(nos_track_series(t, NOS_STR(""), NOS_STR("t\0"), 3, &err));
	assert_int_equal(t->count, 3);
	assert_int_equal(nos_track_series(t, (struct nos_str){ 0 }, NOS_STR("t"), 3, &err)->n, 5);
	assert_non_null(nos_track_series(t, NOS_STR(""), NOS_STR("t\0"), 3, &err));
	assert_null(nos_track_series(t, NOS_STR("u"), NOS_STR("t"), 3, &err));
	assert_int_equal(err.code, NOS_LARGE);
}

static void uses_of_a_key_are_counted_and_the_first_one_confirms_it(void **state)
{
	struct nos_track *t = get("s-1");
	char kid[] = "p.0";

	(void)state;
	use(t, "p.0", 7, (struct nos_time){ 1000 });
	use(t, "p.0", 7, (struct nos_time){ 2000 });
	assert_true(t->keys[0].uses == 2 && t->keys[0].confirmed.ms == 1000);
	for (; kid[2] < '0' + NOS_TRACK_KEYS_MAX; kid[2]++)
		use(t, kid, 7, (struct nos_time){ 3000 });
	assert_int_equal(t->key_count, NOS_TRACK_KEYS_MAX);
	use(t, "p.9", 7, (struct nos_time){ 4000 });
	assert_int_equal(t->key_count, NOS_TRACK_KEYS_MAX);
	assert_int_equal(nos_name_rank(&t->keys[0].name), 1);
	assert_int_equal(nos_name_rank(&t->keys[NOS_TRACK_KEYS_MAX - 1].name), 9);
	use(t, "no key", 7, (struct nos_time){ 5000 });
	assert_int_equal(nos_name_rank(&t->keys[0].name), 1);
	assert_true(t->keys[NOS_TRACK_KEYS_MAX - 1].confirmed.ms == 4000);
}

static void what_changed_is_saved_by_rounds_and_one_that_is_whole_counts(void **state)
{
	(void)state;
	assert_true(nos_track_saved_up_to(table, 9) == 9);
	touch("a", 5);
	touch("b", 6);
	touch("a", 7);
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	save(1);
	assert_true(saved("a") == 7 && saved("b") == 0);
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	save(1);
	assert_true(saved("b") == 6);
	assert_true(nos_track_saved_up_to(table, 9) == 9);
	assert_false(nos_track_is_dirty(table));
}

static void a_round_goes_by_ids_and_what_changes_meanwhile_is_of_the_next(void **state)
{
	(void)state;
	touch("s-7f3a09c2e1", 5);
	touch("anonymous/weather-station", 6);
	touch("anonymous/weather-statio", 7);
	save(1);
	touch("anonymous/weather-statio", 8);  /* saved: it changed anew */
	touch("anonymous/weather-station", 9); /* not yet: the same row has it */
	assert_true(saved("anonymous/weather-statio") == 7);
	assert_true(saved("anonymous/weather-station") == 0);
	save(1);
	assert_true(saved("anonymous/weather-station") == 9);
	assert_true(saved("s-7f3a09c2e1") == 0);
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	save(10);
	assert_true(saved("s-7f3a09c2e1") == 5);
	assert_true(saved("anonymous/weather-statio") == 7);
	assert_true(nos_track_saved_up_to(table, 9) == 7);
	save(10);
	assert_true(saved("anonymous/weather-statio") == 8);
	assert_false(nos_track_is_dirty(table));
}

/* Of many, saved by a few at a time, in groups some of which fail. */
static void a_round_goes_by_ids_whatever_groups_fail(void **state)
{
	unsigned short seed[3] = { 330, (unsigned short)getpid(), (unsigned short)time(NULL) };
	size_t done = 0, put = 0;
	char id[16];

	(void)state;
	print_message("# seed %d %d\n", seed[1], seed[2]);
	/* 17 is prime to 60: all of them, in no order. */
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "s-%05u", i * 17 % MANY);
		touch(id, i * 17 % MANY + 1);
	}
	while (done < MANY) {
		const size_t limit = 1 + (size_t)nrand48(seed) % 9;
		const bool fails = nrand48(seed) % 4 == 0;

		save(limit);
		if (done + limit > put)
			put = done + limit < MANY ? done + limit : MANY;
		for (unsigned i = 0; i < MANY; i++) {
			snprintf(id, sizeof(id), "s-%05u", i);
			assert_int_equal(saved(id), i < put ? i + 1 : 0);
		}
		if (fails)
			nos_track_unsave(table);
		else
			done += limit;
	}
	save(1);
	assert_false(nos_track_is_dirty(table));
}

static void what_was_not_asked_for_lately_leaves_but_never_what_is_not_saved(void **state)
{
	(void)state;
	touch("a", 1);
	get("b");
	get("c");
	get("d");
	get("e"); /* one more than the limit: it goes by all of them, and one leaves */
	assert_non_null(nos_track_find(table, "a"));
	for (char id[] = "x-0"; id[2] <= '9'; id[2]++) {
		get("b"); /* each time */
		get(id);
	}
	assert_non_null(nos_track_find(table, "a"));
	assert_null(nos_track_find(table, "c"));
	assert_null(nos_track_find(table, "d"));
	save(10);
	save(10);
	for (char id[] = "y-0"; id[2] <= '9'; id[2]++)
		get(id);
	assert_null(nos_track_find(table, "a"));
	assert_int_equal(get("a")->position, 1);
}

static void more_than_the_limit_that_cannot_leave_is_a_crowd(void **state)
{
	(void)state;
	for (char id[] = "x-0"; id[2] < '0' + LIMIT; id[2]++)
		touch(id, 1);
	get("x-0");
	assert_false(nos_track_crowded(table));
	get("y");
	assert_true(nos_track_crowded(table));
	save(1);
	get("z");
	assert_true(nos_track_crowded(table)); /* what is saved may yet fail */
	save(LIMIT);
	save(0);
	get("z");
	get("u");
	assert_false(nos_track_crowded(table));
}

static void a_group_that_failed_makes_what_it_saved_unsaved_in_its_order(void **state)
{
	(void)state;
	touch("a", 5);
	touch("b", 6);
	touch("c", 7);
	save(2);
	nos_track_unsave(table);
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	touch("b", 8);
	save(1);
	assert_true(saved("a") == 5 && saved("c") == 0);
	save(1);
	nos_track_unsave(table); /* of the last group alone */
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	save(1);
	assert_true(saved("b") == 8 && saved("c") == 0);
	save(1);
	assert_true(saved("c") == 7);
	assert_true(nos_track_saved_up_to(table, 9) == 9);
}

static void what_changed_behind_a_save_that_failed_is_unsaved_from_before_it(void **state)
{
	(void)state;
	touch("a", 5);
	touch("b", 6);
	touch("c", 7);
	save(2);
	touch("a", 8); /* in the same group, as a commit does it */
	nos_track_unsave(table);
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	save(1);
	assert_true(saved("a") == 8);
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	save(10);
	assert_true(nos_track_saved_up_to(table, 9) == 9);
	touch("d", 9); /* the list is whole: what comes is behind it */
	assert_true(nos_track_saved_up_to(table, 9) == 8);
}

static void what_was_saved_in_a_group_stays_in_memory_until_the_next_save(void **state)
{
	(void)state;
	touch("a", 5);
	save(10);
	for (char id[] = "x-0"; id[2] <= '9'; id[2]++)
		get(id);
	assert_non_null(nos_track_find(table, "a"));
	nos_track_unsave(table); /* of a group that failed before it saved anything */
	assert_true(nos_track_saved_up_to(table, 9) == 4);
	save(10);
	save(10);
	for (char id[] = "x-0"; id[2] <= '9'; id[2]++)
		get(id);
	assert_null(nos_track_find(table, "a"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(what_was_saved_comes_back_as_the_same_bytes),
		TEST(a_record_that_is_none_is_refused),
		TEST(a_series_is_found_by_its_claim_and_type_and_there_is_a_limit),
		TEST(uses_of_a_key_are_counted_and_the_first_one_confirms_it),
		TEST(what_changed_is_saved_by_rounds_and_one_that_is_whole_counts),
		TEST(a_round_goes_by_ids_and_what_changes_meanwhile_is_of_the_next),
		TEST(a_round_goes_by_ids_whatever_groups_fail),
		TEST(what_was_not_asked_for_lately_leaves_but_never_what_is_not_saved),
		TEST(more_than_the_limit_that_cannot_leave_is_a_crowd),
		TEST(a_group_that_failed_makes_what_it_saved_unsaved_in_its_order),
		TEST(what_changed_behind_a_save_that_failed_is_unsaved_from_before_it),
		TEST(what_was_saved_in_a_group_stays_in_memory_until_the_next_save),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
