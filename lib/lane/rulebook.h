/* SPDX-License-Identifier: MIT */
/* The rules in force, and those before them for as long as a committer goes by them. Thread-safe.
 */
#ifndef NOS_LANE_RULEBOOK_H
#define NOS_LANE_RULEBOOK_H

#include <pthread.h>

#include "lane/commit.h"

struct nos_rulebook_page;

struct nos_rulebook {
	pthread_mutex_t lock;
	const struct nos_profile *first; /* the caller's */
	struct nos_rulebook_page *pages; /* that were read since, the newest first */
	unsigned begun;			 /* committers that are on their way */
};

/* first must outlive it. */
void nos_rulebook_init(struct nos_rulebook *b, const struct nos_profile *first);
/* No committer is left. */
void nos_rulebook_release(struct nos_rulebook *b);

/* For a committer that is about to be made; then nos_rulebook_join, with NULL where it was not. */
const struct nos_profile *nos_rulebook_begin(struct nos_rulebook *b);
void nos_rulebook_join(struct nos_rulebook *b, struct nos_commit *c);

/* Does any committer go by these? With use: let all of them go by these. */
typedef bool nos_rulebook_used(void *state, const struct nos_profile *profile, bool use);

/* Rules read again are the book's from now on, and all are told. */
void nos_rulebook_add(
    struct nos_rulebook *b, struct nos_profile *profile, nos_rulebook_used *used, void *state);

#endif
