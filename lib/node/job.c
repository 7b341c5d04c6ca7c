/* SPDX-License-Identifier: MIT */
#include "node/job.h"

#include <stdlib.h>
#include <string.h>

struct nos_job *nos_job_new(struct nos_http_request *request, size_t body_max)
{
	struct nos_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->request = request;
	nos_buf_init_secret(&job->body, body_max);
	return job;
}

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
	nos_batch_release(&job->batch);
	nos_maps_drop(job->maps);
	nos_buf_release(&job->news.keys);
	nos_buf_release(&job->body);
	nos_offer_shared_release(&job->shared);
	free(job);
}
