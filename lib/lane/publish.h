/* SPDX-License-Identifier: MIT */
/*
 * The publisher: the one thread that hands records to users. It reads the processed stream behind
 * its mark, which is the last record that the broker acknowledged; a broker that is away loses
 * nothing and slows nothing down. It owns the broker's socket. Each lane has one; that of lane 0
 * speaks for the node as well: its status, the audit's head, what all sources may hear.
 */
#ifndef NOS_LANE_PUBLISH_H
#define NOS_LANE_PUBLISH_H

#include <pthread.h>

#include "lane/commit.h"
#include "lane/login.h"
#include "node/limit.h"
#include "node/metric.h"
#include "store/store.h"

struct nos_publish_config {
	struct nos_store *store; /* the thread's own from now on; not closed by it */
	struct nos_commit *commit;
	const struct nos_limit *limits;
	struct nos_metric *metric;
	uint64_t node;
	const char *version;
	struct nos_time since;	 /* when nos-serve began */
	const char *mqtt;	 /* URL; NULL: no broker */
	struct nos_login *login; /* to the broker; must outlive it, and may be NULL without one */
	const char *ca;
	const char *client_id;
	bool speaks;			       /* for the node */
	int print_fd;			       /* each record is written to it too; -1: none */
	pthread_mutex_t *print_lock;	       /* where others write to it too; NULL: none do */
	int wake_fd;			       /* the eventfd that the committer writes */
	const atomic_uint_least64_t *until_us; /* as in nos_ledger_config; not NULL: another goes on
						  with what is left, and waits for it */
};

struct nos_publish; /* opaque */

/* NOS_USAGE: not a broker's URL; NOS_ABSENT: no such CA file. The broker need not be there. */
enum nos_code nos_publish_new(const struct nos_publish_config *config, struct nos_publish **ret,
    struct nos_err *err) NOS_CHECK;

#define NOS_PUBLISH_HEAD_MAX 1024 /* bytes */

/* The audit stream's signed head, as it is now: published, retained, beside the status, and again
 * with each connection. From any thread. */
void nos_publish_head(struct nos_publish *p, struct nos_str head);

bool nos_publish_is_connected(const struct nos_publish *p);

/* Hand over what there is, for as long as the limit "drain" says, say offline, end the thread:
 * where another goes on, for a second at most, and at once where it does already or no broker is
 * there. No record may be committed any more. NULL is fine. */
void nos_publish_free(struct nos_publish *p);

#endif
