/* SPDX-License-Identifier: MIT */
/*
 * A lane that is here: its committer, its publisher, and a view of the store for each of the two.
 * Opened and closed by one thread at a time.
 */
#ifndef NOS_LANE_LANE_H
#define NOS_LANE_LANE_H

#include "lane/commit.h"
#include "lane/publish.h"
#include "self/home.h"

struct nos_lane; /* opaque */

/* What is the same for all lanes of a nos-serve: stores, descriptors and client ids of the two are
 * the lane's own. */
struct nos_lane_config {
	const struct nos_home *home;
	struct nos_commit_config commit;
	struct nos_publish_config publish; /* no broker, and nothing printed: there is none */
	const char *id;			   /* of the publisher's client, before "-LANE"; it is the
					      same wherever a shared lane is */
	bool shared;			   /* with other nos-serve */
};

/* Go through what is not weighed, then take jobs. Errors as nos_store_open, nos_commit_new and
 * nos_publish_new. */
enum nos_code nos_lane_open(const struct nos_lane_config *config, unsigned number,
    const struct nos_profile *profile, const atomic_uint_least64_t *until_us, struct nos_lane **ret,
    struct nos_err *err) NOS_CHECK;

struct nos_commit *nos_lane_commit(const struct nos_lane *l);
struct nos_publish *nos_lane_publish(const struct nos_lane *l); /* NULL: none */

/* Commit what was submitted, publish as far as the broker takes it and the limit "drain" says, and
 * save how far that was. Nothing of it where the lane is another's. NULL is fine. */
void nos_lane_close(struct nos_lane *l);

#endif
