/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include "serve/control_queue.h"

#define NOW ((struct nos_mono){ 0 }) /* long over: nobody waits */

static struct nos_metric metric;
static struct nos_control_queue q;
static struct nos_control_told told;
static struct nos_http_request registration = { .path = { "/v1/register", 12 } },
			       ask = { .path = { "/v1/sources/s-0000000001/resync", 31 } },
			       polls[] = { { .path = { "/v1/sources/s-0000000001/keys", 29 } },
				       { .path = { "/v1/sources/s-0000000002/keys", 29 } } };

/* Room for one of each. */
static int start(void **state)
{
	(void)state;
	nos_control_queue_init(&q, 1, 1, &metric);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	nos_control_queue_release(&q);
	return 0;
}

static bool submit(struct nos_http_request *r)
{
	return nos_control_queue_submit(&q, r, nos_control_queue_kind(r));
}

static struct nos_http_request *next(void)
{
	return nos_control_queue_next(&q, NOW, true, &told);
}

static void a_kind_is_known_by_its_path(void **state)
{
	(void)state;
	assert_int_equal(nos_control_queue_kind(&registration), NOS_CONTROL_REGISTRATION);
	assert_int_equal(nos_control_queue_kind(&ask), NOS_CONTROL_ASK);
	assert_int_equal(nos_control_queue_kind(&polls[0]), NOS_CONTROL_POLL);
}

static void work_that_waits_takes_the_room_of_other_work_and_of_no_poll(void **state)
{
	(void)state;
	assert_true(submit(&registration));
	assert_false(submit(&ask));
	assert_true(submit(&polls[0]));
	assert_ptr_equal(next(), &registration);
	assert_true(submit(&ask));
	assert_ptr_equal(next(), &polls[0]);
	assert_ptr_equal(next(), &ask);
	assert_null(next());
}

static void a_poll_takes_its_room_until_it_is_answered(void **state)
{
	(void)state;
	assert_true(submit(&polls[0]));
	assert_ptr_equal(next(), &polls[0]);
	assert_false(submit(&polls[1]));
	nos_control_queue_answered(&q);
	assert_true(submit(&polls[1]));
	assert_ptr_equal(next(), &polls[1]);
}

static void who_is_told_to_stop_gets_what_waits_before_and_nothing_more_comes(void **state)
{
	(void)state;
	assert_true(submit(&registration));
	nos_control_queue_tell(&q, (struct nos_control_told){ .stop = true });
	assert_false(submit(&polls[0]));
	assert_ptr_equal(next(), &registration);
	assert_false(told.stop);
	assert_null(next());
	assert_true(told.stop);
}

static void to_drain_is_told_from_then_on_and_to_keep_the_node_once(void **state)
{
	(void)state;
	nos_control_queue_tell(&q, (struct nos_control_told){ .drain = true });
	nos_control_queue_tell(&q, (struct nos_control_told){ .keep = true });
	for (int i = 0; i < 2; i++) {
		assert_null(next());
		assert_true(told.drain && told.keep == !i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
		T(a_kind_is_known_by_its_path),
		T(work_that_waits_takes_the_room_of_other_work_and_of_no_poll),
		T(a_poll_takes_its_room_until_it_is_answered),
		T(who_is_told_to_stop_gets_what_waits_before_and_nothing_more_comes),
		T(to_drain_is_told_from_then_on_and_to_keep_the_node_once),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
