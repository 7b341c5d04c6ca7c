/* SPDX-License-Identifier: MIT */
/*
 * What is on its way to the committer, which alone writes while readings flow: a body of readings,
 * which a loop has opened and read, and which is stored, answered and weighed; or a source's word
 * on its keys. In one hand at a time; owns all that it points to but the request.
 */
#ifndef NOS_NODE_JOB_H
#define NOS_NODE_JOB_H

#include "net/http_server.h"
#include "node/analyse.h"
#include "registry/member.h"
#include "registry/raw.h"
#include "scheme/offer.h"

enum nos_job_kind {
	NOS_JOB_PACK, /* readings */
	NOS_JOB_ACK,  /* body: an acknowledgement; source: who it is said to be from */
	NOS_JOB_ASK,  /* asked, shared: of source; body: the answer, once it is made */
};

struct nos_job {
	enum nos_job_kind kind;
	struct nos_http_request *request; /* the server's; NULL once it was answered */
	char source[NOS_RECORD_ID_MAX];	  /* ACK, ASK */
	struct nos_offer_asked asked;	  /* ASK */
	struct nos_offer_shared shared;	  /* ASK */
	uint64_t identity;		  /* ASK: generation of the node's key that was used */
	bool changed; /* the keys of the source: nothing that is held of it counts any more */

	/* PACK. */
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
