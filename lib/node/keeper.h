/* SPDX-License-Identifier: MIT */
/*
 * The lanes of a store (registry/lanes.h) that are here, and who has the others. Where this
 * nos-serve alone has the store all lanes are here from the start to the end. Where it shares the
 * store with others, a thread takes leases (registry/lease.h), opens the lanes that it gets, and
 * closes those that it loses or that another is to have. From any thread, but for new, start and
 * free.
 */
#ifndef NOS_NODE_KEEPER_H
#define NOS_NODE_KEEPER_H

#include "node/lane.h"
#include "registry/lease.h"

struct nos_keeper; /* opaque */

/* A lane has come here. */
typedef void nos_keeper_came(void *state, unsigned lane);

struct nos_keeper_config {
	struct nos_lane_config lane; /* shared: the lanes come and go */
	const struct nos_profile *profile;
	void *state;
	nos_keeper_came *came; /* NULL: nobody is told */
};

/* Not shared: all lanes are open when it returns. Errors as nos_lane_open. */
enum nos_code nos_keeper_new(
    const struct nos_keeper_config *config, struct nos_keeper **ret, struct nos_err *err) NOS_CHECK;

/* Where lanes are shared: begin to take them. url: by which others reach this one. */
enum nos_code nos_keeper_start(
    struct nos_keeper *k, const char *url, struct nos_err *err) NOS_CHECK;

unsigned nos_keeper_lanes(const struct nos_keeper *k);

/* Is a lane here? Another moment it may not be any more. */
bool nos_keeper_has(const struct nos_keeper *k, unsigned lane);

/* Another has it: its URL. False: nobody is known to, or it is here. */
bool nos_keeper_url(struct nos_keeper *k, unsigned lane, char ret[static NOS_LEASE_URL_MAX]);

/* Hand over a linked list of jobs. Where the lane is not here they are answered at once: NOS_AWAY.
 */
void nos_keeper_submit(struct nos_keeper *k, unsigned lane, struct nos_job *list, size_t count);

/* As nos_commit_profile, for all that are here and that come. They are the keeper's from now on. */
void nos_keeper_profile(struct nos_keeper *k, struct nos_profile *profile);

/* As nos_commit_purge, nos_publish_head, nos_publish_is_connected, for those that are here. */
void nos_keeper_purge(struct nos_keeper *k);
void nos_keeper_head(struct nos_keeper *k, struct nos_str head);
bool nos_keeper_is_connected(struct nos_keeper *k);

/* NOS_OK, or why the last commit of a lane that is here failed, or why none can be taken. */
enum nos_code nos_keeper_health(struct nos_keeper *k, struct nos_err *err);

/* Close and give back all. Nothing may be submitted any more. NULL is fine. */
void nos_keeper_free(struct nos_keeper *k);

#endif
