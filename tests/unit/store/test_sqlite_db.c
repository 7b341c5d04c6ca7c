/* SPDX-License-Identifier: MIT */
/* A purge beside others who read, write, scan and ask for changes. */
#include "markers.h"

/* ---- who else is there ---- */

static void a_purge_beside_a_reader_of_an_older_state_is_busy_and_leaves_all_whole(void **state)
{
	struct nos_store *store = open_store();
	sqlite3 *reader = open_plain();

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		snprintf(sources[i].key, sizeof(sources[i].key), "s-%zu", i);
		write_source(store, &sources[i]);
	}
	run(reader, "BEGIN; SELECT count(*) FROM state");
	for (size_t i = 0; i < 50; i++)
		write_source(store, &sources[i]);
	assert_int_equal(nos_store_purge(store, &err), NOS_BUSY);
	nos_err_clear(&err);
	run(reader, "SELECT 1 / (count(*) = 50) FROM state; ROLLBACK");
	assert_true(find_gone() > 0);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	assert_int_equal(find_gone(), 0);
	for (size_t i = 50; i < RECORDS; i++)
		sources[i] = (struct source){ "none" };
	all_sources_are_whole(store);
	sqlite3_close(reader);
	nos_store_close(store);
}

static void a_purge_beside_a_writer_is_busy(void **state)
{
	struct nos_store *store = open_store(), *writer = open_store();

	(void)state;
	assert_int_equal(nos_store_begin(writer, &err), NOS_OK);
	assert_int_equal(nos_store_purge(store, &err), NOS_BUSY);
	nos_err_clear(&err);
	assert_int_equal(nos_store_commit(writer, &err), NOS_OK);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	nos_store_close(writer);
	nos_store_close(store);
}

static bool notices(struct nos_store *store)
{
	bool changed;

	assert_int_equal(nos_store_changed(store, &changed, &err), NOS_OK);
	return changed;
}

static void a_purge_is_no_change_and_hides_none(void **state)
{
	struct nos_store *store = open_store(), *other = open_store();

	(void)state;
	snprintf(sources[0].key, sizeof(sources[0].key), "s-0");
	write_source(store, &sources[0]);
	assert_true(notices(other));
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	assert_false(notices(store));
	write_source(other, &sources[0]);
	assert_int_equal(nos_store_purge(store, &err), NOS_OK);
	assert_true(notices(store));
	assert_false(notices(store));
	nos_store_close(other);
	nos_store_close(store);
}

/* What a scan and a read call: another purges meanwhile. */
struct meanwhile {
	struct nos_store *other;
	char last[24];
	size_t seen;
};

static void change_and_purge(struct meanwhile *m)
{
	if (m->seen++ % 200)
		return;
	write_source(m->other, &sources[any(RECORDS)]);
	assert_int_equal(nos_store_purge(m->other, &err), NOS_OK);
	assert_int_equal(find_gone(), 0);
}

static enum nos_code see_key(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	struct meanwhile *m = state;
	char now[24];

	(void)value, (void)rev, (void)e;
	assert_true(nos_str_copy(key, now, sizeof(now)));
	assert_true(strcmp(m->last, now) < 0);
	memcpy(m->last, now, sizeof(now));
	change_and_purge(m);
	return NOS_OK;
}

static enum nos_code see_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	struct meanwhile *m = state;

	(void)e;
	assert_int_equal(position, m->seen + 1);
	assert_true(entry.len >= 700);
	change_and_purge(m);
	return NOS_OK;
}

static void another_purges_while_a_scan_and_a_read_go_on(void **state)
{
	struct nos_store *store = open_store(), *other = open_store();
	struct meanwhile scan = { .other = other }, read = { .other = other };
	char space[1500];
	uint64_t position;

	(void)state;
	assert_int_equal(nos_store_begin(store, &err), NOS_OK);
	for (size_t i = 0; i < RECORDS; i++) {
		struct source entry = { .there = false };

		snprintf(sources[i].key, sizeof(sources[i].key), "s-%zu", i);
		write_source(store, &sources[i]);
		assert_int_equal(nos_store_append(store, "raw", (struct nos_time){ 1 },
				     nos_str_bytes(make_value(&entry, space)), &position, &err),
		    NOS_OK);
	}
	assert_int_equal(nos_store_commit(store, &err), NOS_OK);
	assert_int_equal(
	    nos_store_scan(store, "sources", NOS_STR(""), see_key, &scan, &err), NOS_OK);
	assert_int_equal(scan.seen, RECORDS);
	assert_int_equal(nos_store_read(store, "raw", 0, 301, see_entry, &read, &err), NOS_OK);
	assert_int_equal(read.seen, 301);
	nos_store_close(other);
	nos_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_purge_beside_a_reader_of_an_older_state_is_busy_and_leaves_all_whole),
		TEST(a_purge_beside_a_writer_is_busy),
		TEST(a_purge_is_no_change_and_hides_none),
		TEST(another_purges_while_a_scan_and_a_read_go_on),
	};

	take_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
