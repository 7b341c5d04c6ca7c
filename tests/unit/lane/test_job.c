/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <pthread.h>

#include "lane/job.h"

#define BODY_MAX (1u << 20)
#define SHELF	 256 /* jobs that one keeps */
#define AT_ONCE	 50
#define ROUNDS	 400

#define BODY                                                      \
	"{\"type\":\"air_temperature\",\"value\":1,\"time\":1}\n" \
	"{\"type\":\"air_\\u0074emperature\",\"value\":2,\"time\":2}\n"

static struct nos_job_shelf shelf;

static int empty(void **state)
{
	(void)state;
	nos_job_shelf_release(&shelf);
	return 0;
}

/* As one that was stored. */
static struct nos_job *used(void)
{
	struct nos_job *job = nos_job_take(&shelf, NULL, BODY_MAX);
	const struct nos_batch_how how = { .form = NOS_BATCH_NDJSON };
	struct nos_scan scan = { 0 };
	struct nos_err err = { 0 };

	assert_non_null(job);
	nos_buf_add_text(&job->body, BODY);
	assert_int_equal(
	    nos_batch_decode(&job->batch, &how, nos_buf_str(&job->body), 10, &scan, &err), NOS_OK);
	assert_int_equal(job->batch.count, 2);
	nos_batch_reject_item(&job->batch, 1, &err);
	nos_buf_init(&job->news.keys, 100);
	nos_buf_add_text(&job->news.keys, "[]");
	job->readable = true;
	job->position = 17;
	nos_err_set(&job->err, NOS_IO, "disk");
	nos_scan_release(&scan);
	return job;
}

static void a_job_that_was_freed_is_the_next_one_and_all_but_its_memory_is_new(void **state)
{
	struct nos_job *first = used(), *next, *made = nos_job_new(NULL, BODY_MAX);
	struct nos_http_request request = { 0 };

	(void)state;
	nos_job_free(first, NULL);
	next = nos_job_take(&shelf, &request, BODY_MAX);
	assert_ptr_equal(next, first);
	assert_ptr_equal(next->request, &request);
	assert_true(next->body.cap && next->batch.cap && next->batch.space.cap);
	assert_int_equal(next->body.len + next->batch.count + next->batch.space.len, 0);
	assert_null(next->batch.rejects);
	assert_int_equal(next->batch.reject_count + next->batch.reject_cap, 0);
	assert_true(next->body.secret && next->body.max == BODY_MAX);

	made->request = next->request;
	made->shelf = next->shelf;
	made->body = next->body;
	made->batch = next->batch;
	assert_memory_equal(next, made, sizeof(*made));
	free(made);
	nos_job_free(next, NULL);
}

static void what_was_opened_is_wiped_before_its_memory_is_kept(void **state)
{
	static const char zeros[sizeof(BODY)];
	struct nos_job *job = used();
	const char *body = job->body.p;

	(void)state;
	nos_job_free(job, NULL);
	assert_ptr_equal(shelf.back, job);
	assert_memory_equal(body, zeros, sizeof(zeros));
}

static void a_job_of_much_memory_is_not_kept(void **state)
{
	struct nos_job *job = used();

	(void)state;
	assert_true(nos_buf_reserve(&job->body, 64 << 10));
	nos_job_free(job, NULL);
	assert_null(shelf.back);
	assert_int_equal(shelf.count, 0);
}

static void a_shelf_keeps_so_many_and_no_more(void **state)
{
	struct nos_job *jobs[SHELF + AT_ONCE];

	(void)state;
	for (size_t i = 0; i < SHELF + AT_ONCE; i++)
		jobs[i] = used();
	for (size_t i = 0; i < SHELF + AT_ONCE; i++)
		nos_job_free(jobs[i], NULL);
	assert_int_equal(shelf.count, SHELF);
	for (size_t i = 0; i < SHELF + AT_ONCE; i++)
		jobs[i] = nos_job_take(&shelf, NULL, BODY_MAX);
	assert_int_equal(shelf.count, 0);
	for (size_t i = 0; i < SHELF + AT_ONCE; i++)
		nos_job_free(jobs[i], NULL);
}

static void *free_all(void *jobs)
{
	struct nos_job **job = jobs;

	for (size_t i = 0; i < AT_ONCE; i++)
		nos_job_free(job[i], NULL);
	return NULL;
}

static void jobs_come_back_from_other_threads_while_others_are_taken(void **state)
{
	struct nos_job *jobs[2][AT_ONCE];
	pthread_t other;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct nos_job **now = jobs[round % 2];

		for (size_t i = 0; i < AT_ONCE; i++) {
			now[i] = nos_job_take(&shelf, NULL, BODY_MAX);
			assert_int_equal(now[i]->body.len, 0);
			nos_buf_add_text(&now[i]->body, BODY);
		}
		if (round)
			pthread_join(other, NULL);
		assert_int_equal(pthread_create(&other, NULL, free_all, now), 0);
	}
	pthread_join(other, NULL);
	assert_true(shelf.count <= 2 * AT_ONCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    a_job_that_was_freed_is_the_next_one_and_all_but_its_memory_is_new, empty),
		cmocka_unit_test_teardown(
		    what_was_opened_is_wiped_before_its_memory_is_kept, empty),
		cmocka_unit_test_teardown(a_job_of_much_memory_is_not_kept, empty),
		cmocka_unit_test_teardown(a_shelf_keeps_so_many_and_no_more, empty),
		cmocka_unit_test_teardown(
		    jobs_come_back_from_other_threads_while_others_are_taken, empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
