/* SPDX-License-Identifier: MIT */
/*
 * What is on its way to the committer, which alone writes while readings flow: a body of readings,
 * which a loop has opened and read, and which is stored, answered and weighed; or a source's word
 * on its keys. In one hand at a time; owns all that it points to but the request.
 */
#ifndef NOS_LANE_JOB_H
#define NOS_LANE_JOB_H

#include <stdatomic.h>

#include "envelope/peer.h"
#include "key/hop.h"
#include "lane/analyse.h"
#include "net/http_server.h"
#include "lifecycle/member.h"
#include "stream/raw.h"
#include "scheme/offer.h"

enum nos_job_kind {
	NOS_JOB_PACK,	 /* readings */
	NOS_JOB_ACK,	 /* body: an acknowledgement; source: who it is said to be from */
	NOS_JOB_ASK,	 /* asked, shared: of source; body: the answer, once it is made */
	NOS_JOB_NEWEST,	 /* newest: of whose topic it is asked */
	NOS_JOB_EXPOSED, /* source: the id of a bearer token that came in plain */
};

/* Which record of a topic is the newest that is committed. */
struct nos_job_newest {
	char track[NOS_TRACK_ID_MAX];
	char type[NOS_READING_TYPE_MAX]; /* any bytes */
	size_t type_len;
	/* The committer's. */
	uint64_t n;
	uint64_t position; /* in the processed stream; 0: not known */
};

/* What a source is told of its keys where they were changed with the job: nothing counts any more
 * that is held of them. All-zero: they were not. */
struct nos_job_news {
	bool changed;
	bool resync;	     /* it is to ask */
	struct nos_buf keys; /* a JSON array of messages; empty: none */
};

/*
 * A relay around what a job is about: its own pack verified, and a frame was in it. What its number
 * says is found by the committer, as it is for the source's.
 */
struct nos_job_relay {
	struct nos_member *member;
	const struct nos_member_key *key;
	struct nos_span pack; /* as it came: what its receipt covers */
	struct nos_buf frame; /* opened; what is inside points into it */
	struct nos_str names; /* the source that the frame names; len 0: none */
	struct nos_raw_via via;
	struct nos_job_news news;

	/* The committer's. */
	enum nos_window_verdict verdict;
	bool noted; /* in the track */
	uint64_t next;
	struct nos_window before;
	uint64_t position_before;
	struct nos_err err; /* it carries nothing: what is inside was not looked at */
};

/* Of which node's source the key is, and of which day. */
struct nos_job_visit {
	uint64_t home; /* 0: of none */
	uint64_t day;
	char id[NOS_PEER_SOURCE_MAX];
};

struct nos_job_shelf;

struct nos_job {
	enum nos_job_kind kind;
	struct nos_http_request *request; /* the server's; NULL once it was answered; EXPOSED: or
					     it is none of the job's */
	char source[NOS_RECORD_ID_MAX];	  /* ACK, ASK, EXPOSED */
	struct nos_offer_asked asked;	  /* ASK */
	struct nos_offer_shared shared;	  /* ASK */
	uint64_t identity;		  /* ASK: generation of the node's key that was used */
	struct nos_job_news news;
	unsigned lane;		       /* of the store, that it is of (cluster/aim.h) */
	bool aimed;		       /* which is known */
	bool elsewhere;		       /* its lane is not here */
	struct nos_job_newest *newest; /* NEWEST: belongs to who asks */

	/* PACK. What came through relays has err set already where it is not to be stored, for the
	 * relays are to be answered all the same. */
	struct nos_job_relay relays[NOS_HOP_MAX]; /* from the node to the source */
	size_t relay_count;
	struct nos_span pack; /* the innermost, as it came */
	struct nos_raw raw;
	struct nos_buf body; /* opened; what batch points into */
	struct nos_batch batch;
	struct nos_maps_set *maps;	  /* held, since batch points into it; NULL: none */
	const struct nos_maps_one *map;	  /* of them; NULL: none */
	bool readable;			  /* the body was, whatever is good in it */
	struct nos_job_visit visit;	  /* no key opens it, and its home is to be asked for one */
	struct nos_member *member;	  /* NULL: anonymous */
	const struct nos_member_key *key; /* NULL as well where a bearer token was shown */
	/* Where no key opens it: nos_job_note_order's. */
	uint8_t order[NOS_SESSION_ORDER_MAX];
	size_t order_len;

	/* The committer's. */
	size_t reached; /* relays that carried it: all, unless one may not or had another frame */
	enum nos_window_verdict verdict;
	bool noted;	   /* in the track */
	uint64_t position; /* in the raw stream; 0: not stored */
	uint64_t next;	   /* highest number seen of the source, and one */
	struct nos_analyse_packs packs;
	struct nos_err err;	  /* why it was not stored */
	struct nos_window before; /* of the track, to go back to; so also: */
	uint64_t position_before;
	struct nos_job *link;
	struct nos_job_shelf *shelf; /* it came from; NULL: none */
};

/* NULL: out of memory. */
struct nos_job *nos_job_new(struct nos_http_request *request, size_t body_max);

/*
 * Jobs of a loop that were freed, by whichever thread, with the memory of their body and readings:
 * the loop's next ones ask for none. All-zero is valid. It outlives what was taken from it.
 */
struct nos_job_shelf {
	struct nos_job *own;		/* the loop's alone */
	_Atomic(struct nos_job *) back; /* came back since own was filled */
	atomic_size_t count;		/* of both */
};

void nos_job_shelf_release(struct nos_job_shelf *s);

/* As nos_job_new; one thread takes from a shelf. body_max is the same each time. */
struct nos_job *nos_job_take(
    struct nos_job_shelf *s, struct nos_http_request *request, size_t body_max);

/* The key of this name opens nothing: where it is a group's, what leads that on goes into the
 * refusal, since its source may not have heard of it. What all may hear is told to anyone. */
void nos_job_note_order(struct nos_job *job, struct nos_store *store, const struct nos_name *key);

/* Wipes what was opened, and gives back to its shelf what came from one. members is the table that
 * job->member is from. NULL is fine. */
void nos_job_free(struct nos_job *job, struct nos_member_table *members);

#endif
