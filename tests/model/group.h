/* SPDX-License-Identifier: MIT */
/*
 * The groups of the node: what their operator orders, who else is in them, and what all of them
 * hear by a broker. The others have no device: they are there to be put out beside the source.
 */
#ifndef NOS_MODEL_GROUP_H
#define NOS_MODEL_GROUP_H

#include "key/keyring.h"
#include "group/groups.h"
#include "registry/record.h"

/* Nothing was heard yet; tokens are as few at a time as is drawn. */
void group_begin(void);

/* Of the source's scheme, or of whichever: as it stands, with its secrets; it is made, and others
 * placed in it, where it is not there yet. False: the scheme has no groups. */
bool group_take(const char *scheme, struct nos_group *ret);

/* What an operator does to the source's group; where it is in none, to none. */
void group_order(void);
void group_heal(void);
void group_revoke_other(void);
void group_enrol_other(void);
void group_put_out(void);

/* A broker brings the source something: late, again, or bent by whoever it is. */
void group_broker(void);

/* One order more, and those before it that a source needs whose node went back: its clock is not
 * put back. */
void group_move_on(void);

/* The store was put back, and nobody said so. */
void group_store_went_back(void);

/* One order more, of which the source hears bent ones. False: nobody can say any more what is bent.
 */
bool group_forge(void);

/* Does the last order lead on from the session before? Not so the first of new tokens. */
bool group_leads_on(void);

/* Does the source hold the present key of its group, and is it known to? */
bool group_is_whole(const struct nos_keyring *k, const struct nos_record *r);

/* Whoever is to be out is: each leaf that is taken is a source's. */
void group_check_leaves(void);

#endif
