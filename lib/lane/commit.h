/* SPDX-License-Identifier: MIT */
/*
 * The committer: the one thread that writes what is read. It takes whatever waits into one group,
 * so that durability costs one fsync a group: the raw entries of this group and the records of the
 * one before go into one transaction. Once it is committed the group's jobs are answered, and then
 * weighed from memory. After a restart what was stored and not yet weighed is gone through again;
 * so it is after a group that failed and of which the store may have kept some.
 */
#ifndef NOS_LANE_COMMIT_H
#define NOS_LANE_COMMIT_H

#include <stdatomic.h>

#include "lane/ledger.h"
#include "score/profile.h"

/*
 * The jobs of a group, linked, after its commit or its failure (job->err): the caller fills and
 * sends the answers, and sets job->request to NULL. The jobs stay the committer's. One that ends a
 * token may have no request.
 */
typedef void nos_commit_answer(void *state, struct nos_job *list);

struct nos_commit_config {
	struct nos_ledger_config ledger; /* its store is the committer's own from now on */
	void *state;
	nos_commit_answer *answer;
	int wake_fd; /* an eventfd: written after records were committed; -1: none */
};

struct nos_commit; /* opaque */

/* Go through what a restart left, then start the thread. profile: see nos_commit_profile. */
enum nos_code nos_commit_new(const struct nos_commit_config *config,
    const struct nos_profile *profile, struct nos_commit **ret, struct nos_err *err) NOS_CHECK;

/* Hand over a linked list of jobs; from any thread. */
void nos_commit_submit(struct nos_commit *c, struct nos_job *list, size_t count);

/* Rules read again: the next group goes by them. They are the caller's, and must not be freed while
 * they are used. */
void nos_commit_profile(struct nos_commit *c, const struct nos_profile *profile);
bool nos_commit_uses(struct nos_commit *c, const struct nos_profile *profile);

/* The caller has destroyed what shall stand nowhere in the store's files: it is purged behind one
 * of the next groups. From any thread. */
void nos_commit_purge(struct nos_commit *c);

/* Position of the newest record of the processed stream, and the first that is still there. */
uint64_t nos_commit_last(const struct nos_commit *c);

/* How often another may have erased records: for who goes by their positions. */
uint64_t nos_commit_erased(const struct nos_commit *c);

/* The publisher's mark: everything up to this position was acknowledged. */
void nos_commit_published(struct nos_commit *c, uint64_t position);
uint64_t nos_commit_mark(const struct nos_commit *c);

/* What the publisher is to find there before it reads the store; NULL: there is no publisher. */
struct nos_fresh *nos_commit_fresh(const struct nos_commit *c);

/* Is all that was submitted answered and its records committed, or can they not be now? */
bool nos_commit_is_quiet(struct nos_commit *c);

/* NOS_OK, or why the last commit failed, as of now. */
enum nos_code nos_commit_health(struct nos_commit *c, struct nos_err *err);

/* Commit and weigh all that was submitted, save every track, end the thread: unless the store
 * fails, or the lane is another's. NULL is fine. */
void nos_commit_free(struct nos_commit *c);

#endif
