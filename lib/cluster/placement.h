/* SPDX-License-Identifier: MIT */
/*
 * The lanes of a store (self/lanes.h) that are here, and who has the others. Where this
 * nos-serve alone has the store all lanes are here from the start to the end. Where it shares the
 * store with others, a thread takes leases (self/lease.h), opens the lanes that it gets, and
 * closes those that it loses or that another is to have. From any thread, but for new, start and
 * free.
 */
#ifndef NOS_CLUSTER_PLACEMENT_H
#define NOS_CLUSTER_PLACEMENT_H

#include "lane/lane.h"
#include "self/lease.h"

struct nos_placement; /* opaque */

/* A lane has come here. */
typedef void nos_placement_came(void *state, unsigned lane);

struct nos_placement_config {
	struct nos_lane_config lane; /* shared: the lanes come and go */
	const struct nos_profile *profile;
	void *state;
	nos_placement_came *came; /* NULL: nobody is told */
};

/* Not shared: all lanes are open when it returns. Errors as nos_lane_open. */
enum nos_code nos_placement_new(const struct nos_placement_config *config,
    struct nos_placement **ret, struct nos_err *err) NOS_CHECK;

/*
 * Where lanes are shared: begin to take them, and wait until each is here or with another that is
 * known to live, some seconds at most. url: by which others reach this one. NOS_BUSY: so they reach
 * another that lives, and this one is to end.
 */
enum nos_code nos_placement_start(
    struct nos_placement *p, const char *url, struct nos_err *err) NOS_CHECK;

unsigned nos_placement_lanes(const struct nos_placement *p);

/* Is a lane here? Another moment it may not be any more; one whose lease is over is not, and
 * none is while nos_placement_check says no. */
bool nos_placement_has(const struct nos_placement *p, unsigned lane);

/* Another has it: its URL. False: nobody is known to, or it is here. */
bool nos_placement_url(struct nos_placement *p, unsigned lane, char ret[static NOS_LEASE_URL_MAX]);

/* For who asks for a lane that is not here: NOS_AWAY, and what is so of it. */
void nos_placement_why(struct nos_placement *p, unsigned lane, struct nos_err *err);

/* For who is to write to the store, or to read it: NOS_AWAY where it is known that this cannot be,
 * where it is shared. The last try failed, or has gone on for ten seconds; the next is made within
 * one. */
enum nos_code nos_placement_check(
    const struct nos_placement *p, bool writes, struct nos_err *err) NOS_CHECK;

/* Hand over a linked list of jobs. Where the lane is not here they are answered at once: NOS_AWAY.
 */
void nos_placement_submit(
    struct nos_placement *p, unsigned lane, struct nos_job *list, size_t count);

/* As nos_commit_profile, for all that are here and that come. They are the placement's from now on.
 */
void nos_placement_profile(struct nos_placement *p, struct nos_profile *profile);

/* As nos_commit_purge, nos_publish_head, nos_publish_is_connected, for those that are here. */
void nos_placement_purge(struct nos_placement *p);
void nos_placement_head(struct nos_placement *p, struct nos_str head);
bool nos_placement_is_connected(struct nos_placement *p);

/* NOS_OK, or why the last commit of a lane that is here failed, or why none can be taken. */
enum nos_code nos_placement_health(struct nos_placement *p, struct nos_err *err);

/* Close and give back all. Nothing may be submitted any more. NULL is fine. */
void nos_placement_free(struct nos_placement *p);

#endif
