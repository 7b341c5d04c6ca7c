/* SPDX-License-Identifier: MIT */
/* Ids and n of records, as packs of a node's eras get them. */
#include "../test.h"

#include "lane/analyse.h"

#define ERA UINT64_C(1795600000000000)

static struct nos_err err;
static struct nos_track track;
static struct nos_weighed weighed;
static struct nos_scan scan;
static struct nos_analyse analyse;

static int start(void **state)
{
	(void)state;
	nos_err_clear(&err);
	track = (struct nos_track){ 0 };
	scan = (struct nos_scan){ .depth = NOS_READING_DEPTH_MAX };
	analyse = (struct nos_analyse){ .node = 1, .profile = nos_profile_builtin(), .types = 100 };
	nos_weighed_init(&weighed, 1 << 20);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nos_weighed_release(&weighed);
	nos_track_release(&track);
	nos_scan_release(&scan);
	return 0;
}

/* A pack of two readings of one type that was taken in under an era, of which some are known. */
static void weigh_known(uint64_t era, uint64_t position, size_t known)
{
	const struct nos_raw raw = {
		.kind = "k", .form = NOS_BATCH_NDJSON, .received = { 1795600000000 }, .era = era
	};
	const struct nos_batch_how how = nos_raw_how(&raw, NULL);
	const struct nos_analyse_packs packs = { 0 };
	struct nos_batch batch = { 0 };

	assert_int_equal(
	    nos_batch_decode(&batch, &how,
		NOS_STR("{\"type\":\"t\",\"value\":1}\n{\"type\":\"t\",\"value\":2}\n"), 10, &scan,
		&err),
	    NOS_OK);
	assert_int_equal(nos_analyse_admit(&analyse, &raw, &track, &batch, &err), NOS_OK);
	assert_int_equal(nos_analyse_pack(&analyse, &raw, position, &batch, known, packs, &track,
			     &weighed, &err),
	    NOS_OK);
	nos_batch_release(&batch);
}

static void weigh(uint64_t era, uint64_t position)
{
	weigh_known(era, position, 0);
}

static void assert_record(size_t i, const char *begin, uint64_t after, uint64_t era)
{
	const struct nos_processed p = nos_weighed_at(&weighed, i);

	assert_true(nos_str_starts(p.record, begin));
	assert_int_equal(weighed.records[i].after, after);
	assert_int_equal(weighed.records[i].era, era);
}

static void packs_of_an_era_count_from_it_and_so_does_n_behind_what_it_was(void **state)
{
	(void)state;
	weigh(0, 7);
	weigh(ERA, 8);
	weigh(ERA, 9);
	weigh(ERA + 5000, 10);
	assert_record(0, "{\"id\":\"1-7-0\",\"node\":1,\"n\":1,", 0, 0);
	assert_record(1, "{\"id\":\"1-7-1\",\"node\":1,\"n\":2,", 1, 0);
	assert_record(
	    2, "{\"id\":\"1-1795600000000008-0\",\"node\":1,\"n\":1795600000000001,", 2, ERA);
	assert_record(
	    3, "{\"id\":\"1-1795600000000008-1\",\"node\":1,\"n\":1795600000000002,", ERA + 1, ERA);
	assert_record(
	    4, "{\"id\":\"1-1795600000000009-0\",\"node\":1,\"n\":1795600000000003,", ERA + 2, ERA);
	assert_record(6, "{\"id\":\"1-1795600000005010-0\",\"node\":1,\"n\":1795600000005001,",
	    ERA + 4, ERA + 5000);
}

/* All else is as if it were written: what follows, and what is kept of the source. */
static void a_record_that_is_known_has_no_text_and_moves_its_source_on_as_any(void **state)
{
	NOS_AUTO(buf) written = { 0 }, known = { 0 };

	(void)state;
	nos_buf_init(&written, 65536);
	nos_buf_init(&known, 65536);
	weigh(0, 7);
	weigh(0, 8);
	nos_track_encode(&written, &track);
	nos_track_release(&track);
	track = (struct nos_track){ 0 };
	nos_weighed_clear(&weighed);
	weigh_known(0, 7, 2);
	assert_int_equal(weighed.text.len, 0);
	assert_int_equal(weighed.count, 2);
	weigh_known(0, 8, 1);
	assert_int_equal(weighed.records[2].end, 0);
	assert_record(3, "{\"id\":\"1-8-1\",\"node\":1,\"n\":4,", 3, 0);
	nos_track_encode(&known, &track);
	assert_string_equal(known.p, written.p);
}

/* One that had come before the backup was made, and was not weighed yet. */
static void a_pack_of_an_earlier_era_keeps_the_id_that_it_had(void **state)
{
	(void)state;
	analyse.lane = 3;
	weigh(0, 7);
	weigh(ERA, 1);
	weigh(0, 8);
	assert_record(0, "{\"id\":\"1.3-7-0\",\"node\":1,\"n\":1,", 0, 0);
	assert_record(
	    2, "{\"id\":\"1.3-1795600000000001-0\",\"node\":1,\"n\":1795600000000001,", 2, ERA);
	assert_record(4, "{\"id\":\"1.3-8-0\",\"node\":1,\"n\":1795600000000003,", ERA + 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
		T(packs_of_an_era_count_from_it_and_so_does_n_behind_what_it_was),
		T(a_record_that_is_known_has_no_text_and_moves_its_source_on_as_any),
		T(a_pack_of_an_earlier_era_keeps_the_id_that_it_had),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
