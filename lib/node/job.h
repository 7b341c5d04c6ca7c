/* SPDX-License-Identifier: MIT */
/*
 * One body of readings on its way through the node: a loop opens and reads it, the committer
 * stores, answers and weighs it. In one hand at a time; owns all that it points to but the request.
 */
#ifndef NOS_NODE_JOB_H
#define NOS_NODE_JOB_H

#include "net/http_server.h"
#include "node/analyse.h"
#include "registry/member.h"
#include "registry/raw.h"

struct nos_job {
	struct nos_http_request *request; /* the server's; NULL once it was answered */
	struct nos_raw raw;
	struct nos_buf body; /* opened; what batch points into */
	struct nos_batch batch;
	bool readable;		   /* the body was, whatever is good in it */
	struct nos_member *member; /* NULL: anonymous */
	const struct nos_member_key *key;

	/* The committer's. */
	enum nos_window_verdict verdict;
	bool noted;	   /* in the track */
	uint64_t position; /* in the raw stream; 0: not stored */
	uint64_t next;	   /* highest number seen of the source, and one */
	struct nos_analyse_packs packs;
	struct nos_err err;	  /* why it was not stored */
	struct nos_window before; /* of the track, to go back to; so also: */
	uint64_t position_before;
	struct nos_job *link;
};

/* NULL: out of memory. */
struct nos_job *nos_job_new(struct nos_http_request *request, size_t body_max);

/* Wipes the body. members is the table that job->member is from. NULL is fine. */
void nos_job_free(struct nos_job *job, struct nos_member_table *members);

#endif
