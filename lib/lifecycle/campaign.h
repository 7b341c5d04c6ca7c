/* SPDX-License-Identifier: MIT */
/*
 * One order to many sources: given in groups, a transaction each, and waited for until they have
 * confirmed it. Who was ordered what is remembered in some 20 bytes a source, and only where it is
 * waited for. Broken off anywhere it may be begun again. Belongs to the thread whose store it is
 * given.
 */
#ifndef NOS_LIFECYCLE_CAMPAIGN_H
#define NOS_LIFECYCLE_CAMPAIGN_H

#include "lifecycle/order.h"
#include "registry/roster.h"

/* The caller's; done and err are good until they return. */
struct nos_campaign_calls {
	/* Its fate is known: behind the commit, or once it is confirmed where that is waited for.
	 * An error ends the campaign, and the group is committed all the same. */
	enum nos_code (*done)(void *state, const struct nos_order_done *done, struct nos_err *err);
	void (*absent)(void *state, const struct nos_err *err); /* of those that were named */
	void (*progress)(void *state, uint64_t count);
	bool (*stop)(void *state); /* end behind the group in hand */
	void *state;
};

/* All up to calls is the caller's to fill. */
struct nos_campaign {
	struct nos_life *life;
	struct nos_order order;
	size_t group; /* sources in one transaction, NOS_CAMPAIGN_GROUP_MAX at most */
	bool named;   /* one for which nothing is done, or that is not there, is told of too */
	bool waits;   /* those that are pending are told of by nos_campaign_wait */
	struct nos_campaign_calls calls;

	struct nos_roster sources; /* the caller adds to it before nos_campaign_give */
	struct nos_roster pending; /* who has not confirmed */
	uint64_t ordered;	   /* how many there were of them at first */
};

#define NOS_CAMPAIGN_GROUP_MAX 200

void nos_campaign_init(struct nos_campaign *c);
void nos_campaign_release(struct nos_campaign *c);

/* Add those that are named to c->sources, by their ids or names; of one that is not there it is
 * told. NOS_IO, NOS_BUSY, NOS_INTERNAL. */
enum nos_code nos_campaign_name(
    struct nos_campaign *c, char **words, size_t count, struct nos_err *err) NOS_CHECK;

/* Give the order to all of c->sources, outside a group. What nos_order_give returns but NOS_ABSENT,
 * with the source's id before it, and what calls.done gave: groups before it are committed. */
enum nos_code nos_campaign_give(struct nos_campaign *c, struct nos_err *err) NOS_CHECK;

/*
 * Look at c->pending until none is in it, wait_ms are over or it is to stop; all are looked at once
 * at least. What nos_order_look returns but NOS_ABSENT, and what calls.done gave.
 */
enum nos_code nos_campaign_wait(
    struct nos_campaign *c, uint64_t wait_ms, struct nos_err *err) NOS_CHECK;

/* Tell of each that is still in c->pending. What calls.done gave. */
enum nos_code nos_campaign_tell(struct nos_campaign *c, struct nos_err *err) NOS_CHECK;

/* Append, of those in c->pending: "3 of 1000 have not confirmed: s-…, s-…, s-…", 20 of them at
 * most, and how many more there are. */
#define NOS_CAMPAIGN_NAMES_MAX 512
void nos_campaign_names(const struct nos_campaign *c, struct nos_buf *b);

#endif
