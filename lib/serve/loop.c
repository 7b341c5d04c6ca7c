/* SPDX-License-Identifier: MIT */
#include "serve/loop.h"

#include <stdlib.h>

enum nos_code nos_loop_open(struct nos_loop *l, const struct nos_store_where *where, unsigned lanes,
    struct nos_metric *metric, struct nos_err *err)
{
	struct nos_store *store;

	*l = (struct nos_loop){ .hands = calloc(lanes, sizeof(*l->hands)), .lanes = lanes };
	if (!l->hands)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (nos_store_open(where, false, &store, err)) {
		free(l->hands);
		return err->code;
	}
	nos_ingest_loop_init(&l->ingest, store, metric);
	for (unsigned i = 0; i < lanes; i++)
		l->hands[i].tail = &l->hands[i].jobs;
	return NOS_OK;
}

void nos_loop_close(struct nos_loop *l)
{
	nos_store_close(l->ingest.store);
	nos_ingest_loop_release(&l->ingest);
	free(l->hands);
}

void nos_loop_take(struct nos_loop *l, struct nos_job *job)
{
	struct nos_loop_hand *h = &l->hands[job->lane];

	*h->tail = job;
	h->tail = &job->link;
	h->count++;
}

void nos_loop_turn(struct nos_loop *l, struct nos_placement *placement)
{
	for (unsigned i = 0; i < l->lanes; i++) {
		struct nos_loop_hand *h = &l->hands[i];

		if (!h->count)
			continue;
		nos_placement_submit(placement, i, h->jobs, h->count);
		h->jobs = NULL;
		h->tail = &h->jobs;
		h->count = 0;
	}
	nos_lap_turn(&l->ingest.lap, false);
}
