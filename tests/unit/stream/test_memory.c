/* SPDX-License-Identifier: MIT */
#define CLUSTER_MAX	2048 /* values of its store */
#define CLUSTER_ENTRIES 2048
#include "../registry/source.h"

#include <malloc.h>

#include "lifecycle/member.h"
#include "stream/track.h"

#define SOURCES	      1500
#define TYPES	      2
#define SOURCE_BYTES  640
#define SERIES_BYTES  128
#define WINDOW_NUMBER 70

static const char *id_of(unsigned i, char ret[static NOS_RECORD_ID_MAX])
{
	snprintf(ret, NOS_RECORD_ID_MAX, "s-%010x", i);
	return ret;
}

static void put_source(unsigned i)
{
	char id[NOS_RECORD_ID_MAX];

	source_put(id_of(i, id), "0123456789abcdef0123456789abcdef");
}

static void hold(struct nos_member_table *members, unsigned i)
{
	char id[NOS_RECORD_ID_MAX];
	struct nos_member *m;

	assert_int_equal(nos_member_get(members, store, &vault, id_of(i, id), &m, &err), NOS_OK);
	assert_non_null(nos_member_key(m, "p.1"));
	nos_member_drop(members, m);
}

static struct nos_track *track_of(struct nos_track_table *tracks, unsigned i)
{
	char id[NOS_RECORD_ID_MAX];
	struct nos_track *ret;

	assert_int_equal(nos_track_get(tracks, store, id_of(i, id), &ret, &err), NOS_OK);
	return ret;
}

static void send(struct nos_track_table *tracks, unsigned i)
{
	static const uint8_t hash[NOS_WINDOW_HASH_LEN];
	struct nos_track *t = track_of(tracks, i);

	nos_window_note(&t->window, WINDOW_NUMBER, 0, hash);
	assert_int_equal(nos_track_use(t, "p.1", i, (struct nos_time){ 1 }, &err), NOS_OK);
	nos_track_touch(tracks, t, i);
}

static void have_types(struct nos_track_table *tracks, unsigned i)
{
	struct nos_track *t = track_of(tracks, i);

	assert_non_null(nos_track_series(t, NOS_STR(""), NOS_STR("air_temperature"), 10, &err));
	assert_non_null(nos_track_series(t, NOS_STR(""), NOS_STR("humidity"), 10, &err));
}

/* As malloc sees them, with what it adds; 0: another's malloc, which does not say. */
static size_t in_use(void)
{
	return mallinfo2().uordblks;
}

static void a_source_and_a_type_of_it_take_no_more_memory_than_is_said(void **state)
{
	struct nos_member_table *members;
	struct nos_track_table *tracks;
	size_t before, sources, series;

	(void)state;
	for (unsigned i = 1; i <= SOURCES; i++)
		put_source(i);
	before = in_use();
	/* A sanitizer's malloc counts nothing: the release flavour is what this is for. */
	if (!before)
		return;
	assert_int_equal(nos_member_table_new(SOURCES, &members, &err), NOS_OK);
	assert_int_equal(nos_track_table_new(SOURCES, &tracks, &err), NOS_OK);
	nos_member_changed(members, (struct nos_member_world){ 1, 1 });
	for (unsigned i = 1; i <= SOURCES; i++) {
		hold(members, i);
		send(tracks, i);
	}
	sources = in_use();
	for (unsigned i = 1; i <= SOURCES; i++)
		have_types(tracks, i);
	series = in_use();
	print_message("a source: %zu bytes, a type: %zu\n", (sources - before) / SOURCES,
	    (series - sources) / SOURCES / TYPES);
	assert_in_range(sources - before, 1, SOURCES * SOURCE_BYTES);
	assert_in_range(series - sources, 1, SOURCES * TYPES * SERIES_BYTES + 4096);
	nos_member_table_free(members);
	nos_track_table_free(tracks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_source_and_a_type_of_it_take_no_more_memory_than_is_said, node_start,
		    node_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
