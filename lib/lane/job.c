/* SPDX-License-Identifier: MIT */
#include "lane/job.h"

#include <stdlib.h>
#include <string.h>

#define SHELF_MAX  256	       /* jobs */
#define SHELF_KEPT (32u << 10) /* bytes of one, which a pack of 50 readings has */

struct nos_job *nos_job_new(struct nos_http_request *request, size_t body_max)
{
	struct nos_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->request = request;
	nos_buf_init_secret(&job->body, body_max);
	return job;
}

/* ---- jobs that are kept for the next requests ---- */

struct nos_job *nos_job_take(
    struct nos_job_shelf *s, struct nos_http_request *request, size_t body_max)
{
	struct nos_job *job;

	if (!s->own)
		s->own = atomic_exchange(&s->back, NULL);
	job = s->own;
	if (job) {
		s->own = job->link;
		job->link = NULL;
		job->request = request;
		atomic_fetch_sub(&s->count, 1);
		return job;
	}
	job = nos_job_new(request, body_max);
	if (job)
		job->shelf = s;
	return job;
}

static bool has_place(struct nos_job_shelf *s)
{
	if (atomic_fetch_add(&s->count, 1) < SHELF_MAX)
		return true;
	atomic_fetch_sub(&s->count, 1);
	return false;
}

/* False: it is to be freed. Who takes takes all that came back, so that no other can be in between
 * when its head is compared. */
static bool put_back(struct nos_job *job)
{
	struct nos_job_shelf *s = job->shelf;
	struct nos_buf body = job->body;
	struct nos_batch batch;

	if (!s || nos_batch_clear(&job->batch) + body.cap > SHELF_KEPT || !has_place(s))
		return false;
	batch = job->batch;
	nos_buf_truncate(&body, 0);
	memset(job, 0, sizeof(*job));
	job->shelf = s;
	job->batch = batch;
	job->body = body;
	job->link = atomic_load(&s->back);
	while (!atomic_compare_exchange_weak(&s->back, &job->link, job))
		;
	return true;
}

static void destroy(struct nos_job *job)
{
	nos_batch_release(&job->batch);
	nos_buf_release(&job->body);
	free(job);
}

static void destroy_all(struct nos_job *list)
{
	while (list) {
		struct nos_job *next = list->link;

		destroy(list);
		list = next;
	}
}

void nos_job_shelf_release(struct nos_job_shelf *s)
{
	destroy_all(s->own);
	destroy_all(atomic_exchange(&s->back, NULL));
	s->own = NULL;
	atomic_store(&s->count, 0);
}

/* ---- */

void nos_job_note_order(struct nos_job *job, struct nos_store *store, const struct nos_name *key)
{
	struct nos_err ignored = { 0 };
	NOS_AUTO(buf) order = { 0 };

	nos_buf_init(&order, sizeof(job->order));
	if ((key->kind != 's' && key->kind != 'g') ||
	    nos_groups_order(store, key->parts[0], &order, &ignored))
		return;
	memcpy(job->order, order.p, order.len);
	job->order_len = order.len;
}

void nos_job_free(struct nos_job *job, struct nos_member_table *members)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->relay_count; i++) {
		nos_member_drop(members, job->relays[i].member);
		nos_buf_release(&job->relays[i].frame);
		nos_buf_release(&job->relays[i].news.keys);
	}
	nos_member_drop(members, job->member);
	nos_maps_drop(job->maps);
	nos_buf_release(&job->news.keys);
	nos_offer_shared_release(&job->shared);
	if (!put_back(job))
		destroy(job);
}
