/* SPDX-License-Identifier: MIT */
/* Whose turn it is. */
#include "net/http_queues.h"

#include <stdio.h>

#include "../test.h"

static struct nos_http_queues queues;
static struct nos_http_multi_call calls[20];

static int start(void **state)
{
	(void)state;
	memset(calls, 0, sizeof(calls));
	nos_http_queues_init(&queues, 2);
	return 0;
}

static void put(size_t i, const char *url, uint64_t due)
{
	calls[i].url = url;
	calls[i].due.us = due;
	assert_true(nos_http_queues_put(&queues, &calls[i]));
}

/* Takes call i, and gives who it goes to. */
static struct nos_http_queue *take(size_t i)
{
	struct nos_http_queue *ret = NULL;

	assert_ptr_equal(nos_http_queues_take(&queues, &ret), &calls[i]);
	return ret;
}

static void take_none(void)
{
	struct nos_http_queue *ret;

	assert_null(nos_http_queues_take(&queues, &ret));
}

static void calls_of_a_url_go_in_order_and_so_many_at_once(void **state)
{
	struct nos_http_queue *p;

	(void)state;
	take_none();
	for (size_t i = 0; i < 4; i++)
		put(i, "http://a", 1);
	p = take(0);
	assert_ptr_equal(take(1), p);
	take_none();
	nos_http_queues_over(p);
	take(2);
	take_none();
	nos_http_queues_over(p);
	nos_http_queues_over(p);
	take(3);
	take_none();
	nos_http_queues_over(p);
	nos_http_queues_release(&queues);
}

static void what_waits_for_one_url_holds_no_other_up(void **state)
{
	struct nos_http_queue *a, *b;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		put(i, "http://a", 1);
	a = take(0);
	take(1);
	put(3, "http://b", 1);
	b = take(3);
	assert_ptr_not_equal(a, b);
	take_none();
	nos_http_queues_over(a);
	nos_http_queues_over(a);
	nos_http_queues_over(b);
	nos_http_queues_over(take(2));
	nos_http_queues_release(&queues);
}

static void those_whose_time_is_over_are_taken_out_and_the_others_keep_their_order(void **state)
{
	static const uint64_t due[] = { 50, 20, 40, 10, 60 };
	const struct nos_http_multi_call *over;

	(void)state;
	assert_null(nos_http_queues_expire(&queues, (struct nos_mono){ 1000 }));
	for (size_t i = 0; i < 5; i++)
		put(i, i < 3 ? "http://a" : "http://b", due[i]);
	assert_int_equal(queues.due.us, 10);
	assert_null(nos_http_queues_expire(&queues, (struct nos_mono){ 9 }));
	over = nos_http_queues_expire(&queues, (struct nos_mono){ 20 });
	assert_true(over == &calls[1] || over == &calls[3]);
	assert_true(over->next == &calls[4 - (over - calls)]);
	assert_null(over->next->next);
	assert_int_equal(queues.due.us, 40);
	nos_http_queues_over(take(4));
	nos_http_queues_over(take(0));
	nos_http_queues_over(take(2));
	take_none();
	nos_http_queues_release(&queues);
}

static void a_url_that_is_not_called_any_more_is_forgotten(void **state)
{
	char urls[20][20];

	(void)state;
	for (size_t round = 0; round < 5; round++)
		for (size_t i = 0; i < 20; i++) {
			snprintf(urls[i], sizeof(urls[i]), "http://%zu/%zu", i, round);
			put(i, urls[i], 1);
			nos_http_queues_over(take(i));
			assert_true(queues.count <= 16);
		}
	nos_http_queues_release(&queues);
	assert_int_equal(queues.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_of_a_url_go_in_order_and_so_many_at_once, start),
		cmocka_unit_test_setup(what_waits_for_one_url_holds_no_other_up, start),
		cmocka_unit_test_setup(
		    those_whose_time_is_over_are_taken_out_and_the_others_keep_their_order, start),
		cmocka_unit_test_setup(a_url_that_is_not_called_any_more_is_forgotten, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
