/* SPDX-License-Identifier: MIT */
/* The contract of store.h, for two views a and b of one store; a program an engine includes it. */
#ifndef NOS_TEST_CONTRACT_H
#define NOS_TEST_CONTRACT_H

#include "views.h"

#include <sched.h>

#define NOTICE_US 30000000 /* in which a change is noticed at the latest */

static struct nos_str get(
    struct nos_store *s, const char *key, struct nos_buf *space, uint64_t *rev)
{
	nos_buf_truncate(space, 0);
	assert_int_equal(nos_store_get(s, "sources", nos_str_of(key), space, rev, &err), NOS_OK);
	return nos_buf_str(space);
}

static void a_put_holds_only_if_the_revision_is_the_one_that_was_read(void **state)
{
	struct nos_buf space;
	uint64_t rev, rev2, ignored;

	(void)state;
	nos_buf_init(&space, 1000);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_put(a, "sources", NOS_STR("s-1"), NOS_STR("one"), NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_int_equal(nos_store_put(b, "sources", NOS_STR("s-1"), NOS_STR("x"), NOS_STORE_NEW,
			     &ignored, &err),
	    NOS_EXISTS);
	assert_int_equal(
	    nos_store_put(b, "sources", NOS_STR("s-1"), NOS_STR("two"), rev, &rev2, &err), NOS_OK);
	assert_true(rev2 > rev);
	assert_int_equal(
	    nos_store_put(a, "sources", NOS_STR("s-1"), NOS_STR("x"), rev, &ignored, &err),
	    NOS_EXISTS);
	assert_str(get(a, "s-1", &space, &rev), "two");
	assert_true(rev == rev2);
	assert_int_equal(nos_store_del(a, "sources", NOS_STR("s-1"), rev - 1, &err), NOS_EXISTS);
	assert_int_equal(nos_store_del(a, "sources", NOS_STR("s-1"), rev, &err), NOS_OK);
	assert_int_equal(
	    nos_store_get(b, "sources", NOS_STR("s-1"), &space, &rev, &err), NOS_ABSENT);
	assert_int_equal(
	    nos_store_put(a, "sources", NOS_STR("s-1"), NOS_STR("new"), NOS_STORE_NEW, &rev, &err),
	    NOS_OK);
	assert_true(rev > rev2); /* a revision never comes again */
	nos_buf_release(&space);
}

static enum nos_code gather(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	(void)rev, (void)e;
	nos_buf_addf(state, "%.*s=%.*s ", NOS_STR_ARG(key), NOS_STR_ARG(value));
	return NOS_OK;
}

static void a_scan_goes_by_tokens_in_order(void **state)
{
	static const char *const keys[] = { "s-2/p.1", "s-1/p.2", "s-1/p.1", "s-1", "s-10/p.1",
		"s-1-x" };
	struct nos_buf seen;
	uint64_t rev;

	(void)state;
	nos_buf_init(&seen, 1000);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(nos_store_put(a, "keys", nos_str_of(keys[i]), NOS_STR("v"),
				     NOS_STORE_ANY, &rev, &err),
		    NOS_OK);
	assert_int_equal(nos_store_scan(b, "keys", NOS_STR("s-1"), gather, &seen, &err), NOS_OK);
	assert_buf(&seen, "s-1/p.1=v s-1/p.2=v ");
	nos_buf_truncate(&seen, 0);
	assert_int_equal(nos_store_scan(b, "keys", NOS_STR(""), gather, &seen, &err), NOS_OK);
	assert_buf(&seen, "s-1=v s-1-x=v s-1/p.1=v s-1/p.2=v s-10/p.1=v s-2/p.1=v ");
	nos_buf_release(&seen);
}

/* A scan that scans, as deep as this. */
struct nested {
	int depth;
	struct nos_buf *seen;
};

static enum nos_code scan_again(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *e)
{
	const struct nested *n = state;
	struct nested deeper = { n->depth - 1, n->seen };

	(void)value, (void)rev;
	nos_buf_addf(n->seen, "%d%.*s ", n->depth, NOS_STR_ARG(key));
	return n->depth ? nos_store_scan(a, "groups", NOS_STR("g"), scan_again, &deeper, e)
			: NOS_OK;
}

static void a_scan_may_be_asked_for_within_a_scan(void **state)
{
	struct nos_buf seen;
	struct nested nested = { 2, &seen };
	uint64_t rev;

	(void)state;
	nos_buf_init(&seen, 1000);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(nos_store_put(a, "groups", nos_str_of(i ? "g/2" : "g/1"),
				     NOS_STR("v"), NOS_STORE_ANY, &rev, &err),
		    NOS_OK);
	assert_int_equal(
	    nos_store_scan(a, "groups", NOS_STR("g"), scan_again, &nested, &err), NOS_OK);
	assert_buf(&seen, "2g/1 1g/1 0g/1 0g/2 1g/2 0g/1 0g/2 2g/2 1g/1 0g/1 0g/2 1g/2 0g/1 0g/2 ");
	nos_buf_release(&seen);
}

/* Asked a few times. */
static bool notices(struct nos_store *s)
{
	bool changed = false;

	for (int i = 0; i < 10 && !changed; i++)
		assert_int_equal(nos_store_changed(s, &changed, &err), NOS_OK);
	return changed;
}

/* A change may be noticed late: as long as the network takes. */
static bool notices_late(struct nos_store *s)
{
	const uint64_t end_us = nos_mono_now().us + NOTICE_US;
	bool changed = notices(s);

	for (; !changed && nos_mono_now().us < end_us; sched_yield())
		changed = notices(s);
	return changed;
}

#define OWN 20 /* changes */

/* Of one's own changes how many looked like another's: servers may also say that they chose who
 * leads, which is rare. */
static int own_are_noticed(void)
{
	int noticed = 0;
	uint64_t rev;

	for (int i = 0; i < OWN; i++) {
		assert_int_equal(nos_store_put(a, "node", NOS_STR("own"), NOS_STR("1"),
				     NOS_STORE_ANY, &rev, &err),
		    NOS_OK);
		noticed += notices(a);
	}
	return noticed;
}

static void another_s_change_is_noticed_and_one_s_own_is_not(void **state)
{
	uint64_t rev;

	(void)state;
	assert_int_equal(
	    nos_store_put(b, "node", NOS_STR("first"), NOS_STR("1"), NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
	assert_true(notices_late(a));
	assert_true(own_are_noticed() < OWN / 2);
	assert_int_equal(
	    nos_store_put(b, "node", NOS_STR("theirs"), NOS_STR("1"), NOS_STORE_ANY, &rev, &err),
	    NOS_OK);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	assert_true(notices_late(a));
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_true(own_are_noticed() < OWN / 2);
}

static enum nos_code gather_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *e)
{
	(void)e;
	nos_buf_addf(state, "%d:%.*s ", (int)position, (int)entry.len, (const char *)entry.p);
	return NOS_OK;
}

static void append_text(const char *text, int64_t ms, uint64_t *ret)
{
	assert_int_equal(nos_store_append(a, "raw", (struct nos_time){ ms },
			     nos_str_bytes(nos_str_of(text)), ret, &err),
	    NOS_OK);
}

static void a_stream_is_read_after_a_position_and_trimmed_from_its_start(void **state)
{
	struct nos_buf seen;
	struct nos_store_trim trim = { .before = { 3000 }, .up_to = 3, .most = 1 };
	uint64_t position, first, last, used, spare;
	size_t dropped;

	(void)state;
	nos_buf_init(&seen, 1000);
	assert_int_equal(nos_store_bounds(a, "raw", &first, &last, &err), NOS_OK);
	assert_true(first == 1 && last == 0);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	append_text("a", 1000, &position);
	append_text("b", 2000, &position);
	append_text("c", 3000, &position);
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_true(position == 3);
	assert_int_equal(nos_store_read(b, "raw", 1, 10, gather_entry, &seen, &err), NOS_OK);
	assert_buf(&seen, "2:b 3:c ");
	nos_buf_truncate(&seen, 0);
	assert_int_equal(nos_store_read(b, "raw", 0, 2, gather_entry, &seen, &err), NOS_OK);
	assert_buf(&seen, "1:a 2:b ");
	assert_int_equal(nos_store_trim(a, "raw", &trim, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, 1);
	trim = (struct nos_store_trim){ .before = { 9000 }, .up_to = 2, .most = 100 };
	assert_int_equal(nos_store_trim(a, "raw", &trim, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, 1);
	trim.up_to = UINT64_MAX >> 1;
	assert_int_equal(nos_store_trim(a, "raw", &trim, &dropped, &err), NOS_OK);
	assert_int_equal(dropped, 1);
	assert_int_equal(nos_store_space(a, &used, &spare, &err), NOS_OK);
	assert_true(used > 0 && spare > 0);
	assert_int_equal(nos_store_bounds(a, "raw", &first, &last, &err), NOS_OK);
	assert_true(first == 4 && last == 3);
	append_text("d", 4000, &position);
	assert_true(position == 4); /* never used again */
	nos_buf_release(&seen);
}

static uint64_t append_kept(const char *text)
{
	uint64_t position;

	assert_int_equal(nos_store_append(a, "kept", (struct nos_time){ 1000 },
			     nos_str_bytes(nos_str_of(text)), &position, &err),
	    NOS_OK);
	return position;
}

static void bounds_are(struct nos_store *s, uint64_t first, uint64_t last)
{
	uint64_t have_first, have_last;

	assert_int_equal(nos_store_bounds(s, "kept", &have_first, &have_last, &err), NOS_OK);
	assert_int_equal(have_first, first);
	assert_int_equal(have_last, last);
}

static void an_entry_is_erased_wherever_it_stands_and_its_position_never_comes_again(void **state)
{
	struct nos_buf seen;
	char want[100];
	uint64_t one, two, three, four;

	(void)state;
	nos_buf_init(&seen, 1000);
	assert_int_equal(nos_store_erase(a, "kept", 1, &err), NOS_OK); /* no such entry yet */
	one = append_kept("a");
	two = append_kept("b");
	three = append_kept("c");
	assert_int_equal(nos_store_erase(a, "kept", two, &err), NOS_OK);
	assert_int_equal(nos_store_erase(a, "kept", two, &err), NOS_OK); /* removed already */
	assert_int_equal(nos_store_erase(a, "kept", UINT64_MAX, &err), NOS_OK);
	assert_int_equal(nos_store_read(b, "kept", 0, 10, gather_entry, &seen, &err), NOS_OK);
	snprintf(want, sizeof(want), "%d:a %d:c ", (int)one, (int)three);
	assert_buf(&seen, want);
	assert_int_equal(nos_store_erase(b, "kept", three, &err), NOS_OK);
	bounds_are(a, one, three);
	four = append_kept("d");
	assert_true(four > three);
	assert_int_equal(nos_store_erase(a, "kept", one, &err), NOS_OK);
	bounds_are(b, four, four);
	assert_int_equal(nos_store_erase(a, "kept", four, &err), NOS_OK);
	bounds_are(b, four + 1, four);
	assert_true(append_kept("e") > four);
	nos_buf_release(&seen);
}

static void within_a_group_what_was_put_is_there_to_be_read(void **state)
{
	struct nos_buf space;
	uint64_t rev;

	(void)state;
	nos_buf_init(&space, 1000);
	nos_err_clear(&err);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(nos_store_put(a, "sources", NOS_STR("s-group"),
				     i ? NOS_STR("2") : NOS_STR("1"), NOS_STORE_ANY, NULL, &err),
		    NOS_OK);
	assert_int_equal(
	    nos_store_put(a, "sources", NOS_STR("s-gone"), NOS_STR("1"), NOS_STORE_ANY, NULL, &err),
	    NOS_OK);
	assert_int_equal(
	    nos_store_del(a, "sources", NOS_STR("s-gone"), NOS_STORE_ANY, &err), NOS_OK);
	assert_str(get(a, "s-group", &space, &rev), "2");
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_str(get(b, "s-group", &space, &rev), "2");
	assert_int_equal(
	    nos_store_get(b, "sources", NOS_STR("s-gone"), NULL, &rev, &err), NOS_ABSENT);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_store_put(b, "sources", NOS_STR("s-group"), NOS_STR("3"), rev, NULL, &err), NOS_OK);
	nos_buf_release(&space);
}

static void a_purge_leaves_what_is_there(void **state)
{
	struct nos_buf space;
	uint64_t rev;

	(void)state;
	nos_buf_init(&space, 1000);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    nos_store_put(a, "sources", NOS_STR("s-purge"),
			i ? NOS_STR("new") : NOS_STR("old"), NOS_STORE_ANY, &rev, &err),
		    NOS_OK);
	for (size_t i = 0; i < 2; i++) /* the second has nothing to do */
		assert_int_equal(nos_store_purge(a, &err), NOS_OK);
	assert_str(get(a, "s-purge", &space, &rev), "new");
	assert_str(get(b, "s-purge", &space, &rev), "new");
	nos_buf_release(&space);
}

static uint64_t append_in(struct nos_store *s, unsigned lane, const char *stream)
{
	uint64_t position;

	nos_store_enter(s, lane);
	assert_int_equal(nos_store_lane(s), lane);
	assert_int_equal(nos_store_append(s, stream, (struct nos_time){ 1000 },
			     nos_str_bytes(NOS_STR("x")), &position, &err),
	    NOS_OK);
	return position;
}

static uint64_t last_in(struct nos_store *s, unsigned lane, const char *stream)
{
	uint64_t first, last;

	nos_store_enter(s, lane);
	assert_int_equal(nos_store_bounds(s, stream, &first, &last, &err), NOS_OK);
	nos_store_enter(s, 0);
	return last;
}

static void a_lane_has_streams_of_its_own_and_all_lanes_share_the_others(void **state)
{
	(void)state;
	nos_err_clear(&err);
	assert_int_equal(append_in(a, 2, "laned/"), 1);
	assert_int_equal(append_in(a, 2, "laned/"), 2);
	assert_int_equal(append_in(a, 0, "laned/"), 1);
	assert_int_equal(append_in(a, 2, "common"), 1);
	assert_int_equal(append_in(a, 0, "common"), 2);
	assert_int_equal(last_in(b, 2, "laned/"), 2);
	assert_int_equal(last_in(b, 0, "laned/"), 1);
	assert_int_equal(last_in(b, 1, "laned/"), 0);
	assert_int_equal(last_in(b, 3, "common"), 2);
	/* Lane 0's is as it was before there were lanes. */
	assert_int_equal(last_in(b, 0, "laned"), 1);
}

static enum nos_code append_behind(struct nos_store *s, const char *text, uint64_t last)
{
	nos_err_clear(&err);
	return nos_store_append_behind(
	    s, "chained", (struct nos_time){ 1000 }, nos_str_bytes(nos_str_of(text)), last, &err);
}

/* Also within a group, and whatever a group of the other's became. */
static void an_entry_that_rests_on_the_one_before_stands_behind_no_other(void **state)
{
	struct nos_buf seen;
	uint64_t first, last;

	(void)state;
	nos_buf_init(&seen, 1000);
	assert_int_equal(append_behind(a, "a", 0), NOS_OK);
	assert_int_equal(append_behind(b, "x", 0), NOS_EXISTS);
	assert_int_equal(append_behind(b, "b", 1), NOS_OK);
	assert_int_equal(append_behind(a, "x", 1), NOS_EXISTS);
	assert_int_equal(append_behind(a, "x", 3), NOS_EXISTS);
	assert_int_equal(nos_store_begin(a, &err), NOS_OK);
	assert_int_equal(append_behind(a, "x", 1), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(nos_store_bounds(a, "chained", &first, &last, &err), NOS_OK);
	assert_int_equal(append_behind(a, "c", last), NOS_OK);
	assert_int_equal(append_behind(a, "d", last + 1), NOS_OK);
	assert_int_equal(nos_store_commit(a, &err), NOS_OK);
	assert_int_equal(nos_store_read(b, "chained", 0, 10, gather_entry, &seen, &err), NOS_OK);
	assert_buf(&seen, "1:a 2:b 3:c 4:d ");
	nos_buf_release(&seen);
}

#define CONTRACT                                                                            \
	cmocka_unit_test(a_put_holds_only_if_the_revision_is_the_one_that_was_read),        \
	    cmocka_unit_test(a_scan_goes_by_tokens_in_order),                               \
	    cmocka_unit_test(a_scan_may_be_asked_for_within_a_scan),                        \
	    cmocka_unit_test(another_s_change_is_noticed_and_one_s_own_is_not),             \
	    cmocka_unit_test(a_stream_is_read_after_a_position_and_trimmed_from_its_start), \
	    cmocka_unit_test(                                                               \
		an_entry_is_erased_wherever_it_stands_and_its_position_never_comes_again),  \
	    cmocka_unit_test(a_lane_has_streams_of_its_own_and_all_lanes_share_the_others), \
	    cmocka_unit_test(an_entry_that_rests_on_the_one_before_stands_behind_no_other), \
	    cmocka_unit_test(within_a_group_what_was_put_is_there_to_be_read),              \
	    cmocka_unit_test(a_purge_leaves_what_is_there)

#endif
