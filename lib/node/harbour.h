/* SPDX-License-Identifier: MIT */
/*
 * The lanes of a store (registry/lanes.h) that are here, and who has the others. Where this
 * nos-serve alone has the store all lanes are here from the start to the end. Where it shares the
 * store with others, a thread takes leases (registry/lease.h), opens the lanes that it gets, and
 * closes those that it loses or that another is to have. From any thread, but for new, start and
 * free.
 */
#ifndef NOS_NODE_HARBOUR_H
#define NOS_NODE_HARBOUR_H

#include "node/lane.h"
#include "registry/lease.h"

struct nos_harbour; /* opaque */

/* A lane has come here. */
typedef void nos_harbour_came(void *state, unsigned lane);

struct nos_harbour_config {
	struct nos_lane_config lane; /* shared: the lanes come and go */
	const struct nos_profile *profile;
	void *state;
	nos_harbour_came *came; /* NULL: nobody is told */
};

/* Not shared: all lanes are open when it returns. Errors as nos_lane_open. */
enum nos_code nos_harbour_new(const struct nos_harbour_config *config, struct nos_harbour **ret,
    struct nos_err *err) NOS_CHECK;

/* Where lanes are shared: begin to take them. url: by which others reach this one. */
enum nos_code nos_harbour_start(
    struct nos_harbour *h, const char *url, struct nos_err *err) NOS_CHECK;

unsigned nos_harbour_lanes(const struct nos_harbour *h);

/* Is a lane here? Another moment it may not be any more. */
bool nos_harbour_has(const struct nos_harbour *h, unsigned lane);

/* Another has it: its URL. False: nobody is known to, or it is here. */
bool nos_harbour_url(struct nos_harbour *h, unsigned lane, char ret[static NOS_LEASE_URL_MAX]);

/* Is each lane here, or with another that is known to live? */
bool nos_harbour_is_settled(struct nos_harbour *h);

/* Hand over a linked list of jobs. Where the lane is not here they are answered at once: NOS_AWAY.
 */
void nos_harbour_submit(struct nos_harbour *h, unsigned lane, struct nos_job *list, size_t count);

/* As nos_commit_profile, for all that are here and that come. They are the harbour's from now on.
 */
void nos_harbour_profile(struct nos_harbour *h, struct nos_profile *profile);

/* As nos_commit_purge, nos_publish_head, nos_publish_is_connected, for those that are here. */
void nos_harbour_purge(struct nos_harbour *h);
void nos_harbour_head(struct nos_harbour *h, struct nos_str head);
bool nos_harbour_is_connected(struct nos_harbour *h);

/* NOS_OK, or why the last commit of a lane that is here failed, or why none can be taken. */
enum nos_code nos_harbour_health(struct nos_harbour *h, struct nos_err *err);

/* Close and give back all. Nothing may be submitted any more. NULL is fine. */
void nos_harbour_free(struct nos_harbour *h);

#endif
