/* SPDX-License-Identifier: MIT */
/*
 * A node in this process, all of it but sockets and threads: requests go through ingest/ingest.h
 * and lane/ledger.h over a store in memory. It can die at a commit, and start again from what is
 * there.
 */
#ifndef NOS_MODEL_NODE_H
#define NOS_MODEL_NODE_H

#include "ingest/ingest.h"
#include "lane/ledger.h"
#include "memory.h"
#include "self/self_policy.h"
#include "source/carrier.h"

#define NODE_URL "http://node.example"

struct node {
	struct nos_home home;
	struct nos_card *card;
	struct nos_store *store;
	struct nos_store *view; /* its operator's, and for who looks on */
	uint64_t keep_ms;
	struct nos_limit limits;
	struct nos_metric metric;
	struct nos_member_table *members;
	struct nos_ledger ledger;
	struct nos_ingest ingest;
	struct nos_ingest_loop loop;
	bool up;
	bool torn; /* what is in memory is not what is in the store */
};

/* A new node on an empty store, up. */
void node_init(struct node *n, const struct nos_self_policy *policy);
void node_free(struct node *n);

/* Another nos-serve of the first one's node, over the same store: in races alone. */
void node_join(struct node *n, const struct node *first);
void node_leave(struct node *n);

/* What is in memory is gone: as kill -9, or a restart. */
void node_down(struct node *n);
void node_up(struct node *n);

/* An answer, as it travels. body is the caller's, initialised. */
struct node_answer {
	unsigned status;
	char receipt[NOS_HTTP_RECEIPT_MAX];
	struct nos_buf body;
};

/* One request. False: the node died of it (memory_fail), and is down. */
bool node_take(struct node *n, const struct nos_carrier_request *r, struct node_answer *ret);

/* What its operator's tools open: release it. *audit outlives it. */
void node_life(struct node *n, struct nos_life *ret, struct nos_audit *audit);

/* What an operator does beside it: change a source's keys; put a backup's life behind it, which
 * gives the number of the next. */
void node_change(
    struct node *n, const char *id, nos_life_step *step, void *state, struct nos_record *ret);
uint64_t node_next_life(struct node *n);

/* Its operator takes a domain's global key back; one of them at random. */
void node_invalidate(struct node *n, uint64_t domain);
uint64_t node_domain(void);

/* A group without a request: keys that have had their time go, records are written. */
void node_tick(struct node *n);

/* The source's record, with its secrets; to be released. */
void node_look(struct node *n, const char *id, struct nos_record *ret);

#endif
