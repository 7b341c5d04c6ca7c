/* SPDX-License-Identifier: MIT */
/* What a placement is made of: for its own files. */
#ifndef NOS_CLUSTER_PLACEMENT_PART_H
#define NOS_CLUSTER_PLACEMENT_PART_H

#include <pthread.h>

#include "cluster/hosted.h"
#include "cluster/placement.h"

struct nos_placement_slot {
	struct nos_hosted hosted;
	char url[NOS_LEASE_URL_MAX]; /* guarded by the placement's lock: of who has it, or empty; */
	bool elsewhere;		     /* so also: it is known to live */
	/* The placement's thread's: */
	bool lost;	       /* what is here, or comes, or goes, is another's */
	struct nos_mono rests; /* until then it is not tried again */
};

struct nos_placement {
	struct nos_placement_config config;
	unsigned lanes;
	struct nos_placement_slot slots[NOS_STORE_LANES_MAX];
	struct nos_rulebook rules;
	pthread_mutex_t print;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop, news;      /* guarded by lock, so also: */
	struct nos_err fault; /* of the last turn */
	bool seated, refused; /* its URL is its own, or another's */
	bool starts;	      /* nobody is told yet that it serves */
	pthread_cond_t turned;
	atomic_bool stuck, blind;      /* the last turn: nothing was written, nor read */
	atomic_uint_least64_t good_us; /* when one was good, or the first began; 0: none has */

	/* Where lanes are shared. */
	struct nos_store *store;
	struct nos_lease lease; /* the thread's */
	bool started;
	pthread_t thread;
};

#endif
