/* SPDX-License-Identifier: MIT */
/*
 * What a node writes: the raw entries of one group of jobs and the records of the group before go
 * into one transaction, with what is kept of sources, what they said of their keys, keys that have
 * had their time, the mark and what retention drops. Belongs to the committer's thread.
 */
#ifndef NOS_LANE_LEDGER_H
#define NOS_LANE_LEDGER_H

#include <stdatomic.h>

#include "lane/analyse.h"
#include "lane/fresh.h"
#include "lane/job.h"
#include "lane/lag.h"
#include "lane/retain.h"
#include "node/card.h"
#include "node/limit.h"
#include "node/metric.h"
#include "registry/compromise.h"
#include "audit/follower.h"
#include "lifecycle/life.h"
#include "self/mark.h"
#include "stream/track.h"
#include "store/store.h"

struct nos_ledger_config {
	struct nos_store *store; /* not closed by the ledger */
	struct nos_card *card;	 /* is kept up to date */
	const struct nos_vault *vault;
	struct nos_member_table *members;
	const struct nos_limit *limits;
	struct nos_metric *metric;
	uint64_t node;
	/* Monotonic, microseconds: the lane is this one's until then. NULL: for good. */
	const atomic_uint_least64_t *until_us;
	uint64_t keep_ms;	 /* retention; 0: for ever */
	uint64_t keep_bytes;	 /* 0: whatever it takes */
	bool outbox;		 /* records wait until they are published: none is dropped before */
	struct nos_fresh *fresh; /* records go there too once they are committed; NULL: nowhere */
};

/* Corrections of the group in hand (lane/amend.h). */
#define NOS_LEDGER_AMEND_MOST 200 /* records gone through with a group */

struct nos_ledger_amend_was {
	char id[NOS_RECORD_ID_MAX];
	size_t series;
	uint64_t n;
	struct nos_processed_links links;
};

struct nos_ledger_amend {
	bool due;		/* as of the last look at the store */
	struct nos_mono failed; /* when the store last did; us 0: it did not */
	/* Of some that are due something cannot be read: */
	char passed[NOS_RECORD_ID_MAX]; /* the last of them in this round; "": none yet */
	bool missed;			/* there was one in it */
	struct nos_mono again; /* when the last round with one ended; us 0: there is none */
	char (*said)[NOS_RECORD_ID_MAX]; /* of whom it was told */
	size_t said_count;
	bool stepped;						/* with this group, */
	size_t count;						/* which has so many of them, */
	uint64_t last;						/* the last of them here */
	struct nos_ledger_amend_was was[NOS_LEDGER_AMEND_MOST]; /* topics before they changed */
	size_t was_count;
};

struct nos_ledger {
	struct nos_ledger_config config;
	struct nos_track_table *tracks;
	struct nos_analyse analyse;
	struct nos_lap lap;	    /* the committer's */
	struct nos_weighed pending; /* of the group before, to be committed with this one */
	struct nos_mark mark;	    /* as it is in the store */
	uint64_t last_raw;	    /* position of the newest entry of the raw stream */
	struct nos_lag lag;	    /* of the raw stream */
	struct nos_mono calmed;	    /* when tracks were saved last since there was time */
	uint64_t last_record;	    /* and of the processed stream, */
	uint64_t last_weighed;	    /* and there of what is no correction; 0: not known */
	uint64_t published;	    /* in: records up to it were acknowledged by the broker */
	bool erased;		    /* out: records may have gone since it was false */
	bool replayed;		    /* what a restart left has been gone through */
	bool idle;		    /* in: nothing comes, so all that changed is saved */
	bool broken;		    /* only a restart helps */
	bool begun;		    /* the last group came so far that it may have written */
	struct nos_audit audit;
	struct nos_life life; /* as of the last look at the store, so also: */
	uint64_t era;	      /* that packs are taken in under (self/era.h) */
	unsigned lanes;	      /* of the store; this ledger is of that which its view is in */
	/* Of whom an operator has just had everything deleted: nothing is written any more. */
	char (*forgotten)[NOS_RECORD_ID_MAX];
	size_t forgotten_count;
	uint64_t
	    next_raw; /* position of the next entry of the group in hand, if none but this writes */
	size_t put;   /* records of the group in hand, */
	uint64_t last_put; /* and the position of the last of them */
	struct nos_ledger_amend amend;
	bool purge; /* out: what was destroyed is to be purged from the store */
	bool stale; /* the card may be: the store was changed since it was looked at */
	bool blind; /* the last look at it failed */
	struct nos_follower follower; /* of whom others have changed keys */
	struct nos_mono swept;
	bool more_to_sweep;
	bool turned; /* a group was moved on with the group of changes in hand */
	struct nos_retain retain;
};

/* Empty, over a store that nos_replay_run then goes through. NOS_INTERNAL, NOS_IO. */
enum nos_code nos_ledger_init(struct nos_ledger *l, const struct nos_ledger_config *config,
    const struct nos_profile *profile, struct nos_err *err) NOS_CHECK;
void nos_ledger_release(struct nos_ledger *l);

/* NOS_IO: less is free than is to be: nothing more is taken in. */
enum nos_code nos_ledger_space(struct nos_ledger *l, struct nos_err *err) NOS_CHECK;

/*
 * One transaction: the records that are pending, and a linked list of jobs (may be NULL). On NOS_OK
 * each job has its verdict and position, or its own error; otherwise it is as if none of it had
 * come, and each job has the error.
 */
enum nos_code nos_ledger_commit(
    struct nos_ledger *l, struct nos_job *list, struct nos_err *err) NOS_CHECK;

/* NOS_AWAY: the time for which this one had the lane is over. */
enum nos_code nos_ledger_ours(const struct nos_ledger *l, struct nos_err *err) NOS_CHECK;

/* Weigh the jobs that were committed: their records are pending then. */
void nos_ledger_weigh(struct nos_ledger *l, struct nos_job *list);

/* Is there anything that a group without jobs would write, or look after? */
bool nos_ledger_is_due(const struct nos_ledger *l);

#endif
