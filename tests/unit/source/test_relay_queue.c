/* SPDX-License-Identifier: MIT */
#include "keyring.h"

#include <poll.h>

#include "source/relay_queue.h"

#define MAX	3
#define STEP_MS 2

static struct nos_err err;
static struct nos_relay_queue queue;
static struct nos_http_request requests[MAX + 1];
static struct nos_http_request *volatile late; /* the last; atomic */

static void note_late(void *state, struct nos_http_request *r)
{
	(void)state;
	__atomic_store_n(&late, r, __ATOMIC_SEQ_CST);
}

static int set_up(void **state)
{
	(void)state;
	memset(requests, 0, sizeof(requests));
	for (size_t i = 0; i <= MAX; i++)
		requests[i].since = nos_mono_now();
	late = NULL;
	queue = (struct nos_relay_queue){ .max = MAX, .late = note_late };
	nos_err_clear(&err);
	return nos_relay_queue_start(&queue, &err);
}

static int tear_down(void **state)
{
	(void)state;
	nos_relay_queue_flush(&queue);
	nos_relay_queue_release(&queue);
	return 0;
}

static void what_waits_is_taken_in_its_order_and_what_is_in_hand_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < MAX; i++)
		assert_true(nos_relay_queue_put(&queue, &requests[i]));
	assert_false(nos_relay_queue_put(&queue, &requests[MAX]));
	assert_ptr_equal(nos_relay_queue_take(&queue), &requests[0]);
	assert_false(nos_relay_queue_put(&queue, &requests[MAX]));
	nos_relay_queue_done(&queue);
	assert_true(nos_relay_queue_put(&queue, &requests[MAX]));
	for (size_t i = 1; i <= MAX; i++)
		assert_ptr_equal(nos_relay_queue_await(&queue), &requests[i]);
	assert_null(nos_relay_queue_take(&queue));
}

/* By requests that came long ago: no test waits for the clock. */
static void what_another_relay_sent_waits_for_a_while_alone(void **state)
{
	(void)state;
	requests[0].since.us = requests[1].since.us = 0;
	requests[1].via = NOS_STR("s-1");
	requests[2].via = NOS_STR("s-1");
	for (size_t i = 0; i < MAX; i++)
		assert_true(nos_relay_queue_put(&queue, &requests[i]));
	while (!__atomic_load_n(&late, __ATOMIC_SEQ_CST))
		poll(NULL, 0, STEP_MS);
	assert_ptr_equal(late, &requests[1]);
	/* The control: one that has its time left, and one of a source's own, are there. */
	assert_ptr_equal(nos_relay_queue_take(&queue), &requests[0]);
	assert_ptr_equal(nos_relay_queue_take(&queue), &requests[2]);
	assert_null(nos_relay_queue_take(&queue));
}

static void at_its_end_what_waits_is_taken_and_no_more_put(void **state)
{
	(void)state;
	assert_true(nos_relay_queue_put(&queue, &requests[0]));
	nos_relay_queue_end(&queue);
	assert_false(nos_relay_queue_put(&queue, &requests[1]));
	assert_false(nos_relay_queue_is_over(&queue));
	assert_ptr_equal(nos_relay_queue_await(&queue), &requests[0]);
	assert_true(nos_relay_queue_is_over(&queue));
	assert_null(nos_relay_queue_await(&queue));
}

static void what_is_flushed_waits_no_more(void **state)
{
	struct nos_http_request *list;

	(void)state;
	assert_true(nos_relay_queue_put(&queue, &requests[0]));
	assert_true(nos_relay_queue_put(&queue, &requests[1]));
	list = nos_relay_queue_flush(&queue);
	assert_ptr_equal(list, &requests[0]);
	assert_ptr_equal(list->next, &requests[1]);
	assert_null(nos_relay_queue_take(&queue));
	assert_true(nos_relay_queue_put(&queue, &requests[2]));
	assert_ptr_equal(nos_relay_queue_take(&queue), &requests[2]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_is_taken_in_its_order_and_what_is_in_hand_counts),
		TEST(what_another_relay_sent_waits_for_a_while_alone),
		TEST(at_its_end_what_waits_is_taken_and_no_more_put),
		TEST(what_is_flushed_waits_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
